"""Controls keep what they say of the learned weights, and nothing else."""

import numpy as np
import pytest

from v1cortex.errors import CircuitError
from v1cortex.network import Network, arrange_weights
from v1cortex.network.weight_controls import arranged
from v1cortex.network.weights import write_weights
from v1cortex.rules import load_rule

TARGET = np.array([0, 0, 0, 1, 1, 2], dtype=np.int32)
INITIAL_PA = np.array([1.0, 2.0, 3.0, 4.0, 0.0, 5.0])
LEARNED_PA = np.array([2.0, 2.0, 5.0, 0.0, 0.5, 6.0])


def of(control, sign=1.0, seed=1, initial_pA=INITIAL_PA, learned_pA=LEARNED_PA):
    rng = np.random.default_rng(seed)
    return sign * arranged(control, sign * initial_pA, sign * learned_pA, TARGET, rng)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_type_means_are_the_initial_weights_scaled(sign):
    np.testing.assert_allclose(of("type_means", sign), INITIAL_PA * 15.5 / 15.0, rtol=1e-15)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_cell_sums_scale_the_initial_weights_of_each_cell(sign):
    expected_pA = INITIAL_PA * np.array([1.5, 1.5, 1.5, 0.125, 0.125, 1.2])
    np.testing.assert_allclose(of("cell_sums", sign), expected_pA, rtol=1e-15)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_shuffled_changes_keep_sign_and_sum(sign):
    found = [of("shuffled", sign, seed) for seed in range(50)]
    assert all(np.all(each >= 0) for each in found)
    np.testing.assert_allclose([each.sum() for each in found], LEARNED_PA.sum(), rtol=1e-14)
    assert len({each.tobytes() for each in found}) > 20
    # Without a change that crosses zero, the changes themselves are the learned ones.
    grown_pA = INITIAL_PA + np.arange(6.0)
    changes = of("shuffled", sign, learned_pA=grown_pA) - INITIAL_PA
    np.testing.assert_allclose(np.sort(changes), np.arange(6.0), atol=1e-14)


@pytest.mark.parametrize("control", ["type_means", "cell_sums", "shuffled"])
def test_weights_that_were_zero_share_what_was_learned(control):
    found = of(control, initial_pA=np.zeros(6))
    assert np.all(np.isfinite(found))
    assert found.sum() == pytest.approx(LEARNED_PA.sum())


@pytest.mark.parametrize("control", ["type_means", "cell_sums", "shuffled"])
def test_a_type_without_synapses(control):
    none = np.zeros(0)
    assert len(arranged(control, none, none, none.astype(np.int32), np.random.default_rng(1))) == 0


def _learned(circuit):
    """A network whose plastic synapses took part in 1 s of its background's spikes."""
    network = Network.from_circuit(circuit, load_rule("s_pre_x_post"))
    network.simulate(1000)
    network.plastic.set_active(False)
    before = {key: network.weights(*key).weight_pA for key in network.projections}
    return network, before


def test_a_networks_weights_are_replaced(small_circuit):
    network, learned = _learned(small_circuit)
    initial = {
        key: small_circuit.edges.weight_pA[small_circuit.edges_of(row)]
        * network.calibration.recurrent_scale[row]
        for key, row in network.synapse_types.items()
    }
    moved = [key for key, each in learned.items() if not np.allclose(each, initial[key])]
    assert len(moved) > 20
    arrange_weights(network, "type_means", np.random.default_rng(1))
    for key, weight_pA in learned.items():
        found_pA = network.weights(*key).weight_pA
        if len(found_pA):
            assert found_pA.mean() == pytest.approx(weight_pA.mean(), rel=1e-12)
            factor = weight_pA.sum() / initial[key].sum()
            np.testing.assert_allclose(found_pA, initial[key] * factor, rtol=1e-12)
    after = {key: network.weights(*key).weight_pA for key in network.projections}
    network.simulate(400)  # and they stay
    for key, weight_pA in after.items():
        assert np.array_equal(network.weights(*key).weight_pA, weight_pA)


def test_each_weight_goes_to_its_own_synapse(small_circuit):
    network = Network.from_circuit(small_circuit)
    key = max(network.synapse_types, key=lambda each: len(network.weights(*each).weight_pA))
    own = np.arange(1.0, 1.0 + len(network.weights(*key).weight_pA))
    write_weights(network, key, own)
    assert np.array_equal(network.weights(*key).weight_pA, own)
    with pytest.raises(CircuitError, match=r"3 weights for the [\d,]+ connections"):
        write_weights(network, key, own[:3])
