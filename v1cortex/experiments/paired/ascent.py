"""One ascent of a noisy score: antithetic pairs, their gradient, and a search along it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nestml_models.common import StrictModel
from v1cortex.errors import ExperimentError
from v1cortex.experiments.paired.antithetic import (
    Gradient,
    StepLength,
    directions,
    gradient,
    point_along,
)
from v1cortex.experiments.paired.steady import (
    RateCorrection,
    log_rate_gradient,
    without_component,
)
from validation.comparison import PairedDifference, paired_difference

__all__ = ["Ascent", "AscentSettings", "Length", "Measure", "Measured", "ascend"]


TRIAL_SD = 0.02
"""Standard deviation that trials add to a score, on one network with the same stimuli and LGN
spikes (*choice*, that of `benchmarks/search_efficiency.py`): the standard error expected of the
rise is this times the root of dimensions / (2 pairs), as for orthogonal steps."""


class AscentSettings(StrictModel):
    """Numbers of evaluations of an ascent, and lengths of its steps."""

    pairs_per_dimension: float = Field(
        1.0, gt=0, le=100, description="antithetic pairs for each dimension"
    )
    least_pairs: int = Field(12, ge=2, description="minimum number of pairs")
    step: StepLength = Field(
        0.3, description="root mean square of a pair's distance from the centre"
    )
    lengths: tuple[StepLength, ...] = Field(
        (0.1, 0.2, 0.4, 0.8),
        min_length=1,
        description="steps up the gradient that are tried, root mean squares",
    )
    networks: int = Field(
        6, ge=2, le=1000, description="networks on which they are compared with the centre"
    )
    precision: float | None = Field(
        None,
        ge=1e-4,
        description="largest standard error allowed for the rise that pairs predict for a step as "
        "large as theirs; null: any",
    )
    constant_rate: bool = Field(
        False,
        description="leave out what changes the mean rate, as measured by the same pairs",
    )

    def n_pairs(self, n_dimensions: int) -> int:
        """Return the number of pairs for a number of dimensions."""
        return max(self.least_pairs, round(self.pairs_per_dimension * n_dimensions))

    def require_precision(self, what: str, n_dimensions: int) -> None:
        """Raise `ExperimentError` if a number of dimensions needs more pairs for the precision."""
        n_pairs = self.n_pairs(n_dimensions)
        expected = TRIAL_SD * math.sqrt(n_dimensions / (2 * n_pairs))
        if self.precision is None or expected <= self.precision:
            return
        needed = math.ceil(n_dimensions * TRIAL_SD**2 / (2 * self.precision**2))
        raise ExperimentError(
            f"{what}: {n_pairs} pairs in {n_dimensions} dimensions give an expected standard error "
            f"of {expected:.3f}, above the precision of {self.precision:g}; {needed} would do "
            f"(--pairs {math.ceil(10 * needed / n_dimensions) / 10:g})"
        )


@dataclass(frozen=True)
class Measured:
    """The measurement at a point.

    Parameters
    ----------
    score
        The score; more is better.
    failed
        The limit that the network broke; empty if none.
    rate_Hz
        Mean rate of the network; NaN if it has none.
    """

    score: float
    failed: str = ""
    rate_Hz: float = math.nan


Measure = Callable[[Sequence[tuple[NDArray[np.float64], int]]], Sequence[Measured]]
"""Maps points, each with the seed of its network, to their measurements."""


@dataclass(frozen=True)
class Length:
    """A step up the gradient, compared with the centre on the same networks.

    Parameters
    ----------
    size
        Root mean square of the step's components, before its correction to a constant rate.
    difference
        Score minus the centre's.
    failed
        Number of networks that broke a limit, by limit.
    rate_ratio
        Geometric mean of the rate relative to the centre's; None if no network has both.
    step
        The step, shape (n,).
    """

    size: float
    difference: PairedDifference
    failed: dict[str, int]
    rate_ratio: float | None
    step: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the step."""
        names = ("size", "failed", "rate_ratio")
        return {name: getattr(self, name) for name in names} | {
            "difference": asdict(self.difference)
        }


@dataclass(frozen=True, eq=False)
class Ascent:
    """Result of an ascent.

    Parameters
    ----------
    point
        Its end: the best step up the gradient that broke no limit on any network, by a parabola
        through all steps tried, or the centre if none is better; shape (n,).
    size
        Which of the tried steps that is: its `Length.size`; 0 for the centre.
    gradient
        The gradient at the centre.
    rate_gradient
        The gradient of the natural logarithm of the mean rate, if steps leave it as it is.
    lengths
        The steps that were tried.
    n_pairs
        Number of pairs.
    failed
        Number of points of the pairs that broke a limit, by limit.
    """

    point: NDArray[np.float64]
    size: float
    gradient: Gradient
    rate_gradient: Gradient | None
    lengths: tuple[Length, ...]
    n_pairs: int
    failed: dict[str, int]

    @property
    def viable(self) -> bool:
        """Whether a step broke no limit on any network."""
        return any(not each.failed for each in self.lengths)


def ascend(
    centre: NDArray[np.float64],
    measure: Measure,
    settings: AscentSettings,
    seeds: range,
    rng: np.random.Generator,
) -> Ascent:
    """Take one step up the gradient of a score.

    Parameters
    ----------
    centre
        Where to start, shape (n,).
    measure
        Measures points.
    settings
        Numbers of evaluations and lengths of steps.
    seeds
        Seeds of the networks: one for each pair, and others for the steps; `seeds_needed` returns
        their number.
    rng
        Generator for the directions.

    Returns
    -------
    Ascent
        The best of a few steps is partly luck: test its point again on other networks.

    Raises
    ------
    ExperimentError
        If the rate is to stay constant and fewer than two pairs have rates.
    """
    n_pairs = settings.n_pairs(len(centre))
    steps = directions(len(centre), n_pairs, settings.step, rng)
    both = [
        (centre + sign * step, seed)
        for step, seed in zip(steps, seeds[:n_pairs], strict=True)
        for sign in (1.0, -1.0)
    ]
    found = measure(both)
    plus, minus = found[::2], found[1::2]
    slope = gradient(steps, [a.score - b.score for a, b in zip(plus, minus, strict=True)])
    rate = _rate_gradient(steps, plus, minus) if settings.constant_rate else None
    direction = without_component(slope.mean, rate.mean) if rate else slope.mean
    compare = _Comparison(centre, measure, seeds[n_pairs:][: settings.networks])
    lengths = (
        compare.steady(direction, rate, settings)
        if rate
        else compare([(size, point_along(direction, size)) for size in settings.lengths])
    )
    best = _best(lengths, *slope.rise(point_along(direction, 1.0)))
    return Ascent(
        point=centre + (best.step if best else 0.0),
        size=best.size if best else 0.0,
        gradient=slope,
        rate_gradient=rate,
        lengths=tuple(lengths),
        n_pairs=n_pairs,
        failed=_failures(found),
    )


def seeds_needed(n_dimensions: int, settings: AscentSettings) -> int:
    """Return the number of networks that an ascent needs."""
    return settings.n_pairs(n_dimensions) + settings.networks


def _rate_gradient(
    steps: NDArray[np.float64], plus: Sequence[Measured], minus: Sequence[Measured]
) -> Gradient:
    return log_rate_gradient(
        steps, [each.rate_Hz for each in plus], [each.rate_Hz for each in minus]
    )


class _Comparison:
    """Compares steps with the centre on the same networks, which are measured there once."""

    def __init__(self, centre: NDArray[np.float64], measure: Measure, seeds: range) -> None:
        self._centre, self._measure, self._seeds = centre, measure, seeds
        self._own: Sequence[Measured] = ()

    def __call__(self, steps: Sequence[tuple[float, NDArray[np.float64]]]) -> list[Length]:
        """Compare steps, each given with its size, in one batch."""
        points = [self._centre + step for _, step in steps]
        if not self._own:
            points.insert(0, self._centre)
        found = self._measure([(point, seed) for point in points for seed in self._seeds])
        n = len(self._seeds)
        rows = [found[k : k + n] for k in range(0, len(found), n)]
        self._own = self._own or rows.pop(0)
        return [
            self._length(size, step, row) for (size, step), row in zip(steps, rows, strict=True)
        ]

    def steady(
        self, direction: NDArray[np.float64], rate: Gradient, settings: AscentSettings
    ) -> list[Length]:
        """Compare steps of constant rate, each corrected by those before it."""
        correction, found = RateCorrection(direction, rate.mean), []
        for size in sorted(settings.lengths):
            (length,) = self([(size, correction.step(size))])
            ratio = length.rate_ratio
            correction.learn(size, math.nan if ratio is None else math.log(ratio))
            found.append(length)
        return found

    def _length(self, size: float, step: NDArray[np.float64], row: Sequence[Measured]) -> Length:
        scores, own = ([each.score for each in side] for side in (row, self._own))
        both = np.array([(a.rate_Hz, b.rate_Hz) for a, b in zip(row, self._own, strict=True)])
        known = both[(both > 0).all(axis=1)]
        ratio = float(np.exp(np.log(known[:, 0] / known[:, 1]).mean())) if len(known) else None
        return Length(size, paired_difference(scores, own), _failures(row), ratio, step)


def _best(lengths: Sequence[Length], rise: float, rise_sd: float) -> Length | None:
    """Return the step at the top of a parabola through all steps; None if it only falls.

    The initial slope measured by the pairs is used too. A single step would often be the best by
    luck. Only tried sizes are used: networks may break limits in between or beyond.
    """
    tried = [each for each in lengths if not each.failed]
    if not tried:
        return None
    sizes = np.array([each.size for each in tried])
    means = np.array([each.difference.estimate.mean for each in tried])
    pooled_sd = float(np.mean([each.difference.estimate.standard_error or 0.0 for each in tried]))
    weight = 1.0 / np.array([max(rise_sd, 1e-12), *[max(pooled_sd, 1e-12)] * len(sizes)])
    shape = np.stack([np.append(1.0, sizes), np.append(0.0, -(sizes**2))], axis=1)
    values = np.append(rise, means)
    (first, second), *_ = np.linalg.lstsq(shape * weight[:, None], values * weight, rcond=None)
    heights = first * sizes - second * sizes**2
    highest = int(np.argmax(heights))
    return tried[highest] if heights[highest] > 0 else None


def _failures(found: Sequence[Measured]) -> dict[str, int]:
    return dict(Counter(each.failed for each in found if each.failed))
