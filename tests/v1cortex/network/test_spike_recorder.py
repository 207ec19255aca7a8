"""Spikes are recorded while the network runs, and none are lost after Ctrl-C."""

import numpy as np
import pytest

from v1cortex.network import Network, SpikeRecorder


@pytest.fixture
def recorder(small_circuit):
    return SpikeRecorder(Network(small_circuit))


@pytest.fixture
def rates_Hz(small_circuit):
    return np.full((len(small_circuit.lgn_units), 1000), 20.0, np.float32)


def test_ctrl_c_keeps_what_was_recorded(recorder, rates_Hz):
    def interrupt(done_ms, rate_Hz):
        assert 0 < rate_Hz < 100
        if done_ms == 200:
            raise KeyboardInterrupt

    spikes = recorder.watch(rates_Hz, np.random.default_rng(0), interrupt)
    assert spikes.duration_ms == 200
    assert len(spikes.times_ms) > 0


def test_pieces_are_the_whole(small_circuit, recorder, rates_Hz):
    rng = np.random.default_rng(0)
    whole = recorder.watch(rates_Hz, rng, lambda _ms, _Hz: None)
    again = SpikeRecorder(Network(small_circuit))
    again.network.set_lgn_rates(rates_Hz, np.random.default_rng(0))
    begin = again.now_step
    again.network.simulate(1000)
    steps, ids = again.take()
    assert again.mean_rate_Hz(len(steps), 1000) == pytest.approx(whole.rates_Hz().mean())
    trains = again.trains(steps, ids, begin, 1000)
    np.testing.assert_array_equal(trains.times_ms, whole.times_ms)
    np.testing.assert_array_equal(trains.senders, whole.senders)
    assert len(again.take()[0]) == 0
