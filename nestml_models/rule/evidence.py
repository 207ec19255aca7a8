"""What was measured with a rule: its effect on networks on which it was not chosen."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from nestml_models.common import StrictModel

__all__ = ["Evidence"]


class Evidence(StrictModel):
    """One measured effect of a rule."""

    setting: str = Field(..., min_length=1, description="task, preset, number of neurons")
    networks: int = Field(..., ge=1, description="networks, none of which the rule was chosen on")
    score: str = Field(..., min_length=1, description="what was measured, such as AUC")
    value: float = Field(..., description="mean score with the rule")
    difference: float = Field(..., description="mean difference from the static network")
    interval: tuple[float, float] = Field(..., description="its 95 % confidence interval")
    controls: dict[str, float] = Field(
        default_factory=dict,
        description="differences of the rule's controls, each from the network it is compared with",
    )
    results: str = Field("", description="file of the results, or command that made them")

    @model_validator(mode="after")
    def _interval_is_around_the_difference(self) -> Self:
        low, high = self.interval
        if not low <= self.difference <= high:
            raise ValueError(
                f"the difference, {self.difference:+g}, is not within its interval, {low:+g} to "
                f"{high:+g}"
            )
        return self

    @property
    def verdict(self) -> str:
        """Whether the rule is better, worse, or not told apart from the static network."""
        low, high = self.interval
        if low > 0:
            return "better than the static network"
        return "worse than the static network" if high < 0 else "not told apart from the static one"

    def text(self) -> str:
        """Return it as one line."""
        low, high = self.interval
        controls = "".join(f"; {name} {value:+.3f}" for name, value in self.controls.items())
        return (
            f"{self.setting}, {self.networks} networks: {self.score} {self.value:.3f}, "
            f"{self.difference:+.3f} [{low:+.3f}, {high:+.3f}], {self.verdict}{controls}"
        )
