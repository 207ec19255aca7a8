"""Pages of simulations and of spikes compared with the mouse's: complete and self-contained."""

from dataclasses import replace

import numpy as np
import pytest
from packed_pages import assert_alone, packed_data

from nestml_models.common import program_versions
from v1cortex.pages import simulation_page, validation_page
from v1cortex.pages.activity import MAX_SPIKES, raster_figure
from v1cortex.plots import trial_averages
from v1cortex.simulation import CellSource, Simulation, load_spikes, validate_spikes
from v1cortex.spikes import write_spikes
from v1cortex.tables import POPULATIONS
from validation.reference import load_reference
from validation.scores import compare_rates
from validation.spikes import SpikeTrains

VERSIONS = program_versions()


def poisson(n_neurons, rate_Hz, duration_ms):
    rng = np.random.default_rng(1)
    counts = rng.poisson(rate_Hz * duration_ms / 1000, n_neurons)
    senders = np.repeat(np.arange(n_neurons), counts)
    times_ms = np.ceil(rng.random(senders.size) * duration_ms)
    return SpikeTrains.from_events(times_ms, senders, n_neurons, duration_ms)


@pytest.fixture(scope="module")
def simulated(small_circuit):
    recording = Simulation(small_circuit, poisson(small_circuit.n_neurons, 6.0, 2000.0))
    population, reference = small_circuit.nodes.population, load_reference()
    settings = {
        "stimulus": "drifting <grating>", "seed": 7, "trials": 1, "trial_ms": 2000, "dt_ms": 1.0,
        "calibration": "mouse-classes", "short_term": "off", "threads": 1,
    }  # fmt: skip
    return simulation_page(
        recording,
        compare_rates(recording.rates_Hz, population, POPULATIONS, reference),
        trial_averages(recording.spikes, population, POPULATIONS, period_ms=500),
        reference,
        {"settings": settings, "versions": VERSIONS},
        "v1cortex simulate circuit --seed 7",
        period_name="cycle",
    )


def test_a_simulation_has_its_figures_methods_and_settings(simulated, small_circuit):
    figures = {each["id"]: each for each in packed_data(simulated)["figures"]}
    assert {"raster", "rates", "psth-0"} <= set(figures)
    assert sum(len(each["x"]) for each in figures["raster"]["traces"]) > 500
    boxes = figures["rates"]["traces"]
    assert len({round(each["y"][0]) for each in boxes if each["name"] == "model"}) == len(
        np.unique(small_circuit.nodes.population)
    )
    for part in (
        "drifting &lt;grating&gt;", "v1cortex simulate circuit --seed 7", "Billeh et al. 2020",
        "of 4 cycles (noisy: fewer than 10)", "Left out, fewer than 5 cells", "nest-simulator",
    ):  # fmt: skip
        assert part in simulated, part
    assert_alone(simulated)


@pytest.mark.parametrize("excitatory", [True, False])
def test_spikes_next_to_the_mouse_s(tmp_path, excitatory):
    file = write_spikes(poisson(80, 6.0, 5000.0), tmp_path / "spikes.h5")
    runs = [load_spikes(file, CellSource(None, {}, None))]
    reference = load_reference()
    found = validate_spikes(runs, reference)
    if not excitatory:  # as of a recording of interneurons
        found = replace(found, runs=(replace(found.runs[0], fano_curve=()),))
    page = validation_page(runs, found, reference, None, {"spikes": "a"}, "v1cortex", VERSIONS)
    figures = {each["id"]: each for each in packed_data(page)["figures"]}
    assert {"distances", "rates", "variability", "raster"} <= set(figures)
    assert ("fano" in figures) == excitatory
    assert ("No population Fano factor" in page) == (not excitatory)
    assert_alone(page)


def test_a_raster_of_a_runaway_network_is_still_small():
    trains = poisson(250, 200.0, 1000.0)
    figure = raster_figure(trains, np.zeros(250, dtype=np.int8), ("all",))
    assert 1000 < sum(len(each["x"]) for each in figure.traces) <= MAX_SPIKES
