"""Additional read-outs, on synthetic activity and in an evaluation."""

import numpy as np
import pytest

from v1cortex.errors import TaskError
from v1cortex.evaluation import Protocol, evaluate
from v1cortex.evaluation.other_readouts import (
    ReadoutCells,
    area_within_images,
    image_cosine,
    other_readouts,
    window_counts,
)
from v1cortex.tasks import disjoint_pools, load
from validation.spikes import SpikeTrains

N = 40


@pytest.fixture(scope="module")
def block():
    return load("gratings").block(400, "validation", 3)


def activity(block, rate_of) -> SpikeTrains:
    """Draw Poisson spikes in the response window; `rate_of(trial)` is the mean count by cell."""
    rng = np.random.default_rng(0)
    times, senders = [], []
    for trial in range(block.n_trials):
        counts = rng.poisson(rate_of(trial))
        start_ms = trial * block.trial_ms + block.window_ms[0]
        senders.append(np.repeat(np.arange(N), counts))
        times.append(start_ms + 1.0 + rng.integers(0, 49, counts.sum()))
    duration_ms = float(block.n_trials * block.trial_ms)
    ids = np.concatenate(senders).astype(np.int32)
    return SpikeTrains.from_events(np.concatenate(times), ids, N, duration_ms)


def pairwise(labels, scores, images):
    """Share of pairs of a change and a repeat of one image that the scores put in order."""
    won = [
        1.0 if scores[a] > scores[b] else 0.5 if scores[a] == scores[b] else 0.0
        for a in np.flatnonzero(labels == 1)
        for b in np.flatnonzero(labels == 0)
        if images[a] == images[b]
    ]
    return np.mean(won)


def test_the_area_within_images_is_that_of_pairs_of_one_image():
    rng = np.random.default_rng(1)
    labels, images = rng.integers(0, 2, 60), rng.integers(0, 3, 60)
    scores = rng.integers(0, 6, 60) + labels
    area, error = area_within_images(labels, scores, images)
    assert area == pytest.approx(pairwise(labels, scores, images), abs=1e-12)
    assert 0.02 < error < 0.15


def test_its_error_is_the_spread_of_repeated_draws():
    rng = np.random.default_rng(2)
    areas, errors = [], []
    for _ in range(300):
        labels, images = np.repeat([0, 1], 60), np.tile([0, 1, 2], 40)
        area, error = area_within_images(labels, rng.normal(labels * 0.5 + images * 3), images)
        areas.append(area)
        errors.append(error)
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.1)


def test_a_difference_between_images_is_no_change(block):
    """Cells that like one image, and happen to see it change more often, tell nothing."""
    labels, images = block.labels.copy(), block.image_of_trial
    rng = np.random.default_rng(3)
    chosen = rng.random(len(labels)) < np.where((images == 0) == (labels == 1), 0.9, 0.3)
    scores = rng.normal(images == 0)
    area, _ = area_within_images(labels[chosen], scores[chosen], images[chosen])
    assert area == pytest.approx(0.5, abs=0.08)
    assert area_within_images([1, 0], [1.0, 2.0], [0, 1]) is None
    assert area_within_images([1, 0], [1.0, 2.0], [0, 0]) == (0.0, None)


def test_many_cells_tell_more_than_a_pool_of_them(block):
    spikes = activity(block, lambda trial: np.full(N, 0.2 + 0.06 * block.labels[trial]))
    several = np.arange(N, dtype=np.int32).reshape(4, 10)
    one, pools, every = other_readouts(block, spikes, several[:1], several, np.arange(N))
    assert [one.name, pools.name, every.name] == ["pool", "pools", "all"]
    assert (pools.n_pools, pools.n_cells, every.n_cells) == (4, 10, N)
    assert 0.5 < pools.auc < every.auc - 0.03
    assert pools.auc_within_images == pytest.approx(pools.auc, abs=0.03)
    counts = window_counts(block, spikes)
    assert every.rate_Hz == pytest.approx(counts.mean())


def test_cosine_between_responses(block):
    rng = np.random.default_rng(4)
    preferred = rng.uniform(0.5, 2.0, (4, N))
    cells = np.arange(N)
    alike = image_cosine(block, activity(block, lambda _: preferred[0]), cells)
    apart = image_cosine(
        block,
        activity(block, lambda trial: 3.0 * (cells % 4 == block.image_of_trial[trial])),
        cells,
    )
    assert alike > 0.98
    assert apart == pytest.approx(0.0, abs=1e-12)
    silent = SpikeTrains.from_events(
        np.zeros(0), np.zeros(0, np.int32), N, float(block.n_trials * block.trial_ms)
    )
    assert image_cosine(block, silent, cells) is None


def test_disjoint_pools_are_as_many_as_fit(small_circuit):
    found = disjoint_pools(small_circuit, 10)
    where = small_circuit.population_slice("L5_E")
    assert len(found) == 7
    assert len(np.unique(found)) == found.size <= where.stop - where.start
    assert disjoint_pools(small_circuit, 34).shape == (2, 34)
    with pytest.raises(TaskError, match="a pool of 60 L5_E cells"):
        disjoint_pools(small_circuit, 60)


def test_an_evaluation_reports_them(small_circuit):
    protocol = Protocol(
        tasks=("gratings", "orientation"),
        training_trials=0,
        threshold_trials=0,
        validation_trials=24,
        analyses=("readouts",),
        pool_size=10,
    )
    found = evaluate(small_circuit, "none", protocol, 1).tasks
    one, several, every = found["gratings"].readouts
    assert one.auc == found["gratings"].auc
    assert several.n_pools == len(disjoint_pools(small_circuit, 10))
    assert every.n_cells == len(range(*small_circuit.population_slice("L5_E").indices(500)))
    assert 0 < found["gratings"].image_cosine < 1
    assert found["orientation"].readouts is None
    cells = ReadoutCells(small_circuit, np.zeros((1, 10), np.int32), 55.0, False)
    assert cells.readouts(None, None) is None
    scored = protocol.model_copy(update={"readout": "pools", "tasks": ("gratings",)})
    evaluation = evaluate(small_circuit, "none", scored, 1)
    task = evaluation.tasks["gratings"]
    assert task.readout == "pools"
    assert (task.auc, task.pool_rate_Hz) == (several.auc, several.rate_Hz)
    assert task.accuracy == found["gratings"].accuracy  # the pool's
    assert evaluation.objectives["error"] == 1 - several.auc
