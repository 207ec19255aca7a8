"""Spikes from any source, in one call, give the same as the command."""

import numpy as np
import pytest

from v1cortex.errors import CircuitError, ConfigError
from v1cortex.simulation import Simulation, validate
from v1cortex.sonata import save_circuit
from v1cortex.tables import POPULATIONS
from validation.reference import load_reference
from validation.scores import compare_rates
from validation.spikes import SpikeTrains


@pytest.fixture(scope="module")
def spikes(small_circuit):
    return _poisson(small_circuit.n_neurons, seed=1)


def _poisson(n_neurons, seed):
    rng = np.random.default_rng(seed)
    senders = np.repeat(np.arange(n_neurons), rng.poisson(16.0, n_neurons))
    return SpikeTrains.from_events(rng.uniform(0, 4000, len(senders)), senders, n_neurons, 4000.0)


def test_a_table_by_population(small_circuit, spikes):
    table = validate(Simulation(small_circuit, spikes)).to_frame()
    assert table.index.names == ["run", "population"]
    expected = compare_rates(spikes.rates_Hz(), small_circuit.nodes.population, POPULATIONS)
    counts = np.bincount(small_circuit.nodes.population)
    assert table["n_model"].tolist() == [500, *counts]
    l1 = small_circuit.population_slice("L1_Htr3a")
    mean_Hz = spikes.rates_Hz()[l1].mean()
    assert table.loc[(0, "L1_Htr3a"), "model_mean_Hz"] == pytest.approx(mean_Hz)
    for row in expected:
        assert table.loc[(0, row.population), "distance_Hz"] == row.distance_Hz
        assert table.loc[(0, row.population), "n_mouse"] == row.n_mouse
    assert set(table.loc[0].index) == {"network", *POPULATIONS}
    # Poisson trains: CV of intervals and Fano factor near 1.
    assert table["cv_isi"].mean() == pytest.approx(0.95, abs=0.1)
    assert table["fano"].mean() == pytest.approx(1.0, abs=0.1)
    without = [name for name in POPULATIONS if name not in load_reference().populations()]
    assert table.loc[0].loc[without, "mouse_mean_Hz"].isna().all()
    kinds = {name: table[name].dtype.kind for name in table}
    assert {name for name, kind in kinds.items() if kind == "i"} == {"n_model", "n_mouse"}
    assert set(kinds.values()) == {"i", "f"}


def test_every_source_gives_the_same(small_circuit, spikes, tmp_path):
    simulation = Simulation(small_circuit, spikes)
    file = simulation.save_spikes(tmp_path / "spikes.h5")
    save_circuit(small_circuit, tmp_path / "circuit")
    known = validate(simulation).to_frame()
    for source, circuit in (
        (spikes, small_circuit),
        (spikes, tmp_path / "circuit"),
        (file, small_circuit),
        (str(file), str(tmp_path / "circuit")),
    ):
        found = validate(source, circuit)
        assert found.notes == ()
        assert found.to_frame().equals(known)


def test_without_a_circuit_all_units_are_compared(spikes, tmp_path):
    found = validate(spikes)
    assert "all of the mouse's units" in found.notes[0]
    assert set(found.to_frame().index.get_level_values("population")) == {"network", "all"}


def test_runs_are_compared_with_each_other(small_circuit, spikes):
    other = _poisson(500, seed=2)
    found = validate([spikes, other], small_circuit)
    distance_Hz = found.to_frame().loc[(1, "network"), "distance_Hz"]
    assert distance_Hz == found.runs[1].comparisons[0].distance_Hz
    assert found.between_runs_Hz["network"] > 0


def test_spontaneous_activity_is_another_yardstick(small_circuit, spikes):
    gratings, spontaneous = (
        validate(spikes, small_circuit, condition=name).to_frame().loc[0]
        for name in ("gratings", "spontaneous")
    )
    mouse = load_reference().spontaneous().row("L4_E").distribution().mean
    assert spontaneous.loc["L4_E", "mouse_mean_Hz"] == mouse
    assert gratings.loc["L4_E", "mouse_mean_Hz"] != mouse


def test_a_part_of_the_recording(small_circuit, spikes, tmp_path):
    file = Simulation(small_circuit, spikes).save_spikes(tmp_path / "spikes.h5")
    rates_Hz = spikes.window(1000.0, 3000.0).rates_Hz()
    for source in (spikes, file):
        table = validate(source, small_circuit, start_ms=1000.0, stop_ms=3000.0).to_frame()
        assert table.loc[(0, "network"), "model_mean_Hz"] == pytest.approx(rates_Hz.mean())


def test_what_does_not_fit(small_circuit):
    with pytest.raises(CircuitError, match="of 7 neurons, the circuit has 500"):
        validate(_poisson(7, 1), small_circuit)
    with pytest.raises(ConfigError, match="no condition 'movies'"):
        validate(_poisson(500, 1), small_circuit, condition="movies")
