"""Plots of a model's variability and rates compared with the mouse's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from v1cortex.plots.style import (
    LABEL,
    MOUSE_COLOUR,
    colour_of,
    log_axis,
    panels_of,
    readable_name,
    text_colour_of,
)
from validation.scores import (
    MIN_BINS,
    Comparison,
    FanoPoint,
    NetworkStatistics,
    PopulationStatistics,
)

MODEL_COLOUR = "#222222"


def variability(
    statistics: NetworkStatistics, title: str = "", axes: Sequence[Axes] | None = None
) -> Figure:
    """Draw the population Fano factor by bin width, and CV of ISIs and Fano factor by population.

    Parameters
    ----------
    statistics
        Statistics of a recording.
    title
        Title of the plot.
    axes
        Two panels to draw in; a new figure if None.

    Raises
    ------
    ConfigError
        If other than two panels are given.
    """
    rows = statistics.populations
    size = (8.0, 2.8 + 0.27 * max(len(rows), 4))
    figure, (top, bottom) = panels_of(axes, size, 2, [2, max(len(rows), 4) / 4])
    _draw_fano_curve(top, statistics.fano_curve)
    _draw_single_neurons(bottom, rows)
    top.set_title(title, loc="left", fontsize=11)
    return figure


def distances(
    comparisons: tuple[Comparison, ...], title: str = "", ax: Axes | None = None
) -> Figure:
    """Draw the distance of each population's rates from the mouse's, with its noise floor.

    Parameters
    ----------
    comparisons
        The network first, then populations.
    title
        Title of the plot.
    ax
        The panel to draw in; a new figure if None.
    """
    figure, (axes,) = panels_of(ax, (8.0, 1.1 + 0.27 * max(len(comparisons), 3)))
    place = np.arange(len(comparisons))
    colours = [colour_of(row.population) for row in comparisons]
    axes.barh(place, [row.distance_Hz for row in comparisons], 0.6, color=colours, zorder=2)
    for k, row in enumerate(comparisons):
        axes.plot([row.floor_Hz] * 2, [k - 0.42, k + 0.42], color="black", linewidth=2, zorder=3)
    axes.plot([], [], color="black", linewidth=2, label="chance: two samples of the mouse")
    counts = [f"{row.n_model:,}, mouse {row.n_mouse:,}" for row in comparisons]
    _label_populations(axes, [row.population for row in comparisons], counts)
    axes.set_xlabel("Wasserstein distance of firing rates, model to mouse (Hz)", **LABEL)
    axes.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    axes.set_title(title, loc="left", fontsize=11)
    return figure


def _draw_fano_curve(axes: Axes, curve: tuple[FanoPoint, ...]) -> None:
    if not curve:
        axes.text(
            0.5, 0.5, f"too short: no bin fits {MIN_BINS} times in the recording, or no excitatory "
            "cells", transform=axes.transAxes, ha="center", fontsize=9,
        )  # fmt: skip
        axes.set_axis_off()
        return
    width = np.array([point.bin_ms for point in curve])
    mouse, sd = (np.array([getattr(p, key) for p in curve]) for key in ("mouse", "mouse_sd"))
    model = np.array([np.nan if p.model is None else p.model for p in curve])
    axes.fill_between(width, mouse - sd, mouse + sd, color=MOUSE_COLOUR, alpha=0.3, linewidth=0)
    axes.plot(width, mouse, color=MOUSE_COLOUR, label="mouse, mean and sd over sessions")
    axes.plot(width, model, color=MODEL_COLOUR, label="model")
    log_axis(axes.xaxis)
    axes.axhline(1, color="#BBBBBB", linewidth=0.8, zorder=0)
    axes.annotate(
        "Poisson", (1, 1), xycoords=("axes fraction", "data"), ha="right", va="bottom",
        fontsize=7.5, color="#666666",
    )  # fmt: skip
    axes.set_xlabel(f"bin (ms), of those that fit {MIN_BINS} times in the recording", **LABEL)
    axes.set_ylabel("Fano factor of the count\nof 70 excitatory cells", **LABEL)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_single_neurons(axes: Axes, rows: tuple[PopulationStatistics, ...]) -> None:
    for marker, key, label in (("o", "cv_isi", "CV of ISIs"), ("D", "fano", "Fano factor")):
        for k, row in enumerate(rows):
            value = getattr(row, key)
            if value is not None:
                axes.plot(
                    value, k, marker, color=colour_of(row.population), markersize=5,
                    markerfacecolor="white" if marker == "D" else None,
                )  # fmt: skip
        face = "white" if marker == "D" else "black"
        axes.plot([], [], marker, color="black", markerfacecolor=face, label=label)
    axes.axvline(1, color="#BBBBBB", linewidth=0.8, zorder=0)
    axes.text(1, -0.75, "Poisson", ha="center", va="bottom", fontsize=7.5, color="#666666")
    axes.set_xlim(left=0)
    counts = [f"{row.rates.n:,}" for row in rows]
    _label_populations(axes, [row.population for row in rows], counts)
    axes.set_xlabel("mean over neurons", **LABEL)
    axes.legend(frameon=False, fontsize=8, loc="lower left")


def _label_populations(axes: Axes, names: list[str], counts: list[str]) -> None:
    texts = [
        f"{readable_name(name)} (n = {count})" for name, count in zip(names, counts, strict=True)
    ]
    axes.set_yticks(range(len(names)), texts)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set_color(text_colour_of(name))
    axes.set_ylim(len(names) - 0.5, -0.5)
