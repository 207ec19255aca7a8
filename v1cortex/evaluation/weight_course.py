"""How weights move: the share at a bound over training, and distributions before and after."""

from __future__ import annotations

import numpy as np

from v1cortex.evaluation.task_result import WeightDistribution, WeightPoint
from v1cortex.network import PlasticSynapses
from validation.weights import weight_summary

__all__ = ["WeightCourse", "weight_distributions"]

N_POINTS = 5
"""Times in training at which weights are looked at, the last trial included."""

N_COURSE, N_DISTRIBUTION = 30, 300
"""About how many weights of each synapse type are read, since NEST takes 10 us for each."""


class WeightCourse:
    """Looks at weights while a rule is trained.

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
        """Look at the weights if it is time to; `trial` counts from 0."""
        if trial + 1 in self._after:
            self.points.append(self._point(trial + 1))

    def _point(self, n_trials: int) -> WeightPoint:
        return WeightPoint(trials=n_trials, kinds=self._plastic.summary(N_COURSE))


def weight_distributions(plastic: PlasticSynapses) -> dict[str, WeightDistribution]:
    """Return the shape of each synapse type's weights before and now, by synapse type."""
    found = {}
    for row in sorted(plastic.models):
        sample = plastic.sample(row, N_DISTRIBUTION)
        found[plastic.circuit.tables.synapse_type_name(row)] = WeightDistribution(
            before=weight_summary(sample.initial_pA, sample.bound_pA),
            after=weight_summary(sample.weight_pA, sample.bound_pA),
            bound_pA=sample.bound_pA,
        )
    return found
