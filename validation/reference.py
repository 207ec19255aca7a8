"""Mouse V1 reference data and the distributions built from it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from validation.distribution import Distribution
from validation.errors import StatisticsError, did_you_mean

FloatArray = npt.NDArray[np.float64]

GRATINGS_RATE = "rate_drifting_gratings_Hz"
"""The quantity that objectives compare with: mean rate during drifting gratings."""

SPONTANEOUS_RATE = "rate_spontaneous_Hz"
"""Mean rate before a gray screen."""

ALL_UNITS = "all"
"""Name of the row over all units, whatever their population."""

PROBABILITIES: FloatArray = np.arange(1, 100) / 100.0
"""Probabilities of the tabulated quantiles."""

SAMPLES = 1000
"""Number of equally likely samples that represent one tabulated distribution."""

EXACT_UNITS = 100
"""With fewer units, the 0.98 and 0.99 quantiles lie between the two largest units."""


@dataclass(frozen=True, eq=False)
class QuantileRow:
    """One quantity of the mouse's units of one population.

    Parameters
    ----------
    population
        Population name, or ``all``.
    quantity
        ``rate_drifting_gratings_Hz``, ``rate_spontaneous_Hz``, ``osi`` or ``dsi``.
    n_units
        Number of units.
    quantiles
        Quantiles at `PROBABILITIES`; float64[99].
    """

    population: str
    quantity: str
    n_units: int
    quantiles: FloatArray

    def quantile(self, probability: npt.ArrayLike) -> FloatArray:
        """Return quantiles at any probabilities in (0, 1).

        Linear between the tabulated quantiles and below the first, but not below 0. Above the last
        (*choice*): with `EXACT_UNITS` units or more, an exponential tail with the scale
        ``(q99 - q90) / ln 10``, which gives a mean rate of all units of 6.32 Hz, compared with 6.35
        Hz for the units themselves; with fewer units, linear, ending at the largest unit. The
        indices OSI and DSI end at 1.

        Raises
        ------
        StatisticsError
            A probability is not between 0 and 1.
        """
        p = np.asarray(probability, dtype=np.float64)
        if np.any((p <= 0) | (p >= 1)):
            raise StatisticsError(f"probabilities must lie between 0 and 1, not {p}")
        q = self.quantiles
        inner = np.interp(p, PROBABILITIES, q)
        low = np.maximum(q[0] + (p - 0.01) * (q[1] - q[0]) / 0.01, 0.0)
        if self.n_units < EXACT_UNITS:
            high = q[-1] + (p - 0.99) * (q[-1] - q[-2]) / 0.01
        else:
            high = q[-1] + (q[-1] - q[89]) / np.log(10) * np.log(0.01 / (1 - p))
        if self.quantity in ("osi", "dsi"):
            high = np.minimum(high, 1.0)
        return np.where(p < 0.01, low, np.where(p > 0.99, high, inner))

    def distribution(self) -> Distribution:
        """Return `SAMPLES` equally likely values of this distribution."""
        return Distribution.of(self.quantile((np.arange(SAMPLES) + 0.5) / SAMPLES))


@dataclass(frozen=True, eq=False)
class FanoCurve:
    """Fano factor of the population spike count against bin width.

    Parameters
    ----------
    bin_ms
        Bin widths; float64[n].
    mean
        Mean Fano factor; float64[n].
    sd
        Standard deviation over sessions or samples; float64[n].
    n_samples
        Number of sessions or samples.
    """

    bin_ms: FloatArray
    mean: FloatArray
    sd: FloatArray
    n_samples: int


@dataclass(frozen=True, eq=False)
class Reference:
    """The mouse reference data.

    Parameters
    ----------
    rows
        `QuantileRow` by (population, quantity).
    population_fano
        `FanoCurve` by condition, ``evoked`` and ``spontaneous``.
    """

    rows: Mapping[tuple[str, str], QuantileRow]
    population_fano: Mapping[str, FanoCurve]

    def populations(self, quantity: str = GRATINGS_RATE) -> tuple[str, ...]:
        """Return the names of the populations with data on a quantity, except ``all``."""
        self._check_quantity(quantity)
        return tuple(p for p, q in self.rows if q == quantity and p != ALL_UNITS)

    def row(self, population: str, quantity: str = GRATINGS_RATE) -> QuantileRow:
        """Return one row.

        Raises
        ------
        StatisticsError
            There is no such quantity, or no data on it for this population.
        """
        self._check_quantity(quantity)
        known = (*self.populations(quantity), ALL_UNITS)
        if population not in known:
            raise StatisticsError(
                f"no mouse data on {quantity} of {population!r}. "
                f"{did_you_mean(population, sorted(known))}"
            )
        return self.rows[population, quantity]

    def mixture(
        self, composition: Mapping[str, float], quantity: str = GRATINGS_RATE
    ) -> Distribution:
        """Return the mouse's distribution in a tissue of a given composition.

        Parameters
        ----------
        composition
            Weight of each population, for instance its number of neurons. Populations without
            mouse data are left out.
        quantity
            Name of the quantity.

        Raises
        ------
        StatisticsError
            No population of the composition has data, or a weight is negative.
        """
        known = set(self.populations(quantity))
        if any(not weight >= 0 for weight in composition.values()):
            raise StatisticsError(f"composition has a negative weight: {dict(composition)}")
        parts = [(name, w) for name, w in composition.items() if name in known and w > 0]
        if not parts:
            raise StatisticsError(f"no mouse data on {quantity} of any of {sorted(composition)}")
        samples = [self.row(name, quantity).distribution().values for name, _ in parts]
        weights = [np.full(SAMPLES, weight / SAMPLES) for _, weight in parts]
        return Distribution.of(np.concatenate(samples), np.concatenate(weights))

    def all_units(self, quantity: str = GRATINGS_RATE) -> Distribution:
        """Return the distribution over all recorded units, whatever their population."""
        return self.row(ALL_UNITS, quantity).distribution()

    def spontaneous(self) -> Reference:
        """Return the same data for spontaneous activity (gray screen) in place of evoked."""
        rows = {
            (name, GRATINGS_RATE): self.row(name, SPONTANEOUS_RATE)
            for name in (*self.populations(SPONTANEOUS_RATE), ALL_UNITS)
        }
        curves = {"evoked": self.population_fano["spontaneous"]}
        return Reference({**self.rows, **rows}, {**self.population_fano, **curves})

    def _check_quantity(self, quantity: str) -> None:
        known = {q for _, q in self.rows}
        if quantity not in known:
            raise StatisticsError(
                f"the mouse data have no quantity {quantity!r}. "
                f"{did_you_mean(quantity, sorted(known))}"
            )


@cache
def load_reference() -> Reference:
    """Return the mouse data shipped with the package (see ``references/SOURCES.md``)."""
    rows = {(row.population, row.quantity): row for row in _quantile_rows()}
    curves = _fano_curves()
    return Reference(MappingProxyType(rows), MappingProxyType(curves))


def _quantile_rows() -> Iterator[QuantileRow]:
    for record in _records("quantiles.csv"):
        values = np.array([float(record[f"q{percent:02d}"]) for percent in range(1, 100)])
        values.flags.writeable = False
        yield QuantileRow(record["population"], record["quantity"], int(record["n_units"]), values)


def _fano_curves() -> dict[str, FanoCurve]:
    records = _records("population_fano.csv")
    curves = {}
    for condition in dict.fromkeys(record["condition"] for record in records):
        chosen = [record for record in records if record["condition"] == condition]
        bin_ms, mean, sd = (
            np.array([float(record[name]) for record in chosen])
            for name in ("bin_ms", "fano_mean", "fano_sd_over_sessions")
        )
        curves[condition] = FanoCurve(bin_ms, mean, sd, int(chosen[0]["n_sessions"]))
    return curves


def _records(name: str) -> list[dict[str, str]]:
    text = resources.files("validation").joinpath("references", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
