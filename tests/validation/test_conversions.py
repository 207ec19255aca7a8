"""Spike trains survive conversion to other programs' objects and back."""

import neo
import numpy as np
import pytest
import quantities as pq

from validation.errors import StatisticsError
from validation.spikes import SpikeTrains

TIMES_MS, SENDERS = [310.0, 350.5, 350.5, 400.0], [2, 0, 1, 2]


@pytest.fixture
def recording():
    """Four neurons, the last of which is silent, from 300 to 400 ms."""
    return SpikeTrains.from_events(TIMES_MS, SENDERS, 4, 100.0, 300.0)


def _same(one, other):
    assert np.array_equal(one.times_ms, other.times_ms)
    assert np.array_equal(one.senders, other.senders)
    assert (one.n_neurons, one.duration_ms, one.start_ms) == (
        other.n_neurons,
        other.duration_ms,
        other.start_ms,
    )


def test_neo_and_back(recording):
    trains = recording.to_neo()
    _same(SpikeTrains.from_neo(trains), recording)
    segment = neo.Segment()
    segment.spiketrains.extend(trains)
    _same(SpikeTrains.from_neo(segment), recording)
    block = neo.Block()
    block.segments.append(segment)
    _same(SpikeTrains.from_neo(block), recording)


def test_neo_in_seconds():
    trains = [
        neo.SpikeTrain([0.25, 0.125] * pq.s, t_start=0 * pq.s, t_stop=0.5 * pq.s),
        neo.SpikeTrain([] * pq.s, t_start=0 * pq.s, t_stop=0.5 * pq.s),
    ]
    found = SpikeTrains.from_neo(trains)
    assert found.times_ms.tolist() == [125.0, 250.0]
    assert (found.n_neurons, found.duration_ms) == (2, 500.0)


def test_neo_of_different_recordings(recording):
    other = neo.SpikeTrain([1.0] * pq.ms, t_stop=10 * pq.ms)
    with pytest.raises(StatisticsError, match="0 to 10 ms, 300 to 400 ms"):
        SpikeTrains.from_neo([*recording.to_neo(), other])
    with pytest.raises(StatisticsError, match="no Neo spike train"):
        SpikeTrains.from_neo([])
    block = neo.Block()
    block.segments.extend([neo.Segment(), neo.Segment()])
    with pytest.raises(StatisticsError, match="2 segments"):
        SpikeTrains.from_neo(block)


def test_nest_and_back(recording):
    events = recording.to_nest()
    assert events["senders"].tolist() == [3, 1, 2, 3]  # NEST counts from 1
    assert events["times"].tolist() == TIMES_MS
    _same(SpikeTrains.from_nest(events, 4, 100.0, 300.0), recording)
    ids = [9, 3, 20, 4]
    assert recording.to_nest(ids)["senders"].tolist() == [20, 9, 3, 20]
    _same(SpikeTrains.from_nest(recording.to_nest(ids), ids, 100.0, 300.0), recording)


@pytest.mark.parametrize(
    ("events", "ids", "message"),
    [
        ({"senders": [0], "times": [5.0]}, 3, "node 0 sent a spike.*3 recorded nodes, 1 to 3"),
        ({"senders": [4], "times": [5.0]}, 3, "node 4"),
        ({"senders": [7], "times": [5.0]}, [5, 9], "node 7 .*5 to 9"),
        ({"senders": [7], "times": [5.0]}, [], "node 7"),
        ({"senders": [5], "times": [5.0]}, [5, 5], "twice"),
        ({"times": [5.0]}, 3, "senders missing among times"),
        ({"senders": [1], "times": [11.0]}, 1, "after the end"),
    ],
)
def test_nest_events_that_do_not_fit(events, ids, message):
    with pytest.raises(StatisticsError, match=message):
        SpikeTrains.from_nest(events, ids, 10.0)


def test_ids_for_other_neurons(recording):
    with pytest.raises(StatisticsError, match="3 node_ids for 4 neurons"):
        recording.to_nest([1, 2, 3])


def test_events_of_a_nest_recorder():
    from v1cortex.nest import load_nest

    nest = load_nest()
    nest.ResetKernel()
    nest.Create("parrot_neuron")  # so that the recorded ids do not begin at 1
    trains = ([2.0, 7.0], [5.0], [9.0])
    inputs = nest.Create("spike_generator", 3, [{"spike_times": each} for each in trains])
    neurons = nest.Create("parrot_neuron", 3)
    recorder = nest.Create("spike_recorder")
    nest.Connect(inputs, neurons, "one_to_one", {"delay": 1.0})
    nest.Connect(neurons, recorder)
    nest.Simulate(20.0)
    found = SpikeTrains.from_nest(recorder.events, neurons, 20.0)
    assert [found.train_ms(k).tolist() for k in range(3)] == [[3.0, 8.0], [6.0], [10.0]]
    again = found.to_nest(neurons)
    order = np.lexsort((recorder.events["senders"], recorder.events["times"]))
    assert np.array_equal(again["senders"], np.array(recorder.events["senders"])[order])


def test_frame(recording):
    frame = recording.to_frame()
    assert frame.index.name == "spike"
    assert dict(frame.dtypes.astype(str)) == {"time_ms": "float64", "neuron": "int32"}
    assert frame["time_ms"].tolist() == TIMES_MS
    assert frame["neuron"].tolist() == SENDERS


def test_text(recording):
    text = "<SpikeTrains: 4 spikes of 4 neurons in 100 ms, 10.00 Hz on average>"
    assert repr(recording) == text
