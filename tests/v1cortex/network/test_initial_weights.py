"""Initial weights are worked out once for a circuit, and samples of them read back from NEST."""

import gc
from weakref import ref

import numpy as np
import pytest

from v1cortex.circuit import build_circuit
from v1cortex.errors import CircuitError
from v1cortex.nest import load_nest
from v1cortex.network import Network
from v1cortex.network.initial_weights import InitialWeights
from v1cortex.rules import load_rule


@pytest.fixture(scope="module")
def circuit():
    return build_circuit(500, 1)


def test_they_are_those_of_the_circuit_and_live_as_long(circuit):
    own = build_circuit(300, 2)
    found = InitialWeights.of(own)
    assert InitialWeights.of(own) is found
    assert InitialWeights.of(circuit) is not found
    rows = np.flatnonzero(np.diff(own.edges.type_offsets))
    for row in rows[:20].tolist():
        magnitude_pA = np.abs(own.edges.weight_pA[own.edges_of(row)])
        assert found.mean_pA(row) == magnitude_pA.mean()
        assert found.largest_pA(row) == magnitude_pA.max()
    gone = ref(own)
    del own
    gc.collect()
    assert gone() is None


def test_a_sample_has_all_connections_onto_spaced_targets(circuit):
    weights, edges = InitialWeights.of(circuit), circuit.edges
    row = int(np.argmax(np.diff(edges.type_offsets)))
    own = circuit.edges_of(row)
    sample = weights.sample(row, 200)
    here = np.isin(edges.target[own], sample.targets)
    assert 200 <= len(sample.source) == here.sum() < len(here)
    np.testing.assert_array_equal(sample.target, edges.target[own][here])
    np.testing.assert_array_equal(sample.magnitude_pA, np.abs(edges.weight_pA[own][here]))
    everything = weights.sample(row, len(here))
    np.testing.assert_array_equal(everything.source, edges.source[own])


def test_weights_read_back_are_those_of_the_projections(circuit):
    network = Network.from_circuit(circuit, load_rule("s_pre"), threads=2)
    network.simulate(20.0)
    for key, row in list(network.synapse_types.items())[:12]:
        every = network.weights(*key)
        sample = network.plastic.sample(row, len(every.weight_pA))
        np.testing.assert_array_equal(sample.weight_pA, np.abs(every.weight_pA))
        projection = network.projections[key]
        assert len(projection) == len(every.weight_pA)


def test_connections_added_to_a_plastic_model_are_noticed(circuit):
    network = Network.from_circuit(circuit, load_rule("s_pre"))
    row = next(iter(network.plastic.models))
    own = circuit.edges_of(row)
    ends = (
        network.node_ids[each[own][:1]] for each in (circuit.edges.source, circuit.edges.target)
    )
    model = {"synapse_model": network.plastic.models[row], "weight": np.ones(1)}
    load_nest().Connect(*ends, "one_to_one", model)
    with pytest.raises(CircuitError, match="added or removed"):
        network.plastic.sample(row, 10_000)
