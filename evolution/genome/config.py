"""How rules are drawn at the start of a search, and how much they mutate."""

from __future__ import annotations

from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from nestml_models.common import StrictModel, anchored
from nestml_models.rule import LONGEST_TAU_MS, MAX_TAU_MS, N_TERMS
from v1cortex.rules import SHIPPED


class StartConfig(StrictModel):
    """The first generation: given rules, then random ones (*choices*)."""

    rules: tuple[str, ...] = Field(
        (),
        description="rule files, or names of shipped rules, that the search starts with; `none` "
        "keeps the static network among the candidates as a control",
    )
    min_terms: int = Field(1, ge=1, le=N_TERMS, description="minimum active terms of a random rule")
    max_terms: int = Field(3, ge=1, le=N_TERMS, description="maximum active terms of a random rule")
    min_tau_ms: float = Field(
        5.0, ge=1, le=LONGEST_TAU_MS, description="shortest time constant of a random rule"
    )
    max_tau_ms: float = Field(
        MAX_TAU_MS,
        ge=1,
        le=LONGEST_TAU_MS,
        description="longest time constant of all rules of the search; 150 in the published space",
    )
    shared_coefficients: float = Field(
        0.25,
        ge=0,
        le=1,
        description="probability that a new term starts with one coefficient for all neuron types",
    )

    @field_validator("rules", mode="after")
    @classmethod
    def _anchor_rules(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(anchored(rule, info, SHIPPED) for rule in value)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_terms > self.max_terms:
            raise ValueError(f"min_terms is {self.min_terms}, above max_terms, {self.max_terms}")
        if self.min_tau_ms > self.max_tau_ms:
            raise ValueError(
                f"min_tau_ms is {self.min_tau_ms:g}, above max_tau_ms, {self.max_tau_ms:g}"
            )
        return self


class VariationConfig(StrictModel):
    """How much a rule mutates (*choices*)."""

    gate_changes: float = Field(
        1.0, ge=0, le=N_TERMS, description="mean number of terms switched on or off in a child"
    )
    coefficient_sigma: float = Field(
        0.2, gt=0, le=2, description="standard deviation of a coefficient's change"
    )
    coefficient_rate: float = Field(
        0.1, gt=0, le=1, description="share of a term's coefficients that change individually"
    )
    tau_sigma: float = Field(
        0.3, gt=0, le=5, description="standard deviation of the change of ln(time constant)"
    )
    threshold_sigma_Hz: float = Field(
        1.0, gt=0, le=10, description="standard deviation of the change of the read-out threshold"
    )
