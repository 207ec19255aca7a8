"""Figures of activity: spikes, rates next to the mouse's, averages over trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from v1cortex.pages.figures import Figure, band, curve, rounded, rows_axis
from v1cortex.plots import (
    LOWEST_RATE_HZ,
    MOUSE_COLOUR,
    QUANTILES,
    RATE_TICKS_HZ,
    TrialAverages,
    class_colour,
    class_name,
    colour_of,
    label_places,
    readable_name,
    stratified_sample,
)
from validation.reference import GRATINGS_RATE, Reference
from validation.spikes import SpikeTrains

__all__ = ["psth_figures", "quantile_boxes", "raster_figure", "rates_figure"]

IntArray = npt.NDArray[np.integer[Any]]

N_ROWS = 250
"""Approximate number of neurons in the raster, so that a phone can draw it (*choice*)."""

LABEL_HEIGHT = 0.025
"""Height of a population's label relative to that of the raster."""

MAX_SPIKES = 12_000
"""Maximum number of spikes in the raster; its window is halved until they fit (*choice*)."""


def raster_figure(
    trains: SpikeTrains, population: IntArray, population_names: Sequence[str]
) -> Figure:
    """Draw spikes of a sample of neurons by layer from the surface down, up to the first second.

    Parameters
    ----------
    trains
        Spike trains.
    population
        Population of each neuron, an index into `population_names`; int[n_neurons].
    population_names
        Names such as ``L23_E``.
    """
    sample = stratified_sample(population, len(population_names), N_ROWS, seed=0)
    length_ms = min(1000.0, trains.duration_ms)
    shown = trains.window(trains.start_ms, trains.start_ms + length_ms).select(sample)
    while shown.n_spikes > MAX_SPIKES:
        length_ms /= 2
        shown = shown.window(trains.start_ms, trains.start_ms + length_ms)
    rows = population[sample]
    classes = np.array([class_name(name) for name in population_names])[rows]
    traces = []
    for cell_class in dict.fromkeys(classes.tolist()):
        own = classes[shown.senders] == cell_class
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": cell_class,
                "x": rounded(shown.times_ms[own]),
                "y": shown.senders[own].tolist(),
                "hoverinfo": "skip",
                "marker": {
                    "symbol": "line-ns-open",
                    "size": 5,
                    "color": class_colour(cell_class),
                    "line": {"width": 1.2},
                },
            }
        )
    present, _, places = label_places(rows, LABEL_HEIGHT)
    axis = {
        "tickmode": "array",
        "tickvals": rounded(places),
        "ticktext": [readable_name(population_names[k]) for k in present],
        "range": [rows.size, 0],
        "showgrid": False,
    }
    return Figure(
        "raster",
        "Spikes of a sample of neurons, by population",
        traces,
        {
            "xaxis": {
                "title": "time (ms)",
                "range": [trains.start_ms, trains.start_ms + length_ms],
            },
            "yaxis": axis,
            "margin": {"l": 10, "r": 10, "t": 30, "b": 45},
        },
        height=620,
        caption=f"{sample.size:,} of {trains.n_neurons:,} neurons; each mark is a spike.",
    )


def rates_figure(
    rates_Hz: npt.NDArray[np.float64],
    population: IntArray,
    population_names: Sequence[str],
    reference: Reference,
) -> Figure:
    """Draw the distribution of rates of each population next to the mouse's.

    Parameters
    ----------
    rates_Hz
        Mean rate of each neuron; float64[n_neurons].
    population, population_names
        As for `raster_figure`.
    reference
        Mouse data.
    """
    mouse = reference.populations(GRATINGS_RATE)
    present = [k for k in range(len(population_names)) if np.any(population == k)]
    names = [population_names[k] for k in present]
    model = {
        k: np.quantile(rates_Hz[population == index], QUANTILES) for k, index in enumerate(present)
    }
    own = {
        k: reference.row(name).quantile(QUANTILES) for k, name in enumerate(names) if name in mouse
    }
    counts = [np.count_nonzero(population == index) for index in present]
    labels = [f"{readable_name(name)} (n = {n:,})" for name, n in zip(names, counts, strict=True)]
    traces = quantile_boxes(model, own, [colour_of(name) for name in names], LOWEST_RATE_HZ)
    layout = {
        "xaxis": {
            "title": "firing rate (Hz)",
            "type": "log",
            "tickmode": "array",
            "tickvals": list(RATE_TICKS_HZ),
            "ticktext": list(RATE_TICKS_HZ.values()),
        },
        "yaxis": rows_axis(labels),
        "margin": {"l": 10, "r": 10, "t": 30, "b": 45},
    }
    return Figure(
        "rates",
        "Firing rates of each population and of the mouse's",
        traces,
        layout,
        height=110 + 38 * len(names),
        caption="Boxes extend from the 25 % to the 75 % quantile, lines from 5 % to 95 %, with the "
        "median. Grey: the mouse.",
    )


def quantile_boxes(
    model: dict[int, npt.NDArray[np.float64]],
    mouse: dict[int, npt.NDArray[np.float64]],
    colours: Sequence[str],
    lowest: float = -np.inf,
) -> list[dict[str, Any]]:
    """Return boxes of the model and, next to them, the mouse.

    Parameters
    ----------
    model, mouse
        Quantiles at 5, 25, 50, 75 and 95 % by row; float64[5].
    colours
        Colour of each row.
    lowest
        Smaller quantiles are drawn here.
    """
    rows = [(k, 0.18, values, colours[k], "model") for k, values in model.items()]
    rows += [(k, -0.18, values, MOUSE_COLOUR, "mouse") for k, values in mouse.items()]
    traces = []
    for k, shift, values, colour, what in rows:
        low, q1, median, q3, high = rounded(np.maximum(values, lowest))
        traces.append(
            {
                "type": "box",
                "orientation": "h",
                "y": [k + shift],
                "lowerfence": [low],
                "q1": [q1],
                "median": [median],
                "q3": [q3],
                "upperfence": [high],
                "width": 0.3,
                "name": what,
                "showlegend": False,
                "line": {"color": colour, "width": 1.5},
                "fillcolor": colour + "66",
                "hoverinfo": "x",
            }
        )
    return traces


def psth_figures(found: TrialAverages, period_name: str = "trial") -> tuple[Figure, ...]:
    """Draw the rates within a trial, one figure for each layer.

    Parameters
    ----------
    found
        The averages.
    period_name
        Name of a trial.
    """
    figures = []
    title = f"time in the {period_name} (ms)" if found.n_trials > 1 else "time (ms)"
    for number, layer in enumerate(found.layers):
        traces: list[dict[str, Any]] = []
        for each in found.in_layer(layer):
            colour, name = colour_of(each.name), f"{class_name(each.name)} (n = {each.n_cells:,})"
            if each.sem_Hz is not None:
                low, high = each.mean_Hz - each.sem_Hz, each.mean_Hz + each.sem_Hz
                traces += band(found.time_ms, low, high, colour)
            traces.append(curve(found.time_ms, each.mean_Hz, name, colour))
        figures.append(
            Figure(
                f"psth-{number}",
                f"Mean rates in {layer} within a {period_name}",
                traces,
                {
                    "xaxis": {"title": title},
                    "yaxis": {"title": f"{layer}: rate (Hz)", "rangemode": "tozero"},
                    "margin": {"l": 50, "r": 10, "t": 60, "b": 45},
                    "showlegend": True,
                },
                height=260,
            )
        )
    return tuple(figures)
