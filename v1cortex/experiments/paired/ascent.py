"""One ascent of a noisy score: antithetic pairs, their gradient, and a search along it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from nestml_models.common import StrictModel
from v1cortex.experiments.paired.antithetic import Gradient, directions, gradient, point_along
from validation.comparison import PairedDifference, paired_difference

__all__ = ["Ascent", "AscentSettings", "Length", "Measure", "Measured", "ascend"]


class AscentSettings(StrictModel):
    """Numbers of evaluations of an ascent, and lengths of its steps."""

    pairs_per_dimension: float = Field(
        1.0, gt=0, le=100, description="antithetic pairs for each dimension"
    )
    least_pairs: int = Field(12, ge=2, description="minimum number of pairs")
    step: float = Field(
        0.3, gt=0, description="root mean square of a pair's distance from the centre"
    )
    lengths: tuple[PositiveFloat, ...] = Field(
        (0.1, 0.2, 0.4, 0.8),
        min_length=1,
        description="steps up the gradient that are tried, root mean squares",
    )
    networks: int = Field(
        6, ge=2, le=1000, description="networks on which they are compared with the centre"
    )

    def n_pairs(self, n_dimensions: int) -> int:
        """Return the number of pairs for a number of dimensions."""
        return max(self.least_pairs, round(self.pairs_per_dimension * n_dimensions))


@dataclass(frozen=True)
class Measured:
    """The measurement at a point.

    Parameters
    ----------
    score
        The score; more is better.
    failed
        The limit that the network broke; empty if none.
    """

    score: float
    failed: str = ""


Measure = Callable[[Sequence[tuple[NDArray[np.float64], int]]], Sequence[Measured]]
"""Maps points, each with the seed of its network, to their measurements."""


@dataclass(frozen=True)
class Length:
    """A step up the gradient, compared with the centre on the same networks.

    Parameters
    ----------
    size
        Root mean square of the step's components.
    difference
        Score minus the centre's.
    failed
        Number of networks that broke a limit, by limit.
    """

    size: float
    difference: PairedDifference
    failed: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Ascent:
    """Result of an ascent.

    Parameters
    ----------
    point
        Its end: the best step up the gradient that broke no limit on any network, by a parabola
        through all steps tried, or the centre if none is better; shape (n,).
    gradient
        The gradient at the centre.
    lengths
        The steps that were tried.
    n_pairs
        Number of pairs.
    failed
        Number of points of the pairs that broke a limit, by limit.
    """

    point: NDArray[np.float64]
    gradient: Gradient
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
    """
    n_pairs = settings.n_pairs(len(centre))
    steps = directions(len(centre), n_pairs, settings.step, rng)
    both = [
        (centre + sign * step, seed)
        for step, seed in zip(steps, seeds[:n_pairs], strict=True)
        for sign in (1.0, -1.0)
    ]
    found = measure(both)
    differences = [
        plus.score - minus.score for plus, minus in zip(found[::2], found[1::2], strict=True)
    ]
    slope = gradient(steps, differences)
    points = [centre + point_along(slope.mean, size) for size in settings.lengths]
    lengths = _compare(centre, points, measure, settings, seeds[n_pairs:])
    best = _best_size(lengths, *slope.rise(point_along(slope.mean, 1.0)))
    return Ascent(
        point=centre + point_along(slope.mean, best),
        gradient=slope,
        lengths=lengths,
        n_pairs=n_pairs,
        failed=_failures(found),
    )


def seeds_needed(n_dimensions: int, settings: AscentSettings) -> int:
    """Return the number of networks that an ascent needs."""
    return settings.n_pairs(n_dimensions) + settings.networks


def _compare(
    centre: NDArray[np.float64],
    points: Sequence[NDArray[np.float64]],
    measure: Measure,
    settings: AscentSettings,
    seeds: range,
) -> tuple[Length, ...]:
    networks = seeds[: settings.networks]
    found = measure([(point, seed) for point in (centre, *points) for seed in networks])
    n = len(networks)
    rows = [found[k : k + n] for k in range(0, len(found), n)]
    own = [each.score for each in rows[0]]
    return tuple(
        Length(size, paired_difference([each.score for each in row], own), _failures(row))
        for size, row in zip(settings.lengths, rows[1:], strict=True)
    )


def _best_size(lengths: Sequence[Length], rise: float, rise_sd: float) -> float:
    """Return the size at the top of a parabola through all steps; 0 if it only falls.

    The initial slope measured by the pairs is used too. A single step would often be the best by
    luck. Only tried sizes are used: networks may break limits in between or beyond.
    """
    tried = [each for each in lengths if not each.failed]
    if not tried:
        return 0.0
    sizes = np.array([each.size for each in tried])
    means = np.array([each.difference.estimate.mean for each in tried])
    pooled_sd = float(np.mean([each.difference.estimate.standard_error or 0.0 for each in tried]))
    weight = 1.0 / np.array([max(rise_sd, 1e-12), *[max(pooled_sd, 1e-12)] * len(sizes)])
    shape = np.stack([np.append(1.0, sizes), np.append(0.0, -(sizes**2))], axis=1)
    values = np.append(rise, means)
    (first, second), *_ = np.linalg.lstsq(shape * weight[:, None], values * weight, rcond=None)
    heights = first * sizes - second * sizes**2
    highest = int(np.argmax(heights))
    return float(sizes[highest]) if heights[highest] > 0 else 0.0


def _failures(found: Sequence[Measured]) -> dict[str, int]:
    return dict(Counter(each.failed for each in found if each.failed))
