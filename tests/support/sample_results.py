"""Results of evaluations without simulations."""

from v1cortex.evaluation import NetworkSummary, TaskResult
from validation.scores import Comparison
from validation.statistics import rate_summary


def task_result(auc=0.5, accuracy=0.5, **others):
    """Return a task's result with these scores."""
    values = {
        "n_trials": 100,
        "accuracy_standard_error": 0.05,
        "auc_standard_error": 0.05,
        "pool_rate_Hz": 4.0,
        "auc_by_bin": (),
    }
    return TaskResult(auc=auc, accuracy=accuracy, **values | others)


def firing_at(mean_Hz):
    """Return the summary of a network with this mean rate."""
    return NetworkSummary(rates=rate_summary([0.5 * mean_Hz, 1.5 * mean_Hz]))


def comparison(population, model_mean_Hz):
    """Return a population of this mean rate next to a mouse of 1 Hz."""
    return Comparison(
        population=population,
        n_model=10,
        n_mouse=10,
        model_mean_Hz=model_mean_Hz,
        mouse_mean_Hz=1.0,
        model_median_Hz=model_mean_Hz,
        mouse_median_Hz=1.0,
        distance_Hz=abs(model_mean_Hz - 1.0),
        floor_Hz=0.1,
        similarity=0.5,
    )
