"""Levels of a paired search: groups of neuron types, coarse first, within limits of activity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field, model_validator

from nestml_models.common import Report
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments.conditions import Setting
from v1cortex.experiments.paired.ascent import Ascent, AscentSettings, ascend, seeds_needed
from v1cortex.experiments.paired.factors import FACTORS
from v1cortex.experiments.paired.measure import NetworkMeasure, Place
from v1cortex.experiments.runner import Workers
from v1cortex.experiments.store import ResultStore
from v1cortex.tables import POPULATIONS, group_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Level", "PairedSettings", "climb"]


class PairedSettings(AscentSettings):
    """Levels, limits and seeds of a paired search."""

    groupings: tuple[str, ...] = Field(
        ("signs", "groups"),
        min_length=1,
        description="groups of neuron types that share a value, coarse to fine: signs, classes, "
        "groups, types; factors scales what those before it found, increases and decreases apart",
    )
    lowest_rate_Hz: float = Field(
        1.0, ge=0, description="mean rate of the network below which nothing is taken"
    )
    highest_rate_Hz: float = Field(
        10.0, gt=0, description="mean rate above which nothing is taken (the mouse's is 5 Hz)"
    )
    first_seed: int = Field(1, ge=0, description="seeds of the search count from here")

    @model_validator(mode="after")
    def _groupings_are_known(self) -> Self:
        if self.groupings[0] == FACTORS:
            raise ValueError(f"groupings begins with {FACTORS}, which scales what others found")
        for grouping in self.groupings:
            if grouping != FACTORS:
                group_of(POPULATIONS[0], grouping)
        if len(set(self.groupings)) < len(self.groupings):
            raise ValueError(f"groupings names one twice: {list(self.groupings)}")
        if self.lowest_rate_Hz >= self.highest_rate_Hz:
            raise ValueError(
                f"lowest_rate_Hz is {self.lowest_rate_Hz:g}, not below highest_rate_Hz, "
                f"{self.highest_rate_Hz:g}"
            )
        return self

    def limit_broken(self, evaluations: Sequence[Evaluation]) -> str:
        """Return the limit that a network broke in any of its tasks; empty if none."""
        for each in evaluations:
            rates = each.statistics.rates
            if rates is None:
                return str(each.status)
            if rates.mean > self.highest_rate_Hz:
                return f"above {self.highest_rate_Hz:g} Hz"
            if rates.mean < self.lowest_rate_Hz:
                return f"below {self.lowest_rate_Hz:g} Hz"
        return ""


@dataclass(frozen=True, eq=False)
class Level:
    """Result of one level of the search.

    Parameters
    ----------
    grouping
        The groups of neuron types.
    names
        Name of each dimension, such as a pair of groups.
    ascent
        The step that was taken.
    """

    grouping: str
    names: tuple[str, ...]
    ascent: Ascent

    @property
    def moved(self) -> bool:
        """Whether a step was taken."""
        return bool(self.ascent.point.any())

    @property
    def values(self) -> dict[str, float]:
        """The step that was taken, by dimension."""
        return dict(zip(self.names, self.ascent.point.tolist(), strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each dimension: step, slope and its error.

        The slope is the score per unit of the dimension, with its standard deviation.
        """
        import pandas as pd  # here, since experiments do not need it

        slope = self.ascent.gradient
        columns = {"step": self.ascent.point, "slope": slope.mean, "slope_sd": slope.sd}
        return pd.DataFrame(columns, index=pd.Index(self.names, name="name"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        slope = self.ascent.gradient
        return {
            "grouping": self.grouping,
            "size": self.ascent.size,
            "step": self.values,
            "slope": dict(zip(self.names, slope.mean.tolist(), strict=True)),
            "slope_sd": dict(zip(self.names, slope.sd.tolist(), strict=True)),
            "noise_sd": slope.noise_sd,
            "log_rate_slope": self._log_rate_slope(),
            "n_pairs": self.ascent.n_pairs,
            "failed": self.ascent.failed,
            "lengths": [each.to_dict() for each in self.ascent.lengths],
        }

    def _log_rate_slope(self) -> dict[str, float] | None:
        rate = self.ascent.rate_gradient
        return dict(zip(self.names, rate.mean.tolist(), strict=True)) if rate else None


def seeds_of_levels(
    names: Mapping[str, Sequence[str]], settings: PairedSettings, setting: Setting
) -> dict[str, range]:
    """Return the seeds of each level's networks.

    Raises
    ------
    ExperimentError
        If a seed of the test is among them, or there are too few pairs for the precision.
    """
    found, first = {}, settings.first_seed
    for grouping, own in names.items():
        settings.require_precision(grouping, len(own))
        found[grouping] = range(first, first + seeds_needed(len(own), settings))
        first = found[grouping].stop
    if taken := sorted(set(setting.seeds) & set(range(settings.first_seed, first))):
        raise ExperimentError(
            f"seed {taken[0]} is among those of the search ({settings.first_seed} to {first - 1}); "
            "test on others (--first-seed)"
        )
    return found


def climb(
    names: Mapping[str, Sequence[str]],
    place_after: Callable[[str, Sequence[Level]], Place],
    setting: Setting,
    settings: PairedSettings,
    store: ResultStore,
    workers: Workers,
    tell: Report,
) -> tuple[tuple[Level, ...], int]:
    """Search level by level, each starting from what those before it found.

    Parameters
    ----------
    names
        Name of each dimension, by grouping.
    place_after
        Takes a grouping and the levels before it, and returns what its points mean.
    setting
        Size, and the seeds of the test, which the search must not use.
    settings
        Numbers of evaluations, lengths of steps and limits.
    store, workers, tell
        As for `v1cortex.experiments.runner.run_jobs`; `tell` is its report.

    Returns
    -------
    levels
        One for each grouping; none for factors of nothing.
    n_evaluations
        Evaluations made, each of one network on all tasks.

    Raises
    ------
    ExperimentError
        If a seed of the test is among those of the search, no step of any level leaves a viable
        network on every seed, or an evaluation failed.
    """
    levels: list[Level] = []
    n_evaluations = 0
    for grouping, seeds in seeds_of_levels(names, settings, setting).items():
        if grouping == FACTORS and not any(level.moved for level in levels):
            continue
        measure = NetworkMeasure(
            place_after(grouping, levels),
            setting.neurons,
            settings.limit_broken,
            store,
            workers,
            named(tell, grouping),
        )
        own = tuple(names[grouping])
        rng = np.random.default_rng([settings.first_seed, *grouping.encode()])
        ascent = ascend(np.zeros(len(own)), measure, settings, seeds, rng)
        levels.append(Level(grouping, own, ascent))
        n_evaluations += measure.n_points
    require_viable(levels)
    return tuple(levels), n_evaluations


def named(tell: Report, what: str) -> Report:
    """Return a report that says which part of a search it is about."""
    return lambda found, share: tell(f"{what}: {found}", share)


def without_needless_threshold(protocol: Protocol) -> Protocol:
    """Return the search's protocol, which fits a threshold only if the score needs one."""
    changes = {"threshold_trials": 0} if protocol.resolved_score == "auc" else {}
    return protocol.model_copy(update=changes)


def require_viable(levels: Sequence[Level]) -> None:
    """Raise `ExperimentError` if no step of any level left a viable network on every seed."""
    if any(level.ascent.viable for level in levels):
        return
    counts: dict[str, int] = {}
    for level in levels:
        for length in level.ascent.lengths:
            for limit, n in length.failed.items():
                counts[limit] = counts.get(limit, 0) + n
    broken = ", ".join(f"{limit}: {n}" for limit, n in sorted(counts.items()))
    raise ExperimentError(
        f"no step up the gradient left a viable network on every seed. Limits broken: {broken}. "
        "Try shorter steps (--lengths), or wider limits (--highest-rate, --lowest-rate)"
    )
