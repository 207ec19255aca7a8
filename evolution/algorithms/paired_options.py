"""Options of the search by antithetic pairs."""

from __future__ import annotations

from pydantic import Field, PositiveFloat, model_validator

from evolution.genome import OTHER_LAYERS
from nestml_models.common import StrictModel
from nestml_models.rule import LONGEST_TAU_MS, term
from v1cortex.experiments.paired.antithetic import StepLength
from v1cortex.tables import POPULATIONS, group_of, members

__all__ = ["PairedOptions"]


class PairedOptions(StrictModel):
    """Options of the search by antithetic pairs."""

    terms: tuple[tuple[str, ...], ...] = Field(
        (("S_pre*X_post",), ("S_post*X_pre",), ("S_pre",), ("S_post",)),
        description="terms of each family of rules; start.rules add their own, and start there",
    )
    groupings: tuple[str, ...] = Field(
        ("groups",),
        min_length=1,
        description="groups of neuron types that share a coefficient, one after the other; "
        "factors scales what those before it found, potentiation and depression apart, tau moves "
        "time constants",
    )
    tau_ms: float = Field(20.0, ge=1, le=LONGEST_TAU_MS, description="time constant of traces")
    raw: bool = Field(
        False, description="whether a step changes all coefficients, not all weights, by as much"
    )
    rates_Hz: dict[str, PositiveFloat] = Field(
        default_factory=dict,
        description="mean rates of neuron types, or groups of them, by which coefficients are "
        "normalised; the mouse's where none is given",
    )
    pairs_per_dimension: float = Field(
        0.33,
        gt=0,
        le=100,
        description="pairs of a round for each dimension; all rounds of a family count together",
    )
    least_pairs: int = Field(12, ge=2, description="minimum number of pairs of a round")
    step: StepLength = Field(0.3, description="root mean square of a pair's steps")
    lengths: tuple[StepLength, ...] = Field(
        (0.1, 0.2, 0.4, 0.8),
        min_length=1,
        description="steps up the gradient that are tried, besides the best one expected",
    )
    noise_floors: float = Field(
        3.0, ge=0, description="allowed worsening of the biology, in its noise in a static network"
    )
    worsening: float = Field(
        0.25, ge=0, description="the same, relative to the static network; the larger one counts"
    )
    kept: int = Field(
        2, ge=1, le=100, description="rules kept of each family, upward and downward ones apart"
    )

    @model_validator(mode="after")
    def _names_are_known(self) -> PairedOptions:
        for grouping in self.groupings:
            if grouping not in OTHER_LAYERS:
                group_of(POPULATIONS[0], grouping)
        if self.groupings[0] in OTHER_LAYERS:
            raise ValueError(
                f"groupings begins with {self.groupings[0]}, which changes what others found"
            )
        if len(set(self.groupings)) < len(self.groupings):
            raise ValueError(f"groupings names one twice: {list(self.groupings)}")
        for group in self.rates_Hz:
            members(group)
        for names in self.terms:
            if not names:
                raise ValueError("a family without terms; remove it")
            for name in names:
                term(name)
        if self.raw and self.rates_Hz:
            raise ValueError("rates_Hz normalise coefficients, but raw leaves them as they are")
        return self
