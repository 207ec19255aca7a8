"""Figures of variability and of distances from the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from v1cortex.pages.figures import BLUE, Figure, band, curve, rows_axis
from v1cortex.plots import MOUSE_COLOUR, colour_of, readable_name
from validation.scores import MIN_BINS, Comparison, FanoPoint, PopulationStatistics

__all__ = ["distances_figure", "fano_figure", "variability_figure"]

MODEL_COLOUR = BLUE


def distances_figure(rows: Sequence[Comparison]) -> Figure:
    """Draw the distance of each population's rates from the mouse's, with its noise floor."""
    place = list(range(len(rows)))
    labels = [
        f"{readable_name(row.population)} (n = {row.n_model:,}, mouse {row.n_mouse:,})"
        for row in rows
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": place,
            "x": [round(row.distance_Hz, 4) for row in rows],
            "marker": {
                "color": [
                    MODEL_COLOUR if row.population == "network" else colour_of(row.population)
                    for row in rows
                ]
            },
            "name": "model to mouse",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "mode": "markers",
            "y": place,
            "x": [round(row.floor_Hz, 4) for row in rows],
            "marker": {
                "symbol": "line-ns-open",
                "size": 20,
                "color": "#777777",
                "line": {"width": 3},
            },
            "name": "chance: two samples of the mouse",
        },
    ]
    return Figure(
        "distances",
        "Distance of each population's firing rates from the mouse's",
        traces,
        {
            "xaxis": {"title": "Wasserstein distance of firing rates (Hz)"},
            "yaxis": rows_axis(labels),
            "margin": {"l": 10, "r": 10, "t": 40, "b": 45},
        },
        height=120 + 28 * len(rows),
    )


def fano_figure(points: Sequence[FanoPoint]) -> Figure:
    """Draw the population Fano factor by bin width next to the mouse's."""
    widths = [point.bin_ms for point in points]
    mouse, sd = np.array([(p.mouse, p.mouse_sd) for p in points]).reshape(-1, 2).T
    traces = [
        *band(widths, mouse - sd, mouse + sd, MOUSE_COLOUR),
        curve(widths, mouse, "mouse", MOUSE_COLOUR),
        curve(widths, [p.model for p in points], "model", MODEL_COLOUR),
    ]
    ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500) if widths and t <= widths[-1]]
    return Figure(
        "fano",
        "Population Fano factor by bin width, of model and mouse",
        traces,
        {
            "xaxis": {"title": "bin (ms)", "type": "log", "tickmode": "array", "tickvals": ticks},
            "yaxis": {"title": "Fano factor of the count of 70 excitatory cells"},
            "shapes": [_line("y", 1)],
            "margin": {"l": 60, "r": 10, "t": 40, "b": 45},
        },
        caption=f"For bins that fit {MIN_BINS} times in the recording. Band: sd over the mouse's "
        "sessions; dotted: Poisson.",
    )


def variability_figure(rows: Sequence[PopulationStatistics]) -> Figure:
    """Draw the CV of inter-spike intervals and the Fano factor of each population."""
    labels = [f"{readable_name(row.population)} (n = {row.rates.n:,})" for row in rows]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "y": list(range(len(rows))),
            "x": [getattr(row, key) for row in rows],
            "marker": {
                "symbol": symbol,
                "size": 9,
                "color": [colour_of(row.population) for row in rows],
            },
        }
        for name, key, symbol in (
            ("CV of intervals (circle)", "cv_isi", "circle"),
            ("Fano factor (diamond)", "fano", "diamond-open"),
        )
    ]
    return Figure(
        "variability",
        "CV of inter-spike intervals and Fano factor of each population",
        traces,
        {
            "xaxis": {"title": "mean over neurons", "rangemode": "tozero"},
            "yaxis": rows_axis(labels),
            "shapes": [_line("x", 1)],
            "margin": {"l": 10, "r": 10, "t": 40, "b": 45},
        },
        height=120 + 24 * len(rows),
        caption="Dotted: Poisson.",
    )


def _line(along: str, value: float) -> dict[str, Any]:
    """Return a dotted line at a value of one axis, across the other."""
    across = "y" if along == "x" else "x"
    return {
        "type": "line",
        f"{along}0": value,
        f"{along}1": value,
        f"{across}0": 0,
        f"{across}1": 1,
        f"{across}ref": "paper",
        "line": {"width": 1, "dash": "dot"},
    }
