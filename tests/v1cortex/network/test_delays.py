"""Circuits with any delays in NEST: delays are correct; recorders, LGN and rewards connect."""

import numpy as np
import pytest
from small_network import GLIF, change_json, write_network

from v1cortex.errors import V1CortexError
from v1cortex.network import (
    Network,
    NetworkSettings,
    SpikeRecorder,
    VoltageRecorder,
    delay_notes,
    exchange_interval_ms,
)
from v1cortex.rules import load_rule
from v1cortex.sonata import open_circuit


@pytest.mark.parametrize(
    ("delays_ms", "dt_ms", "flush_ms", "interval_ms"),
    [
        ([0.9, 3.8], 0.1, 200.0, 0.8),  # 0.9 ms does not go into 200 ms
        ([1.0, 4.0], 1.0, 200.0, 1.0),
        ([1.5], 0.5, 200.0, 1.0),  # recorders and generators have 1 ms
        ([150.0], 1.0, 300.0, 1.0),
        ([0.6], 0.1, 200.0, 0.5),
        ([0.1], 0.1, 200.0, 0.1),
        ([], 0.25, 200.0, 1.0),
    ],
)
def test_the_interval_of_exchange(delays_ms, dt_ms, flush_ms, interval_ms):
    found = exchange_interval_ms(np.array(delays_ms), dt_ms, flush_ms)
    assert found == pytest.approx(interval_ms)
    assert found <= min([*delays_ms, 1.0])
    assert round(flush_ms / dt_ms) % round(found / dt_ms) == 0


def circuit_with_delay(tmp_path, delay):
    folder = write_network(tmp_path / "net")
    types = folder / "network/l4_l4_edge_types.csv"
    types.write_text(types.read_text().replace(" 1.5 ", f" {delay} "))
    for name in ("exc", "inh"):
        # A threshold that the background passes often.
        path = folder / f"components/cells/{name}.json"
        change_json(path, lambda cell: cell.update(V_th=GLIF["E_L"] + 1.0))
    return open_circuit(folder).circuit


@pytest.mark.parametrize(
    ("delay", "dt_ms", "expected_ms", "rule"),
    [
        (3.2, 0.1, 3.2, "stdp"),
        (0.6, 0.1, 0.6, "stdp"),
        (4.0, 1.0, 4.0, None),
        (0.2, 1.0, 1.0, None),
        (150, 1.0, 150.0, "stdp"),
    ],
)
def test_delays_arrive_and_spikes_are_recorded(tmp_path, delay, dt_ms, expected_ms, rule):
    import nest

    circuit = circuit_with_delay(tmp_path, delay)
    settings = NetworkSettings(dt_ms=dt_ms)
    network = Network(circuit, rule and load_rule(rule), settings)
    connections = nest.GetConnections(network.neurons, network.neurons)
    assert np.unique(connections.get("delay")) == pytest.approx([expected_ms])
    network.populations["L4_E"].record("spikes")
    spikes, voltages = SpikeRecorder(network), VoltageRecorder(network, np.arange(2))
    network.simulate(400.0)
    assert voltages.take(300.0).V_m_mV.shape == (300, 2)
    steps, ids = spikes.take()
    trains = network.populations["L4_E"].get_data().segments[0].spiketrains
    own = np.isin(ids, network.node_ids[circuit.population_slice("L4_E")])
    within = steps[own] * dt_ms <= 400.0 - network.min_delay_ms
    assert sum(map(len, trains)) == within.sum() > 10
    assert bool(delay_notes(circuit, dt_ms)) == (expected_ms != delay)


def test_a_delay_below_half_a_step_is_noted(tmp_path):
    (note,) = delay_notes(circuit_with_delay(tmp_path, 0.2), 1.0)
    assert note.startswith("132 connections have a delay below half a time step, the shortest 0.2")


@pytest.mark.parametrize("dt_ms", [0.3, 0.7, 1e-9, 0.0, -1.0, 2.0, float("nan"), float("inf")])
def test_time_steps_that_do_not_divide_a_millisecond_are_refused(dt_ms):
    with pytest.raises(V1CortexError, match="dt_ms"):
        NetworkSettings(dt_ms=dt_ms)
