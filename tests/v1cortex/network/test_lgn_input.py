"""LGN input as currents compared with the same input as spikes, where both agree exactly."""

import numpy as np
import pytest

from v1cortex.errors import ConfigError
from v1cortex.network import Network
from v1cortex.stimuli import gray_movie


def _passive(circuit, **settings):
    """A network that never fires, without background, with recorded membrane potentials."""
    network = Network.from_circuit(circuit, **settings)
    for population in network.populations.values():
        population.set(V_th=1e6, background_rate=0.0)
    for name in ("L4_E", "L4_Pvalb"):
        network.populations[name].record("V_m")
    return network


def _potentials(network):
    signals = [
        network.populations[name].get_data().segments[0].analogsignals[0].magnitude
        for name in ("L4_E", "L4_Pvalb")
    ]
    return np.hstack(signals)


def test_currents_are_the_spikes_that_are_expected(small_circuit):
    """Whole numbers of spikes per step, as spikes and as rates: potentials equal to the last bit.

    Two receptors, across a boundary of the chunks passed to NEST, in two calls of `simulate`.
    """
    rng = np.random.default_rng(0)
    shape = len(small_circuit.lgn_units), 1100
    count = rng.integers(1, 3, shape) * (rng.random(shape) < 0.02)
    potentials = {}
    for mode in ("current", "poisson"):
        network = _passive(small_circuit, lgn_mode=mode)
        network.simulate(10)
        if mode == "current":
            network.set_lgn_rates((1000.0 * count).astype(np.float32), rng)
        else:
            unit, step = np.nonzero(count)
            times = count[unit, step]
            unit, step = np.repeat(unit, times).astype(np.int32), np.repeat(step, times)
            network.lgn.set_spikes(unit, step, network.time_ms)
        network.simulate(350)
        network.simulate(800)
        potentials[mode] = _potentials(network)
    assert potentials["current"].std() > 10
    np.testing.assert_array_equal(potentials["current"], potentials["poisson"])


def test_currents_do_not_depend_on_a_seed_or_the_time_step(small_circuit):
    """Finer steps change the mean potential by the remaining discretisation error only."""
    means = {}
    for dt_ms, seed in ((1.0, 1), (1.0, 2), (0.25, 1)):
        network = _passive(small_circuit, lgn_mode="current", dt_ms=dt_ms)
        network.show(gray_movie(200), seed)
        network.simulate(200)
        means[dt_ms, seed] = _potentials(network)[round(120 / dt_ms) :].mean(axis=0)
    np.testing.assert_array_equal(means[1.0, 1], means[1.0, 2])
    rest = means[1.0, 1] - small_circuit.tables.cells.E_L_mV.mean()
    assert np.abs(means[0.25, 1] - means[1.0, 1]).max() < 0.02 * np.abs(rest).max()


def test_input_is_replaced_and_ends(small_circuit):
    network = _passive(small_circuit, lgn_mode="current")
    rates_Hz = np.full((len(small_circuit.lgn_units), 400), 20.0, dtype=np.float32)
    network.set_lgn_rates(rates_Hz, np.random.default_rng(0))
    network.simulate(100)
    driven = _potentials(network)[-1]
    network.set_lgn_rates(rates_Hz[:, :0], np.random.default_rng(0))
    network.simulate(1000)
    silent = _potentials(network)[-1]
    assert (driven - silent).max() > 5
    cells = small_circuit.population_slice("L4_E")
    rest = small_circuit.tables.cells.E_L_mV[small_circuit.nodes.cell_model[cells]]
    np.testing.assert_allclose(silent[: len(rest)], rest, atol=0.02)


def test_unknown_mode(small_circuit):
    with pytest.raises(ConfigError, match=r"no LGN mode 'currents'.*'current'"):
        Network.from_circuit(small_circuit, lgn_mode="currents")
