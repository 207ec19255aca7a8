"""Analyses are averaged number by number, over the seeds that have them."""

from v1cortex.evaluation import Evaluation
from v1cortex.experiments.averages import mean_analyses
from validation.objectives import worst_values


def evaluation(seed, **analyses):
    return Evaluation("ok", worst_values(), seed, tasks={"gratings": analyses})


def test_means_over_seeds():
    found = mean_analyses(
        {
            ("gratings", 1): evaluation(
                1,
                decoding={"chance": 0.25, "bins": [{"present": 0.5}]},
                weight_distributions={"a": {"after": {"sd_log": 1.0}}, "b": {"after": {}}},
            ),
            ("gratings", 2): evaluation(
                2,
                decoding={"chance": 0.25, "bins": [{"present": 0.7}]},
                weight_distributions={"a": {"after": {"sd_log": None}}},
            ),
            ("gratings", 3): evaluation(3, decoding={}),
            ("gratings", 4): Evaluation("runaway", worst_values(), 4),
        },
        ("gratings",),
    )
    assert found == {
        "gratings": {
            "decoding": {"chance": 0.25, "bins": [{"present": 0.6}]},
            "weight_distributions": {"a": {"after": {"sd_log": 1.0}}},
        }
    }


def test_nothing_where_nothing_was_asked():
    assert mean_analyses({("gratings", 1): evaluation(1, auc=0.5)}, ("gratings",)) == {}
