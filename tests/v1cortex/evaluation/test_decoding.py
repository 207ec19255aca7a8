"""Decoding of synthetic activity: information is found if, and only if, it is there."""

import numpy as np
import pytest

from v1cortex.evaluation.decoding import decoded_images, linear_readout, trial_counts
from v1cortex.tasks import load
from validation.spikes import SpikeTrains

TASK = load("gratings")
N = 40


def spikes_of(block, rate_of):
    """Draw Poisson spikes; `rate_of(trial, bin)` gives the rate of each of N neurons per bin."""
    rng = np.random.default_rng(0)
    times, senders = [], []
    for trial in range(block.n_trials):
        for k in range(block.trial_ms // 50):
            counts = rng.poisson(rate_of(trial, k))
            start = trial * block.trial_ms + k * 50
            senders.append(np.repeat(np.arange(N), counts))
            times.append(start + 1.0 + rng.integers(0, 50, counts.sum()))
    return SpikeTrains.from_events(
        np.concatenate(times),
        np.concatenate(senders).astype(np.int32),
        N,
        float(block.n_trials * block.trial_ms),
    )


@pytest.fixture(scope="module")
def preferences():
    return np.random.default_rng(5).uniform(0.2, 3.0, (4, N))


@pytest.fixture(scope="module")
def block():
    return TASK.block(160, "validation", 3)


def test_counts_by_trial_and_bin(block):
    spikes = spikes_of(block, lambda trial, k: np.full(N, 0.1 * (k + 1)))
    counts = trial_counts(spikes, block.trial_ms)
    assert counts.shape == (160, 4, N)
    assert counts.sum() == len(spikes.times_ms)
    np.testing.assert_allclose(counts.mean(axis=(0, 2)), [0.1, 0.2, 0.3, 0.4], rtol=0.1)


def test_an_image_is_decoded_while_it_is_there_and_no_longer(block, preferences):
    def rates(trial, k):
        if k in (1, 2):
            return preferences[block.image_of_trial[trial]]
        if k == 0:  # the activity still contains the previous image
            return preferences[block.previous_image_of_trial[trial]]
        return np.full(N, 1.0)

    found = decoded_images(block, spikes_of(block, rates))
    present = [row.present for row in found.bins]
    previous = [row.previous for row in found.bins]
    threshold = found.chance + 3 * found.standard_error
    assert found.chance == pytest.approx(1 / 3)
    assert min(present[1:3]) > 0.8
    assert previous[0] > 0.8
    # In trials with a change, one image never tells the other better than 1 / (n - 1).
    assert max(present[0], present[3], *previous[1:]) < threshold
    assert found.persistence_ms == 150.0


def test_memory_through_the_gap_counts_as_persistence(block, preferences):
    def rates(trial, k):
        image = block.previous_image_of_trial if k == 0 else block.image_of_trial
        return preferences[image[trial]]

    found = decoded_images(block, spikes_of(block, rates))
    assert found.persistence_ms == 250.0


def test_too_few_trials_are_not_decoded(preferences):
    few = TASK.block(8, "validation", 1)
    assert decoded_images(few, spikes_of(few, lambda trial, k: preferences[0])) is None


@pytest.mark.parametrize("name", ["gratings", "digits"])
def test_a_linear_readout_finds_what_a_pool_does_not(name):
    task = load(name)
    directions = np.random.default_rng(6).uniform(0.0, 4.0, (task.n_classes, N))
    blocks = [task.block(100, phase, seed) for seed, phase in enumerate(("training", "validation"))]
    recorded = [
        (block, spikes_of(block, lambda trial, k, block=block: directions[block.labels[trial]]))
        for block in blocks
    ]
    found = linear_readout(*recorded)
    assert found.accuracy > 0.9
    assert found.auc > 0.95
    noise = [(block, spikes_of(block, lambda trial, k: np.ones(N))) for block in blocks]
    found = linear_readout(*noise)
    assert abs(found.accuracy - 1 / task.n_classes) < 3.5 * found.accuracy_standard_error
