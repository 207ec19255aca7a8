import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.errors import StatisticsError
from validation.spikes import SpikeTrains, concatenate


def trains(times, senders, n=4, duration=100.0, start=0.0):
    return SpikeTrains.from_events(times, senders, n, duration, start)


def test_order_of_events_does_not_matter():
    rng = np.random.default_rng(1)
    times = np.ceil(rng.random(500) * 100)
    senders = rng.integers(0, 4, 500)
    shuffled = rng.permutation(500)
    first, second = trains(times, senders), trains(times[shuffled], senders[shuffled])
    assert np.array_equal(first.times_ms, second.times_ms)
    assert np.array_equal(first.senders, second.senders)


@pytest.mark.parametrize(
    ("times", "senders", "message"),
    [
        ([5.0, 1.0], [0, 0], "not ascending"),
        ([np.nan, 1.0], [0, 0], "not ascending"),
        ([1.0, np.nan], [0, 0], "not ascending"),
        ([np.nan], [0], "before the start"),
        ([-1.0], [0], "-1.0 ms is before the start"),
        ([100.1], [0], "100.1 ms is after the end"),
        ([1.0], [4], "sender 4 is not a neuron: 0 to 3"),
        ([1.0], [-1], "sender -1"),
        ([1.0, 2.0], [0], "same length"),
        ([1.0], [0.5], "whole numbers"),
        ([1.0], [2**32 + 3], "below 2.31"),
    ],
)
def test_what_is_refused(times, senders, message):
    with pytest.raises(StatisticsError, match=message):
        SpikeTrains(np.array(times), np.array(senders), 4, 100.0)


def test_windows_and_bins_are_open_on_the_left():
    # Grid times with a step of 0.1 ms, as returned by NEST: multiplied, not exact.
    grid = np.arange(1, 1001) * 0.1
    recording = trains(grid, np.zeros(1000, dtype=int))
    assert np.array_equal(recording.counts(0.1)[0], np.ones(1000))
    assert np.array_equal(recording.counts(10.0)[0], np.full(10, 100))
    pieces = [recording.window(a, a + 25.0) for a in (0.0, 25.0, 50.0, 75.0)]
    assert [piece.n_spikes for piece in pieces] == [250, 250, 250, 250]
    assert pieces[1].times_ms[0] == pytest.approx(25.1)
    assert pieces[1].times_ms[-1] == pytest.approx(50.0)


def test_spike_at_the_very_start_is_kept():
    recording = trains([0.0, 100.0], [0, 0])
    assert recording.window(0.0, 50.0).n_spikes == 1
    assert recording.counts(50.0)[0].tolist() == [1, 1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 3)), max_size=60),
    st.sampled_from([0.0, 300.0]),
    st.sampled_from([1.0, 7.0, 10.0, 33.0]),
)
def test_counts_equal_a_naive_count(events, start, bin_ms):
    times = [start + t / 2 for t, _ in events]
    recording = trains(times, [s for _, s in events], start=start)
    n_bins = int(100 // bin_ms)
    expected = np.zeros((4, n_bins), dtype=int)
    for time, (_, sender) in zip(times, events, strict=True):
        for k in range(n_bins):
            if start + k * bin_ms < time <= start + (k + 1) * bin_ms:
                expected[sender, k] += 1
    assert np.array_equal(recording.counts(bin_ms), expected)
    assert np.array_equal(recording.population_counts(bin_ms), expected.sum(axis=0))
    assert np.array_equal(recording.counts(bin_ms, [3, 1]), expected[[3, 1]])


def test_select_renumbers_in_the_order_given():
    recording = trains([1.0, 2.0, 3.0], [0, 2, 3])
    chosen = recording.select([3, 0])
    assert chosen.n_neurons == 2
    assert chosen.times_ms.tolist() == [1.0, 3.0]
    assert chosen.senders.tolist() == [1, 0]
    mask = np.array([True, False, False, True])
    assert recording.select(mask).senders.tolist() == [0, 1]
    with pytest.raises(StatisticsError, match="twice"):
        recording.select([1, 1])
    with pytest.raises(StatisticsError, match="7 is not a neuron"):
        recording.select([1, 7])


def test_rates_and_trains():
    recording = trains([1.0, 2.0, 3.0], [0, 2, 2], duration=500.0)
    assert recording.rates_Hz().tolist() == [2.0, 0.0, 4.0, 0.0]
    assert recording.train_ms(2).tolist() == [2.0, 3.0]
    assert recording.train_ms(1).size == 0


def test_responses_by_window():
    recording = trains([10.0, 10.5, 20.0, 20.1, 60.0], [0, 0, 0, 0, 1])
    rates = recording.responses_Hz([50.0, 10.0], 10.0)  # neither in order nor adjacent
    assert rates.tolist() == [[0.0, 200.0], [100.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(StatisticsError, match="overlap"):
        recording.responses_Hz([0.0, 5.0], 10.0)


def test_neo_trains_hold_the_same_spikes():
    recording = trains([301.0, 302.5, 400.0], [0, 2, 2], start=300.0)
    neo_trains = recording.to_neo([2, 1])
    assert neo_trains[0].rescale("ms").magnitude.tolist() == [302.5, 400.0]
    assert len(neo_trains[1]) == 0
    assert float(neo_trains[0].t_start.rescale("ms")) == 300.0
    assert float(neo_trains[0].t_stop.rescale("s")) == pytest.approx(0.4)


def test_recordings_join_end_to_end():
    first = trains([10.0, 100.0], [0, 1])
    second = trains([301.0, 350.0], [2, 0], duration=50.0, start=300.0)
    joined = concatenate([first, second])
    assert joined.times_ms.tolist() == [10.0, 100.0, 101.0, 150.0]
    assert joined.senders.tolist() == [0, 1, 2, 0]
    assert joined.duration_ms == 150.0
    with pytest.raises(StatisticsError, match=r"\[3, 4\] neurons"):
        concatenate([first, trains([1.0], [0], n=3)])


def test_arrays_cannot_be_changed():
    recording = trains([1.0], [0])
    with pytest.raises(ValueError, match="read-only"):
        recording.times_ms[0] = 5.0


def test_recording_without_spikes():
    recording = trains([], [])
    assert recording.rates_Hz().tolist() == [0.0] * 4
    assert recording.counts(10.0).sum() == 0
    assert recording.window(10.0, 20.0).n_spikes == 0
