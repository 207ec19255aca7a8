"""How a model's activity compares with the mouse's, population by population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from validation.correlation import mean_correlation, sample_neurons
from validation.distribution import Distribution, sampling_floor, similarity, wasserstein
from validation.objectives import Against, compared_rates
from validation.reference import Reference, load_reference
from validation.spikes import SpikeTrains
from validation.statistics import (
    MIN_ISIS,
    RateSummary,
    elephant_isi,
    fano_factors,
    isi_variability,
    mean_over_neurons,
    population_fano,
    rate_summary,
)

MIN_BINS = 10
"""A recording has at least this many of the widest bins of a Fano factor, as a variance of fewer
counts says little (*choice*)."""

ISI_SAMPLE = 20
"""Number of neurons of each population for which Elephant computes CV and LV."""


@dataclass(frozen=True)
class Comparison:
    """Firing rates of a group of model neurons and of the mouse's, in Hz.

    Parameters
    ----------
    population
        Population name, or ``network``.
    n_model, n_mouse
        Neurons in the model and units in the mouse.
    model_mean_Hz, mouse_mean_Hz, model_median_Hz, mouse_median_Hz
        Mean and median rates.
    distance_Hz
        Wasserstein distance between the distributions of rates.
    floor_Hz
        What that distance would be for two samples of these sizes from the mouse.
    similarity
        1 minus the Kolmogorov-Smirnov distance, at most 1.
    """

    population: str
    n_model: int
    n_mouse: int
    model_mean_Hz: float
    mouse_mean_Hz: float
    model_median_Hz: float
    mouse_median_Hz: float
    distance_Hz: float
    floor_Hz: float
    similarity: float


@dataclass(frozen=True)
class PopulationStatistics:
    """Activity of one population.

    Parameters
    ----------
    population
        Population name.
    rates
        Firing rates.
    cv_isi, lv_isi
        Mean CV and LV of the inter-spike intervals over neurons with at least `MIN_ISIS` of them;
        None if there is no such neuron.
    cv_isi_sample
        Mean CV over a fixed sample of these neurons, computed by Elephant.
    fano
        Mean Fano factor of single neurons' spike counts; None if all are silent.
    """

    population: str
    rates: RateSummary
    cv_isi: float | None
    lv_isi: float | None
    cv_isi_sample: float | None
    fano: float | None


@dataclass(frozen=True)
class FanoPoint:
    """Population Fano factor at one bin width: the model's, and the mouse's evoked one.

    Parameters
    ----------
    bin_ms
        Bin width.
    model
        The model's value; None if it had no spikes.
    mouse, mouse_sd
        The mouse's mean and standard deviation over recording sessions.
    """

    bin_ms: float
    model: float | None
    mouse: float
    mouse_sd: float


@dataclass(frozen=True)
class NetworkStatistics:
    """Activity of a network and its comparison with the mouse.

    Parameters
    ----------
    rates
        Firing rates of all neurons.
    correlation
        Mean pairwise correlation of excitatory neurons; None with fewer than two active ones.
    residual_correlation
        The same after the mean over trials is removed; None without a period.
    populations
        Statistics of each population that has neurons.
    comparisons
        The network first, then each population that has neurons and mouse data.
    fano_curve
        Population Fano factor by bin width.
    """

    rates: RateSummary
    correlation: float | None
    residual_correlation: float | None
    populations: tuple[PopulationStatistics, ...]
    comparisons: tuple[Comparison, ...]
    fano_curve: tuple[FanoPoint, ...]


def compare_rates(
    rates_Hz: npt.NDArray[np.float64],
    population: npt.NDArray[np.integer[Any]],
    population_names: Sequence[str],
    reference: Reference | None = None,
    against: Against = "composition",
) -> list[Comparison]:
    """Compare the network's and each population's rates with the mouse's.

    Parameters are those of `validation.objectives.biological_objectives`; `against` concerns the
    network's row.
    """
    reference = reference or load_reference()
    compared, mouse = compared_rates(rates_Hz, population, population_names, reference, against)
    with_data = reference.populations()
    present = [
        (index, name) for index, name in enumerate(population_names) if np.any(population == index)
    ]
    names = [name for _, name in present if name in with_data]
    n_mouse = (
        reference.row("all").n_units
        if against == "all"
        else sum(reference.row(name).n_units for name in names)
    )
    rows = [_comparison("network", compared, mouse, n_mouse)]
    for index, name in present:
        if name in with_data:
            row = reference.row(name)
            group = rates_Hz[population == index]
            rows.append(_comparison(name, group, row.distribution(), row.n_units))
    return rows


def network_statistics(
    trains: SpikeTrains,
    excitatory: npt.ArrayLike,
    population: npt.NDArray[np.integer[Any]],
    population_names: Sequence[str],
    reference: Reference | None = None,
    *,
    against: Against = "composition",
    bin_ms: float = 10.0,
    period_ms: float | None = None,
    window_ms: float = 200.0,
    seed: int = 0,
) -> NetworkStatistics:
    """Compute all statistics of spike trains that do not need a stimulus.

    Parameters
    ----------
    trains, excitatory, population, population_names, reference, against, bin_ms, period_ms, seed
        As for `validation.objectives.biological_objectives`.
    window_ms
        Window of the single-neuron Fano factor if no `period_ms` is given.
    """
    reference = reference or load_reference()
    rates = trains.rates_Hz()
    neurons = trains.check_neurons(excitatory)
    residual = (
        None
        if period_ms is None
        else mean_correlation(trains, neurons, bin_ms, period_ms, seed=seed)
    )
    return NetworkStatistics(
        rates=rate_summary(rates),
        correlation=mean_correlation(trains, neurons, bin_ms, seed=seed),
        residual_correlation=residual,
        populations=population_statistics(
            trains, population, population_names, period_ms or window_ms, seed
        ),
        comparisons=tuple(compare_rates(rates, population, population_names, reference, against)),
        fano_curve=fano_curve(trains, neurons, reference, seed=seed),
    )


def population_statistics(
    trains: SpikeTrains,
    population: npt.NDArray[np.integer[Any]],
    population_names: Sequence[str],
    window_ms: float = 200.0,
    seed: int = 0,
) -> tuple[PopulationStatistics, ...]:
    """Return rates, CV, LV and Fano factor of every population that has neurons.

    Parameters
    ----------
    trains
        Spike trains.
    population, population_names
        As for `network_statistics`.
    window_ms
        Window of the Fano factor.
    seed
        Seed of the sample of neurons passed to Elephant.
    """
    rates = trains.rates_Hz()
    cv, lv = isi_variability(trains)
    fano = fano_factors(trains, window_ms) if trains.duration_ms >= 2 * window_ms else cv * np.nan
    enough = trains.spike_counts > MIN_ISIS
    rows = []
    for index, name in enumerate(population_names):
        members = population == index
        if members.any():
            chosen = members & enough
            sample = sample_neurons(np.flatnonzero(chosen), ISI_SAMPLE, seed)
            sampled_cv = elephant_isi(trains, sample)[0] if sample.size else np.empty(0)
            rows.append(
                PopulationStatistics(
                    population=name,
                    rates=rate_summary(rates[members]),
                    cv_isi=mean_over_neurons(cv, chosen),
                    lv_isi=mean_over_neurons(lv, chosen),
                    cv_isi_sample=float(sampled_cv.mean()) if sample.size else None,
                    fano=mean_over_neurons(fano, members),
                )
            )
    return tuple(rows)


def fano_curve(
    trains: SpikeTrains,
    neurons: npt.ArrayLike,
    reference: Reference | None = None,
    condition: str = "evoked",
    seed: int = 0,
) -> tuple[FanoPoint, ...]:
    """Return the population Fano factor at the mouse's bin widths.

    Those are left out that do not fit twice in the mouse's windows of 1,800 ms, or `MIN_BINS` times
    in the recording.

    Parameters
    ----------
    trains
        Spike trains.
    neurons
        The neurons to draw groups from.
    reference
        Mouse data; those shipped with the package if None.
    condition
        ``evoked`` or ``spontaneous``.
    seed
        Seed of the groups.
    """
    mouse = (reference or load_reference()).population_fano[condition]
    chosen = trains.check_neurons(neurons)
    fits = mouse.bin_ms <= min(1800.0 / 2, trains.duration_ms / MIN_BINS)
    if chosen.size == 0 or not fits.any():
        return ()
    model = population_fano(trains, chosen, mouse.bin_ms[fits], seed=seed).mean
    return tuple(
        FanoPoint(float(width), float(value) if np.isfinite(value) else None, float(m), float(sd))
        for width, value, m, sd in zip(
            mouse.bin_ms[fits], model, mouse.mean[fits], mouse.sd[fits], strict=True
        )
    )


def _comparison(
    name: str, rates_Hz: npt.NDArray[np.float64], mouse: Distribution, n_mouse: int
) -> Comparison:
    model = Distribution.of(rates_Hz)
    return Comparison(
        population=name,
        n_model=int(rates_Hz.size),
        n_mouse=n_mouse,
        model_mean_Hz=model.mean,
        mouse_mean_Hz=mouse.mean,
        model_median_Hz=model.median,
        mouse_median_Hz=mouse.median,
        distance_Hz=wasserstein(model, mouse),
        floor_Hz=sampling_floor(mouse, int(rates_Hz.size), n_mouse),
        similarity=similarity(model, mouse),
    )
