"""What re-weighting alone can do: a search over the gains of a static network.

Weights of each pair of groups of neuron types are multiplied by a factor, coarse groups first.
There is no training, so an evaluation costs a quarter of a rule's. What it finds is the upper
reference for the part of a rule's effect that is an arrangement of gains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from nestml_models.common import Report, parse
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments.ascent import Ascent, AscentSettings, Measured, ascend, seeds_needed
from v1cortex.experiments.conditions import Condition, Setting, single_task
from v1cortex.experiments.jobs import Job
from v1cortex.experiments.rows import Row, task_score
from v1cortex.experiments.run import run_conditions
from v1cortex.experiments.runner import Workers, run_jobs
from v1cortex.experiments.store import FAILED, ResultStore
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS, group_of, load_tables, pairs, populations_of_pair

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GainLevel", "GainSearch", "GainSettings", "search_gains"]

STATIC = "static"


class GainSettings(AscentSettings):
    """How gains are searched for."""

    groupings: tuple[str, ...] = Field(
        ("signs", "groups"),
        min_length=1,
        description="groups of neuron types whose pairs have a gain each, coarse to fine: signs, "
        "classes, groups, types",
    )
    lowest_rate_Hz: float = Field(
        1.0, ge=0, description="mean rate of the network below which gains are not taken"
    )
    highest_rate_Hz: float = Field(
        10.0, gt=0, description="mean rate above which they are not taken (the mouse's is 5 Hz)"
    )
    first_seed: int = Field(1, ge=0, description="seeds of the search count from here")

    @model_validator(mode="after")
    def _groupings_are_known(self) -> Self:
        for grouping in self.groupings:
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
class GainLevel:
    """What the search over the gains of one grouping found.

    Parameters
    ----------
    grouping
        The groups.
    pairs
        Pairs of groups that have synapses, each with a gain.
    ascent
        The step that was taken, in natural logarithms of gains.
    """

    grouping: str
    pairs: tuple[str, ...]
    ascent: Ascent

    @property
    def gain(self) -> dict[str, float]:
        """Gains by pair; empty if no step was better than none."""
        if not self.ascent.point.any():
            return {}
        # Rounded so that the gains that are written are those that are tested.
        factors = np.exp(self.ascent.point).round(4).tolist()
        return dict(zip(self.pairs, factors, strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each pair: gain, slope and its standard deviation.

        The slope is the score per unit of the gain's natural logarithm.
        """
        import pandas as pd  # here, since experiments do without

        slope = self.ascent.gradient
        columns = {"gain": np.exp(self.ascent.point), "slope": slope.mean, "slope_sd": slope.sd}
        return pd.DataFrame(columns, index=pd.Index(self.pairs, name="pair"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        slope = self.ascent.gradient
        return {
            "grouping": self.grouping,
            "gain": self.gain,
            "slope": dict(zip(self.pairs, slope.mean.tolist(), strict=True)),
            "slope_sd": dict(zip(self.pairs, slope.sd.tolist(), strict=True)),
            "noise_sd": slope.noise_sd,
            "n_pairs": self.ascent.n_pairs,
            "failed": self.ascent.failed,
            "lengths": [each.to_dict() for each in self.ascent.lengths],
        }


@dataclass(frozen=True, eq=False)
class GainSearch:
    """What a search over gains found.

    Parameters
    ----------
    levels
        One for each grouping.
    rows
        The static network, and the gains up to each level, on fresh networks.
    n_evaluations
        Evaluations of the search, each of one network on all tasks.
    """

    levels: tuple[GainLevel, ...]
    rows: tuple[Row, ...]
    n_evaluations: int

    @property
    def gain(self) -> dict[str, float]:
        """All gains, as a protocol's `weight_gain`."""
        return {pair: value for level in self.levels for pair, value in level.gain.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the evaluations."""
        return {
            "weight_gain": self.gain,
            "n_evaluations": self.n_evaluations,
            "levels": [each.to_dict() for each in self.levels],
            "rows": [row.to_dict() for row in self.rows],
        }


def search_gains(
    setting: Setting,
    settings: GainSettings,
    store: ResultStore,
    *,
    workers: Workers = None,
    report: Report | None = None,
) -> GainSearch:
    """Search for gains of a static network that raise its score, and test them on fresh networks.

    Parameters
    ----------
    setting
        Protocol, size, and the seeds of the test. The search needs no training and no threshold
        trials; it leaves them out where the score allows it.
    settings
        Groups, pairs, limits and the seeds of the search.
    store, workers, report
        As in `v1cortex.experiments.runner.run_jobs`.

    Raises
    ------
    ExperimentError
        If seeds of the test are among those of the search, no gain of any level leaves a viable
        network, or an evaluation failed.
    """
    protocol = _untrained(setting.protocol)
    levels: list[GainLevel] = []
    plans = [(grouping, connected_pairs(grouping)) for grouping in settings.groupings]
    needed = [seeds_needed(len(names), settings) for _, names in plans]
    seeds = range(settings.first_seed, settings.first_seed + sum(needed))
    if taken := sorted(set(setting.seeds) & set(seeds)):
        raise ExperimentError(
            f"seed {taken[0]} is among those of the search ({seeds.start} to {seeds.stop - 1}); "
            "test on others (--first-seed)"
        )
    found: dict[str, float] = {}
    measured = 0
    for (grouping, names), n_seeds in zip(plans, needed, strict=True):
        measure = _Measure(protocol, setting.neurons, names, dict(found), settings, store, workers)
        measure.report = _named(report, grouping)
        ascent = ascend(
            np.zeros(len(names)), measure, settings, seeds[:n_seeds], _rng(settings, grouping)
        )
        seeds = seeds[n_seeds:]
        levels.append(GainLevel(grouping, names, ascent))
        found |= levels[-1].gain
        measured += measure.n_points
    if not any(level.ascent.viable for level in levels):
        raise ExperimentError(_nothing_viable(levels))
    tested = Setting(protocol, setting.neurons, setting.seeds)
    rows = run_conditions(
        _conditions(levels), tested, store, workers=workers, report=_named(report, "test")
    )
    return GainSearch(tuple(levels), tuple(rows), measured)


def connected_pairs(grouping: str) -> tuple[str, ...]:
    """Return the pairs of groups of a grouping that have synapses in the published tables."""
    table = load_tables().connectivity
    present = {
        (POPULATIONS[pre], POPULATIONS[post])
        for pre, post in zip(table.pre, table.post, strict=True)
    }

    def has_synapses(pair: str) -> bool:
        pre, post = populations_of_pair(pair)
        return any((a, b) in present for a in pre for b in post)

    return tuple(filter(has_synapses, pairs(grouping)))


class _Measure:
    """Evaluates static networks at points of log gains (an `ascent.Measure`)."""

    def __init__(
        self,
        protocol: Protocol,
        neurons: int,
        names: Sequence[str],
        fixed: Mapping[str, float],
        settings: GainSettings,
        store: ResultStore,
        workers: Workers,
    ) -> None:
        self.protocol, self.neurons, self.names, self.fixed = protocol, neurons, names, fixed
        self.settings, self.store, self.workers = settings, store, workers
        self.report: Report | None = None
        self.n_points = 0

    def __call__(self, points: Sequence[tuple[NDArray[np.float64], int]]) -> list[Measured]:
        jobs = [self._jobs(point, seed) for point, seed in points]
        found = run_jobs(
            [job for own in jobs for job in own.values()],
            self.store,
            workers=self.workers,
            report=self.report,
        )
        self.n_points += len(points)
        return [self._measured({task: found[job.key] for task, job in own.items()}) for own in jobs]

    def _jobs(self, point: NDArray[np.float64], seed: int) -> dict[str, Job]:
        own = dict(zip(self.names, np.exp(point).round(4).tolist(), strict=True))
        gain = {**self.fixed, **{pair: value for pair, value in own.items() if value != 1.0}}
        static, jobs = load_rule("none"), {}
        for task in self.protocol.tasks:
            protocol = single_task(self.protocol, task)
            data = protocol.model_dump() | {"weight_gain": gain}
            jobs[task] = Job(static, parse(Protocol, data, "gains"), self.neurons, seed)
        return jobs

    def _measured(self, evaluations: Mapping[str, Evaluation]) -> Measured:
        for task, each in evaluations.items():
            if each.status in FAILED:
                raise ExperimentError(
                    f"an evaluation of {task} failed: {each.message}. Fix the cause, or allow more "
                    "(--evaluation-timeout, --evaluation-memory), and give the same command again"
                )
        score = self.protocol.resolved_score
        scores = [task_score(each, task, score) for task, each in evaluations.items()]
        broken = self.settings.limit_broken(list(evaluations.values()))
        return Measured(float(np.mean(scores)), broken)


def _untrained(protocol: Protocol) -> Protocol:
    """Return the protocol of a static network: no training, and a threshold only if it counts."""
    changes: dict[str, Any] = {"training_trials": 0}
    if protocol.resolved_score == "auc":
        changes["threshold_trials"] = 0
    return protocol.model_copy(update=changes)


def _rng(settings: GainSettings, grouping: str) -> np.random.Generator:
    return np.random.default_rng([settings.first_seed, *grouping.encode()])


def _named(report: Report | None, what: str) -> Report:
    tell = report or (lambda _what, _share: None)
    return lambda found, share: tell(f"{what}: {found}", share)


def _conditions(levels: Sequence[GainLevel]) -> list[Condition]:
    static = load_rule("none")
    conditions = [Condition(STATIC, static, description="no plasticity")]
    gain: dict[str, float] = {}
    for level in levels:
        if level.gain:
            gain |= level.gain
            conditions.append(
                Condition(
                    f"gains of {level.grouping}",
                    static,
                    {"weight_gain": dict(gain)},
                    control=STATIC,
                    description=f"no plasticity; {len(gain)} gains",
                )
            )
    return conditions


def _nothing_viable(levels: Sequence[GainLevel]) -> str:
    counts: dict[str, int] = {}
    for level in levels:
        for length in level.ascent.lengths:
            for limit, n in length.failed.items():
                counts[limit] = counts.get(limit, 0) + n
    broken = ", ".join(f"{limit}: {n}" for limit, n in sorted(counts.items()))
    return (
        f"no step up the gradient left a viable network on every seed. Limits broken: {broken}. "
        "Try shorter steps (--lengths), or wider limits (--highest-rate, --lowest-rate)"
    )
