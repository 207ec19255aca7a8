"""Hurdles: cheap evaluations that a rule must pass before it is worth an expensive one."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from evolution.runs.candidates import PROTOCOL, VIABLE
from nestml_models.common import StrictModel, anchored, parse
from v1cortex.circuit import FULL_NEURONS
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.network import SHIPPED as CALIBRATIONS
from v1cortex.network import SHORT_TERM


class HurdleConfig(StrictModel):
    """One hurdle: what is evaluated, and the limits within which a rule passes.

    A rule that runs away, fails or times out never passes. A limit of null is not checked.
    """

    name: str = Field(
        "quick",
        pattern=r"^[a-z][a-z0-9_-]*$",
        description="its name in the store and in progress reports",
    )
    neurons: int | None = Field(
        None, ge=1, le=FULL_NEURONS, description="neurons of its circuit; null: as in the search"
    )
    protocol: dict[str, Any] = Field(
        default_factory=dict,
        description="settings that replace those of the search's protocol, such as training_trials",
    )
    max_share_at_bound: float | None = Field(
        0.5, ge=0, le=1, description="share of plastic weights at the upper bound, of either sign"
    )
    max_share_at_zero: float | None = Field(
        0.5, ge=0, le=1, description="share of plastic weights at 0"
    )
    min_mean_rate_Hz: float | None = Field(0.5, ge=0, description="mean rate of all neurons")
    max_mean_rate_Hz: float | None = Field(20.0, gt=0, description="mean rate of all neurons")
    max_peak_rate_Hz: float | None = Field(None, gt=0, description="rate of the fastest neuron")
    max_error: float | None = Field(
        None, gt=0, le=1, description="1 - score; beware of noise with few trials"
    )

    @field_validator("protocol", mode="after")
    @classmethod
    def _anchor_tables(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        tables = {"calibration": CALIBRATIONS, "short_term": SHORT_TERM}
        return value | {
            key: anchored(value[key], info, names)
            for key, names in tables.items()
            if isinstance(value.get(key), str)
        }

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.name == PROTOCOL:
            raise ValueError(f"a hurdle cannot be called {PROTOCOL!r}, as the search's last stage")
        low, high = self.min_mean_rate_Hz, self.max_mean_rate_Hz
        if low is not None and high is not None and low >= high:
            raise ValueError(f"min_mean_rate_Hz is {low:g}, not below max_mean_rate_Hz, {high:g}")
        return self

    def applied_to(self, protocol: Protocol) -> Protocol:
        """Return the search's protocol with the hurdle's settings.

        Raises
        ------
        ConfigError
            If a setting is unknown or not allowed.
        """
        data = protocol.model_dump(mode="json", exclude_unset=True) | self.protocol
        return parse(Protocol, data, f"hurdle {self.name}, protocol")

    def objection(self, evaluation: Evaluation) -> str:
        """Return why a rule does not pass, with the figure and the limit; empty if it passes."""
        if evaluation.status not in VIABLE:
            return f"{evaluation.status}: {evaluation.message}"
        for what, value, low, high in self._checks(evaluation):
            if low is not None and value < low:
                return f"{what} is {value:.3g}, below {low:g}"
            if high is not None and value > high:
                return f"{what} is {value:.3g}, above {high:g}"
        return ""

    def _checks(
        self, evaluation: Evaluation
    ) -> list[tuple[str, float, float | None, float | None]]:
        """Return the checks: name, value, lower and upper limit."""
        checks: list[tuple[str, float, float | None, float | None]] = []
        rates = evaluation.statistics.rates
        if rates is not None:
            checks.append(
                ("mean rate (Hz)", rates.mean, self.min_mean_rate_Hz, self.max_mean_rate_Hz)
            )
        for task, kinds in evaluation.statistics.weights.items():
            for kind, moved in kinds.items():
                where = f"{kind} weights after {task}"
                bound, zero = moved.share_at_bound, moved.share_at_zero
                checks += [
                    (f"share at the bound of {where}", bound, None, self.max_share_at_bound),
                    (f"share at zero of {where}", zero, None, self.max_share_at_zero),
                ]
        for name, limit in (("peak_rate_Hz", self.max_peak_rate_Hz), ("error", self.max_error)):
            if limit is not None:
                checks.append((name, float(evaluation.objectives[name]), None, limit))
        return checks


def check_hurdles(hurdles: tuple[HurdleConfig, ...], protocol: Protocol) -> None:
    """Check the hurdles of a search together with its protocol.

    Raises
    ------
    ConfigError
        If two have the same name, or the settings of one are not valid.
    """
    names = [hurdle.name for hurdle in hurdles]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"two hurdles are called {name!r}; give each its own name")
    for hurdle in hurdles:
        hurdle.applied_to(protocol)


__all__ = ["HurdleConfig", "check_hurdles"]
