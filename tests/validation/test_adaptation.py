"""Adaptation of synthetic cells that are depressed and recover as told."""

import numpy as np
import pytest

from validation.adaptation import Presentations, measure_adaptation
from validation.spikes import SpikeTrains

WINDOW_MS, PERIOD_MS, TAU_MS = 50.0, 200.0, 600.0
GAPS = (1, 2, 4)
N_CELLS = 30


def presentations():
    """Twenty sequences with each gap: repeats, a gap, the image again."""
    rows = []
    for gap in np.tile(GAPS, 20):
        rows += [(k, 0, 0) for k in range(6)]
        rows += [(-1, k, 0) for k in range(1, gap + 1)]
        rows.append((-1, 0, gap))
    repeat, omitted, after = np.array(rows, dtype=np.int16).T
    starts_ms = 100.0 + PERIOD_MS * np.arange(len(rows))
    return Presentations(starts_ms, repeat, omitted, after)


def depressed(shown):
    """Expected counts: resources halve with each presentation and recover; changes restore them."""
    resources, counts = 1.0, []
    for repeat, omitted in zip(shown.repeat, shown.omitted, strict=True):
        if repeat == 0:
            resources = 1.0
        counts.append(0.05 if omitted else 4.0 * resources)
        if not omitted:
            resources *= 0.5
        resources = 1 - (1 - resources) * np.exp(-PERIOD_MS / TAU_MS)
    return np.array(counts)


def spikes(shown, counts):
    rng = np.random.default_rng(0)
    drawn = rng.poisson(counts[:, None], (len(counts), N_CELLS))
    start = np.repeat(shown.starts_ms, drawn.sum(axis=1))
    times = start + 1.0 + rng.uniform(0, WINDOW_MS - 2, len(start))
    senders = np.concatenate([np.repeat(np.arange(N_CELLS), each) for each in drawn])
    return SpikeTrains.from_events(
        times, senders.astype(np.int32), N_CELLS, float(shown.starts_ms[-1] + 1000)
    )


def test_rates_ratio_and_recovery_are_those_put_in():
    shown = presentations()
    counts = depressed(shown)
    cells = {"L23_E": np.arange(20), "L4_E": np.arange(20, 30), "L5_E": np.arange(0)}
    found = measure_adaptation(spikes(shown, counts), shown, WINDOW_MS, PERIOD_MS, cells)
    assert [each.population for each in found.populations] == ["L23_E", "L4_E"]
    assert found.n_sequences == 60
    assert found.gaps_ms == (400.0, 600.0, 1000.0)
    own = found.populations[0]
    rate_Hz = counts / (WINDOW_MS * 1e-3)
    for k, measured_Hz in enumerate(own.repeats_Hz):
        expected_Hz = rate_Hz[shown.repeat == k][0]
        error_Hz = np.sqrt(expected_Hz / (60 * 20 * WINDOW_MS * 1e-3))
        assert measured_Hz == pytest.approx(expected_Hz, abs=4 * error_Hz)
        assert own.repeats_standard_error_Hz[k] == pytest.approx(error_Hz, rel=0.4)
    late_Hz = np.mean([rate_Hz[shown.repeat == k][0] for k in (3, 4, 5)])
    assert own.change_over_repeat == pytest.approx(80.0 / late_Hz, rel=0.05)
    assert own.omitted_Hz == pytest.approx(1.0, abs=0.5)
    assert own.gray_Hz == pytest.approx(1.0, abs=0.8)
    for index, gap in enumerate(GAPS):
        expected_Hz = rate_Hz[shown.after == gap][0]
        assert own.after_gap_Hz[index] == pytest.approx(expected_Hz, rel=0.06)
        share = (expected_Hz - late_Hz) / (80.0 - late_Hz)
        assert own.recovered(index) == pytest.approx(share, abs=0.06)


def test_what_does_not_adapt_has_a_ratio_of_one_and_silence_none():
    shown = presentations()
    steady = np.where(shown.omitted > 0, 0.0, 2.0)
    cells = {"L4_E": np.arange(N_CELLS)}
    (own,) = measure_adaptation(
        spikes(shown, steady), shown, WINDOW_MS, PERIOD_MS, cells
    ).populations
    assert own.change_over_repeat == pytest.approx(1.0, abs=0.05)
    assert own.omitted_Hz == own.gray_Hz == 0.0
    (silent,) = measure_adaptation(
        spikes(shown, 0 * steady), shown, WINDOW_MS, PERIOD_MS, cells
    ).populations
    assert silent.change_over_repeat is None
    assert silent.recovered(0) is None
