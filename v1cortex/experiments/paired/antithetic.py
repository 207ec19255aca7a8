"""The direction in which a noisy score rises, from antithetic pairs.

A score differs more between networks than between rules or gains: its standard deviation is about
0.06, where an effect of 0.03 is large. Two points on either side of a centre, x + g and x - g, on
the same network with the same stimuli and noise, share nearly all of that. Their difference is 2 g
times the gradient, plus trial noise; a Bayesian ridge regression over pairs gives the gradient with
its uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nestml_models.common import require
from v1cortex.errors import ExperimentError

__all__ = ["LONGEST_STEP", "Gradient", "StepLength", "directions", "gradient", "point_along"]

LONGEST_STEP = 10.0
"""Limit of steps, root mean square (*choice*): a gain then changes by a factor of 22,000;
larger ones make exponentials overflow."""

StepLength = Annotated[float, Field(gt=0, le=LONGEST_STEP)]


@dataclass(frozen=True, eq=False)
class Gradient:
    """The estimated gradient of a score.

    Parameters
    ----------
    mean, sd
        Posterior mean and standard deviation of each component, score per unit; shape (n,).
    noise_sd
        Standard deviation of a pair's difference about the fit.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    noise_sd: float

    def rise(self, step: NDArray[np.float64]) -> tuple[float, float]:
        """Return the expected rise of the score for a step, and its standard deviation.

        Components are assumed to be independent, as they are for pairs made by `directions` with
        at least as many pairs as components.
        """
        return float(self.mean @ step), float(np.sqrt(self.sd**2 @ step**2))


def directions(n: int, n_pairs: int, size: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return random directions, orthogonal as far as the number of dimensions allows.

    Parameters
    ----------
    n
        Number of dimensions.
    n_pairs
        Number of directions.
    size
        Root mean square of each direction's components.
    rng
        Generator for the random rotations.

    Returns
    -------
    float64[n_pairs, n]
        Every block of n rows is orthogonal, so that all dimensions are measured equally well.
    """
    blocks = []
    for _ in range(math.ceil(n_pairs / n)):
        rotation, upper = np.linalg.qr(rng.standard_normal((n, n)))
        # The sign of each column makes rotations uniform (Mezzadri 2007, Notices AMS 54:592).
        blocks.append(rotation * np.sign(np.diag(upper)))
    return np.asarray(np.concatenate(blocks)[:n_pairs] * size * math.sqrt(n))


def gradient(steps: NDArray[np.float64], differences: Sequence[float]) -> Gradient:
    """Estimate the gradient of a score from the differences of pairs.

    The prior width and the noise maximise the evidence (MacKay 1992, Neural Comput. 4:415),
    by scikit-learn's `BayesianRidge`.

    Parameters
    ----------
    steps
        Half of each pair's distance, shape (n_pairs, n).
    differences
        Score at centre + step minus score at centre - step; at least two.

    Raises
    ------
    ExperimentError
        If there are fewer than two pairs.
    """
    require("sklearn")
    from sklearn.linear_model import BayesianRidge  # takes a second to import

    if len(steps) < 2:
        raise ExperimentError(f"{len(steps)} pairs; a gradient needs at least 2")
    fit = BayesianRidge(fit_intercept=False).fit(2.0 * steps, np.asarray(differences, np.float64))
    return Gradient(
        mean=np.asarray(fit.coef_, np.float64),
        sd=np.sqrt(np.diag(fit.sigma_)),
        noise_sd=float(fit.alpha_**-0.5),
    )


def point_along(slope: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    """Return the step up a slope with a root mean square of `size` over components."""
    length = float(np.linalg.norm(slope))
    if length == 0.0:
        return np.zeros_like(slope)
    return slope * (size * math.sqrt(len(slope)) / length)
