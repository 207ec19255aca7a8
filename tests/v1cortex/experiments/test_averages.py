"""Analyses are averaged number by number, over the seeds that have them."""

from sample_results import task_result

from v1cortex.evaluation import (
    DecodedBin,
    DecodedImages,
    Evaluation,
    TaskAnalyses,
    WeightDistribution,
    WeightPoint,
)
from v1cortex.experiments.averages import mean_analyses
from validation.objectives import worst_values
from validation.weights import WeightMovement, weight_summary


def evaluation(seed, **analyses):
    return Evaluation("ok", worst_values(), seed, tasks={"gratings": task_result(**analyses)})


def decoding(present, n_trials):
    row = DecodedBin(begin_ms=0.0, end_ms=50.0, present=present, previous=0.25)
    return DecodedImages(
        n_images=5, n_trials=n_trials, chance=0.25, standard_error=0.05, bins=(row,),
        persistence_ms=200 * present,
    )  # fmt: skip


def types(*weights_by_type):
    return {
        name: WeightDistribution(
            before=weight_summary([1.0, 2.0]), after=weight_summary(weights_pA), bound_pA=4.0
        )
        for name, weights_pA in weights_by_type
    }


def test_means_over_seeds():
    moved = [WeightMovement(1.0 + k, 0.0, 0.0, 0.5 * k) for k in range(2)]
    courses = [(WeightPoint(trials=4, kinds={"E->E": each}),) for each in moved]
    found = mean_analyses(
        {
            ("gratings", 1): evaluation(
                1,
                decoding=decoding(0.5, 60),
                weight_course=courses[0],
                weight_distributions=types(("a", [1.0, 3.0]), ("b", [1.0])),
            ),
            ("gratings", 2): evaluation(
                2,
                decoding=decoding(0.75, 80),
                weight_course=courses[1],
                weight_distributions=types(("a", [0.0, 0.0])),
            ),
            ("gratings", 3): evaluation(3),
            ("gratings", 4): Evaluation("runaway", worst_values(), 4),
        },
        ("gratings",),
    )["gratings"]
    assert found.decoding == decoding(0.625, 70)
    assert found.weight_course == (
        WeightPoint(trials=4, kinds={"E->E": WeightMovement(1.5, 0.0, 0.0, 0.25)}),
    )
    assert set(found.weight_distributions) == {"a"}
    after = found.weight_distributions["a"].after
    assert (after.mean, after.zero_share) == (1.0, 0.5)
    # All weights of the second seed are zero, so only the first has a logarithm.
    assert after.sd_log == weight_summary([1.0, 3.0]).sd_log


def test_nothing_where_nothing_was_asked():
    assert mean_analyses({("gratings", 1): evaluation(1)}, ("gratings",)) == {}
    assert TaskAnalyses().decoding is None
