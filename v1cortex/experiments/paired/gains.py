"""The effect of re-weighting alone: a search over the gains of a static network.

Weights of each pair of groups of neuron types are multiplied by a factor, coarse groups first.
There is no training, so an evaluation costs a quarter of a rule's. The result is the upper
reference for the part of a rule's effect that is due to gains.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import Report, parse
from nestml_models.rule import Rule
from v1cortex.evaluation import Protocol
from v1cortex.experiments.conditions import Condition, Setting
from v1cortex.experiments.paired.factors import FACTORS, factor_names, scaled
from v1cortex.experiments.paired.levels import (
    Level,
    PairedSettings,
    climb,
    named,
    without_needless_threshold,
)
from v1cortex.experiments.paired.measure import Place
from v1cortex.experiments.paired.ties import connected_pairs
from v1cortex.experiments.retest import STATIC
from v1cortex.experiments.rows import Row
from v1cortex.experiments.run import run_conditions
from v1cortex.experiments.runner import Workers
from v1cortex.experiments.store import ResultStore
from v1cortex.network import combined_gain
from v1cortex.rules import load_rule

__all__ = ["GainSearch", "GainSettings", "search_gains"]

NAMES_OF_FACTORS = factor_names("stronger", "weaker")


class GainSettings(PairedSettings):
    """Settings of the search; dimensions are natural logarithms of gains."""


@dataclass(frozen=True, eq=False)
class GainSearch:
    """Result of a search over gains.

    Parameters
    ----------
    levels
        One per grouping, in natural logarithms of gains.
    rows
        The static network, and the gains up to each level, on fresh networks.
    n_evaluations
        Evaluations of the search, each of one network on all tasks.
    given
        Gains of the protocol, which the search multiplies.
    """

    levels: tuple[Level, ...]
    rows: tuple[Row, ...]
    n_evaluations: int
    given: Mapping[str, float]

    @property
    def gain(self) -> dict[str, float]:
        """All gains, the protocol's included, as a protocol's `weight_gain`."""
        return combined_gain(self.given, _gain_of(self.levels))

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
        Protocol, size, and the seeds of the test. Nothing is trained; the search itself also leaves
        out the threshold trials if the score allows it.
    settings
        Groups, pairs, limits and the seeds of the search.
    store, workers, report
        As for `v1cortex.experiments.runner.run_jobs`.

    Raises
    ------
    ExperimentError
        If seeds of the test are among those of the search, no gain of any level leaves a viable
        network, or an evaluation failed.
    """
    untrained = setting.protocol.model_copy(update={"training_trials": 0})
    searched = without_needless_threshold(untrained)
    tell = report or (lambda _what, _share: None)
    names = {
        grouping: NAMES_OF_FACTORS if grouping == FACTORS else connected_pairs(grouping)
        for grouping in settings.groupings
    }
    levels, n_evaluations = climb(
        names,
        lambda grouping, before: _place(searched, names[grouping], before),
        setting,
        settings,
        store,
        workers,
        tell,
    )
    rows = run_conditions(
        _conditions(levels, setting.protocol.weight_gain),
        Setting(untrained, setting.neurons, setting.seeds),
        store,
        workers=workers,
        report=named(tell, "test"),
    )
    return GainSearch(levels, tuple(rows), n_evaluations, setting.protocol.weight_gain)


def _gain(steps: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return gains by pair for steps of levels, rounded so that the written ones are the tested."""
    logs: dict[str, float] = {}
    for step in steps:
        if set(step) == set(NAMES_OF_FACTORS):
            values = scaled(np.array(list(logs.values())), step)
            logs = dict(zip(logs, values.tolist(), strict=True))
        else:
            logs |= {pair: logs.get(pair, 0.0) + size for pair, size in step.items()}
    gain = {pair: round(math.exp(value), 4) for pair, value in logs.items()}
    return {pair: value for pair, value in gain.items() if value != 1.0}


def _gain_of(levels: Sequence[Level]) -> dict[str, float]:
    return _gain([level.values for level in levels if level.moved])


def _place(protocol: Protocol, names: Sequence[str], fixed: Sequence[Level]) -> Place:
    static = load_rule("none")
    before = [level.values for level in fixed if level.moved]

    def place(point: NDArray[np.float64]) -> tuple[Rule, Protocol]:
        own = _gain([*before, dict(zip(names, point.tolist(), strict=True))])
        gain = combined_gain(protocol.weight_gain, own)
        data = protocol.model_dump() | {"weight_gain": gain}
        return static, parse(Protocol, data, "gains")

    return place


def _conditions(levels: Sequence[Level], given: Mapping[str, float]) -> list[Condition]:
    static = load_rule("none")
    conditions = [Condition(STATIC, static, description="no plasticity")]
    for n, level in enumerate(levels, start=1):
        if level.moved:
            gain = _gain_of(levels[:n])
            conditions.append(
                Condition(
                    f"gains of {level.grouping}",
                    static,
                    {"weight_gain": combined_gain(given, gain)},
                    control=STATIC,
                    description=f"no plasticity; {len(gain)} gains",
                )
            )
    return conditions
