"""How weights change: share at a bound over training, distributions before and after."""

from __future__ import annotations

import numpy as np

from v1cortex.evaluation.task_result import WeightDistribution, WeightPoint
from v1cortex.network import PlasticSynapses
from validation.weights import weight_summary

__all__ = ["WeightCourse", "weight_distributions"]

N_POINTS = 5
"""Number of times in training at which weights are sampled, including after the last trial."""

N_COURSE, N_DISTRIBUTION = 30, 300
"""Approximate number of weights read per synapse type, since NEST takes 10 us for each."""


class WeightCourse:
    """Samples weights while a rule is trained.

    Parameters
    ----------
    plastic
        The plastic synapses.
    n_trials
        Training trials.
    """

    def __init__(self, plastic: PlasticSynapses, n_trials: int) -> None:
        self._plastic = plastic
        at = np.linspace(0, n_trials, min(N_POINTS, n_trials) + 1).round().astype(int)[1:]
        self._after = {int(n) for n in at}
        self.points: list[WeightPoint] = [self._point(0)]

    def trial_done(self, trial: int) -> None:
        """Sample the weights if due; `trial` counts from 0."""
        if trial + 1 in self._after:
            self.points.append(self._point(trial + 1))

    def _point(self, n_trials: int) -> WeightPoint:
        return WeightPoint(trials=n_trials, kinds=self._plastic.summary(N_COURSE))


def weight_distributions(plastic: PlasticSynapses) -> dict[str, WeightDistribution]:
    """Return the initial and current weight distribution of each synapse type."""
    found = {}
    for row in sorted(plastic.models):
        sample = plastic.sample(row, N_DISTRIBUTION)
        found[plastic.circuit.tables.synapse_type_name(row)] = WeightDistribution(
            before=weight_summary(sample.initial_pA, sample.bound_pA),
            after=weight_summary(sample.weight_pA, sample.bound_pA),
            bound_pA=sample.bound_pA,
        )
    return found
