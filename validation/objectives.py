"""The six objectives of the search, all to be minimised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from validation.correlation import synchrony
from validation.distribution import Distribution, wasserstein
from validation.errors import StatisticsError
from validation.reference import GRATINGS_RATE, Reference, load_reference
from validation.spikes import SpikeTrains

Against = Literal["composition", "all"]
"""What to compare with: the mouse's populations in the model's proportions, or all units."""

MAX_RATE_HZ = 1000.0
"""A rate that no model neuron can exceed: one spike in every 1 ms step."""


@dataclass(frozen=True)
class Objective:
    """One objective of the search.

    Parameters
    ----------
    name
        Key in dictionaries, files and configuration.
    label
        Text for tables and axes.
    unit
        Unit, empty if the objective has none.
    worst
        The largest value it can take; used for an evaluation without a result.
    """

    name: str
    label: str
    unit: str
    worst: float


OBJECTIVES: tuple[Objective, ...] = (
    Objective("error", "error (1 - score; chance 0.5)", "", 1.0),
    Objective("complexity", "active terms / 25", "", 1.0),
    Objective("peak_rate_Hz", "highest firing rate", "Hz", MAX_RATE_HZ),
    Objective("synchrony", "synchrony (mean pairwise correlation)", "", 1.0),
    Objective("rate_error_Hz", "|mean rate - mouse mean rate|", "Hz", MAX_RATE_HZ),
    Objective("rate_distance_Hz", "rate distribution's distance to the mouse's", "Hz", MAX_RATE_HZ),
)
"""The objectives in their fixed order."""

OBJECTIVE_NAMES: tuple[str, ...] = tuple(objective.name for objective in OBJECTIVES)
"""Names of the objectives in their fixed order."""


def worst_values() -> dict[str, float]:
    """Return the values used for an evaluation without a result.

    They are finite, since one NaN or infinite entry would spoil the sorting of a whole generation,
    and no completed evaluation can be worse in any objective: the score lies in [0, 1],
    at most all terms are active, correlations do not exceed 1, and no neuron fires more than
    `MAX_RATE_HZ`.
    """
    return {objective.name: objective.worst for objective in OBJECTIVES}


def biological_objectives(
    trains: SpikeTrains,
    excitatory: npt.ArrayLike,
    population: npt.NDArray[np.integer[Any]],
    population_names: Sequence[str],
    reference: Reference | None = None,
    *,
    against: Against = "composition",
    bin_ms: float = 10.0,
    period_ms: float | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """Return the four objectives that only need spikes.

    Parameters
    ----------
    trains
        Spike trains of all neurons.
    excitatory
        Indices (or a mask) of the neurons that synchrony is measured on.
    population
        Population of each neuron, an index into `population_names`; int[n_neurons].
    population_names
        Population names as in the reference data.
    reference
        Mouse data; those shipped with the package if None.
    against
        ``composition`` (default, *choice*): the mouse's populations weighted by how many neurons
        the model has of each; populations without mouse data are left out on both sides.
        ``all``: all recorded units, against all neurons of the model.
    bin_ms
        Bin width of the correlation.
    period_ms
        If given, the length of one trial: the mean over trials is removed before correlating.
    seed
        Seed of the sample of neurons that is correlated.

    Returns
    -------
    objectives
        ``peak_rate_Hz``, ``synchrony``, ``rate_error_Hz``, ``rate_distance_Hz``; all finite.
    """
    rates = trains.rates_Hz()
    compared, mouse = compared_rates(rates, population, population_names, reference, against)
    model = Distribution.of(compared)
    return {
        "peak_rate_Hz": float(rates.max()),
        "synchrony": synchrony(trains, excitatory, bin_ms, period_ms, seed=seed),
        "rate_error_Hz": abs(model.mean - mouse.mean),
        "rate_distance_Hz": wasserstein(model, mouse),
    }


def compared_rates(
    rates_Hz: npt.NDArray[np.float64],
    population: npt.NDArray[np.integer[Any]],
    population_names: Sequence[str],
    reference: Reference | None = None,
    against: Against = "composition",
) -> tuple[npt.NDArray[np.float64], Distribution]:
    """Return the model's rates and the mouse's distribution to compare them with.

    Parameters are those of `biological_objectives`.

    Raises
    ------
    StatisticsError
        `against` is unknown, the arrays do not match, or no population has mouse data.
    """
    reference = reference or load_reference()
    population = np.asarray(population)
    if population.shape != rates_Hz.shape:
        raise StatisticsError(f"{rates_Hz.shape} rates but {population.shape} populations")
    if population.size == 0 or population.min() < 0 or population.max() >= len(population_names):
        raise StatisticsError(f"populations must be indices into {len(population_names)} names")
    if against == "all":
        return rates_Hz, reference.all_units()
    if against != "composition":
        raise StatisticsError(f"against must be 'composition' or 'all', not {against!r}")
    counts = np.bincount(population, minlength=len(population_names))
    composition = dict(zip(population_names, counts.tolist(), strict=True))
    known = np.isin(population_names, reference.populations(GRATINGS_RATE))
    return rates_Hz[known[population]], reference.mixture(composition)
