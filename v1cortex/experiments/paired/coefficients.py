"""A search over the coefficients of given terms, tied by groups and normalised by drive.

A unit of each dimension changes weights by the same amount, their mean initial value over one
training, given the firing rates of the types: with raw coefficients the synapses of fast-spiking
cells would dominate. The static network is the origin, so the length of the step is the learning
rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nestml_models.common import Report
from nestml_models.rule import LONGEST_TAU_MS, MAX_TAU_MS, Rule, term
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments.conditions import Setting, single_task
from v1cortex.experiments.jobs import Job
from v1cortex.experiments.paired.factors import FACTORS, factor_names, scaled
from v1cortex.experiments.paired.levels import (
    Level,
    PairedSettings,
    climb,
    named,
    seeds_of_levels,
    without_needless_threshold,
)
from v1cortex.experiments.paired.measure import Place
from v1cortex.experiments.paired.ties import dimensions, indices
from v1cortex.experiments.retest import retest_conditions
from v1cortex.experiments.rows import Row
from v1cortex.experiments.run import run_conditions
from v1cortex.experiments.runner import Workers, run_jobs
from v1cortex.experiments.store import ResultStore
from v1cortex.rules import expected_change, load_rule
from v1cortex.tables import POPULATIONS, group_of

__all__ = ["CoefficientSearch", "CoefficientSettings", "search_coefficients"]

NAMES_OF_FACTORS = factor_names("potentiation", "depression")


class CoefficientSettings(PairedSettings):
    """Settings of the search; a unit changes weights by their mean in one training."""

    terms: tuple[str, ...] = Field(
        ("S_pre*X_post",), min_length=1, description="terms of the rule, see `v1cortex rules show`"
    )
    tau_ms: float = Field(
        20.0, gt=0, le=LONGEST_TAU_MS, description="time constant of eligibility traces"
    )


@dataclass(frozen=True, eq=False)
class CoefficientSearch:
    """Result of a search over coefficients.

    Parameters
    ----------
    rule
        The rule, with the coefficients of all levels.
    rates_Hz
        Mean rate of each neuron type in the static network, by which coefficients are normalised.
    levels
        One per grouping. Dimensions are named by term and pair or group of neuron types.
    rows
        The rule with its controls on fresh networks; only the static network if none was found.
    n_evaluations
        Evaluations of the search, each of one network on all tasks.
    """

    rule: Rule
    rates_Hz: dict[str, float]
    levels: tuple[Level, ...]
    rows: tuple[Row, ...]
    n_evaluations: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the evaluations."""
        return {
            "rule": self.rule.to_yaml(),
            "formula": self.rule.formula(),
            "rates_Hz": self.rates_Hz,
            "n_evaluations": self.n_evaluations,
            "levels": [each.to_dict() for each in self.levels],
            "rows": [row.to_dict() for row in self.rows],
        }


def search_coefficients(
    setting: Setting,
    settings: CoefficientSettings,
    store: ResultStore,
    *,
    workers: Workers = None,
    report: Report | None = None,
) -> CoefficientSearch:
    """Search for coefficients of given terms that raise the score, and test them anew.

    Parameters
    ----------
    setting
        Protocol, size, and the seeds of the test.
    settings
        Terms, groups, pairs, limits and the seeds of the search.
    store, workers, report
        As for `v1cortex.experiments.runner.run_jobs`.

    Raises
    ------
    RuleError
        If there is no such term.
    ExperimentError
        If the protocol has no training, seeds of the test are among those of the search, no step of
        any level leaves a viable network, or an evaluation failed.
    """
    if not setting.protocol.training_trials:
        raise ExperimentError("training_trials is 0; coefficients need training to have an effect")
    terms = tuple(dict.fromkeys(term(name).name for name in settings.terms))
    tell = report or (lambda _what, _share: None)
    names = {
        grouping: _names(terms, grouping, setting.protocol.plastic)
        for grouping in settings.groupings
    }
    seeds = seeds_of_levels(names, settings, setting)
    # The networks on which the first steps will be compared with the static network.
    networks = seeds[settings.groupings[0]][-settings.networks :]
    protocol = without_needless_threshold(setting.protocol)
    rates_Hz = _static_rates_Hz(
        Setting(protocol, setting.neurons, tuple(networks)), store, workers, tell
    )
    coefficients = _Coefficients(protocol, terms, rates_Hz, settings.tau_ms)
    levels, n_evaluations = climb(
        names,
        lambda grouping, before: coefficients.place(names[grouping], before),
        setting,
        settings,
        store,
        workers,
        tell,
    )
    rule = coefficients.rule(levels)
    found = {"found": rule} if rule.n_active else {}
    rows = run_conditions(
        retest_conditions(found, setting.protocol),
        setting,
        store,
        workers=workers,
        report=named(tell, "test"),
    )
    return CoefficientSearch(
        rule,
        dict(zip(POPULATIONS, rates_Hz.tolist(), strict=True)),
        levels,
        tuple(rows),
        n_evaluations,
    )


class _Coefficients:
    """Converts steps of levels to rules."""

    def __init__(
        self,
        protocol: Protocol,
        terms: Sequence[str],
        rates_Hz: NDArray[np.float64],
        tau_ms: float,
    ) -> None:
        self._protocol, self._terms, self._tau_ms = protocol, terms, tau_ms
        duration_ms = float(protocol.training_trials * protocol.load_tasks()[0].trial_ms)
        tau_E_ms = np.full(len(POPULATIONS), tau_ms)
        self._unit = {
            name: 1.0
            / expected_change(term(name), rates_Hz, tau_E_ms, duration_ms, protocol.plasticity)
            for name in terms
        }

    def rule(self, levels: Sequence[Level]) -> Rule:
        """Return the rule for the steps taken by levels."""
        return self.of_steps([level.values for level in levels])

    def place(self, names: Sequence[str], fixed: Sequence[Level]) -> Place:
        """Return the mapping from a level's points to rules, given the previous levels."""
        before = [level.values for level in fixed]

        def place(point: NDArray[np.float64]) -> tuple[Rule, Protocol]:
            own = dict(zip(names, point.tolist(), strict=True))
            return self.of_steps([*before, own]), self._protocol

        return place

    def of_steps(self, steps: Sequence[Mapping[str, float]]) -> Rule:
        """Return the rule for steps given by dimension, taken one after the other."""
        values = {name: np.zeros_like(unit) for name, unit in self._unit.items()}
        for step in steps:
            if set(step) == set(NAMES_OF_FACTORS):
                values = {name: scaled(value, step) for name, value in values.items()}
                continue
            for dimension, size in step.items():
                name, where = dimension.split(" ", 1)
                values[name][indices(where)] += size
        raw = {name: value * self._unit[name] for name, value in values.items() if value.any()}
        if not raw:
            return load_rule("none")
        # Coefficients are limited to 1: any further factor goes into the learning rate.
        factor = max([1.0, *(float(np.abs(value).max()) for value in raw.values())])
        settings = self._protocol.plasticity
        learning_rate = float(f"{settings.learning_rate * factor:.4g}")
        # Rounded, so that the written rule is the tested one.
        coefficients = {name: _rounded(value / factor) for name, value in raw.items()}
        return Rule.of_terms(
            POPULATIONS,
            coefficients,
            tau_E_ms=self._tau_ms,
            tau_R_ms=MAX_TAU_MS,
            name="found by antithetic pairs",
            settings=settings.model_copy(update={"learning_rate": learning_rate}),
        )


def _names(terms: Sequence[str], grouping: str, plastic: str) -> tuple[str, ...]:
    if grouping == FACTORS:
        return NAMES_OF_FACTORS
    return tuple(
        f"{name} {where}" for name in terms for where in dimensions(term(name), grouping, plastic)
    )


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray([float(f"{value:.4g}") for value in values.flat]).reshape(values.shape)


def _static_rates_Hz(
    setting: Setting, store: ResultStore, workers: Workers, tell: Report
) -> NDArray[np.float64]:
    """Return the mean rate of each neuron type in static networks, shape (n_types,).

    Types without mouse data get the mean rate of their class, or of the network.
    """
    static = load_rule("none")
    jobs = [
        Job(static, single_task(setting.protocol, task), setting.neurons, seed)
        for task in setting.protocol.tasks
        for seed in setting.seeds
    ]
    found = run_jobs(
        jobs,
        store,
        workers=workers,
        report=named(tell, "static networks"),
    )
    rates: dict[str, list[float]] = {}
    for evaluation in found.values():
        _collect(evaluation, rates)
    if not rates:
        raise ExperimentError(
            "the static network ran away on every seed; coefficients have no scale"
        )
    return np.array([_rate_Hz(name, rates) for name in POPULATIONS])


def _collect(evaluation: Evaluation, rates: dict[str, list[float]]) -> None:
    for each in evaluation.statistics.populations:
        rates.setdefault(each.population, []).append(each.model_mean_Hz)


def _rate_Hz(name: str, rates: Mapping[str, Sequence[float]]) -> float:
    own_class = [
        value
        for other, values in rates.items()
        if other in POPULATIONS and group_of(other, "classes") == group_of(name, "classes")
        for value in values
    ]
    return float(np.mean(rates.get(name) or own_class or rates["network"]))
