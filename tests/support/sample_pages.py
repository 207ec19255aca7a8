"""Pages of Poisson spikes, without simulations."""

import numpy as np

from nestml_models.common import program_versions
from v1cortex.pages import simulation_page, validation_page
from v1cortex.plots import trial_averages
from v1cortex.simulation import LabelledSpikes, Simulation, validate_spikes
from v1cortex.spikes import CellGroups
from v1cortex.tables import POPULATIONS
from validation.reference import load_reference
from validation.scores import compare_rates
from validation.spikes import SpikeTrains

VERSIONS = program_versions()

SETTINGS = {
    "stimulus": "drifting <grating>", "seed": 7, "trials": 1, "trial_ms": 2000, "dt_ms": 1.0,
    "calibration": "mouse-classes", "short_term": "off", "threads": 1,
}  # fmt: skip


def poisson(n_neurons, rate_Hz, duration_ms):
    """Return Poisson trains of a rate, on a grid of 1 ms."""
    rng = np.random.default_rng(1)
    counts = rng.poisson(rate_Hz * duration_ms / 1000, n_neurons)
    senders = np.repeat(np.arange(n_neurons), counts)
    times_ms = np.ceil(rng.random(senders.size) * duration_ms)
    return SpikeTrains.from_events(times_ms, senders, n_neurons, duration_ms)


def page_of_simulation(circuit):
    """Return the page of 2 s of a circuit's spikes, in cycles of 500 ms."""
    recording = Simulation(circuit, poisson(circuit.n_neurons, 6.0, 2000.0))
    population, reference = circuit.nodes.population, load_reference()
    return simulation_page(
        recording,
        compare_rates(recording.rates_Hz, population, POPULATIONS, reference),
        trial_averages(recording.spikes, population, POPULATIONS, period_ms=500),
        reference,
        {"settings": SETTINGS, "versions": VERSIONS},
        "v1cortex simulate circuit --seed 7",
        period_name="cycle",
    )


def page_of_validation(circuit, change=lambda found: found):
    """Return the page of 5 s of a circuit's spikes next to the mouse's; `change` the statistics."""
    spikes, reference = poisson(circuit.n_neurons, 6.0, 5000.0), load_reference()
    cells = CellGroups(np.arange(circuit.n_neurons), circuit.nodes.population, POPULATIONS)
    runs = [LabelledSpikes(spikes, cells, ("an <assumption>",))]
    found = change(validate_spikes(runs, reference))
    return validation_page(
        runs, found, reference, None, {"spikes": ["a.h5"]}, "v1cortex validate a.h5", VERSIONS
    )
