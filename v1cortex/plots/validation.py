"""Plots of a model's variability and rates compared with the mouse's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from v1cortex.plots.style import (
    LABEL,
    MOUSE_COLOUR,
    class_name,
    colour_of,
    layer_name,
    new_figure,
    save,
    text_colour_of,
)
from validation.scores import Comparison, FanoPoint, NetworkStatistics, PopulationStatistics

MODEL_COLOUR = "#222222"


def variability(statistics: NetworkStatistics, path: Path, title: str = "") -> Path:
    """Draw the population Fano factor by bin width, and CV of ISIs and Fano factor by population.

    Parameters
    ----------
    statistics
        Statistics of a recording.
    path
        The PNG file.
    title
        Title of the plot.
    """
    rows = statistics.populations
    figure, (top, bottom) = new_figure((8.0, 2.6 + 0.24 * max(len(rows), 4)), 2, [2, 2.4])
    _draw_fano_curve(top, statistics.fano_curve)
    _draw_single_neurons(bottom, rows)
    top.set_title(title, loc="left", fontsize=11)
    return save(figure, path)


def distances(comparisons: tuple[Comparison, ...], path: Path, title: str = "") -> Path:
    """Draw the distance of each population's rates from the mouse's, with its noise floor.

    Parameters
    ----------
    comparisons
        The network first, then populations.
    path
        The PNG file.
    title
        Title of the plot.
    """
    figure, (axes,) = new_figure((8.0, 1.1 + 0.27 * max(len(comparisons), 3)), 1)
    place = np.arange(len(comparisons))
    colours = [colour_of(row.population) for row in comparisons]
    axes.barh(place, [row.distance_Hz for row in comparisons], 0.6, color=colours, zorder=2)
    for k, row in enumerate(comparisons):
        axes.plot([row.floor_Hz] * 2, [k - 0.42, k + 0.42], color="black", linewidth=2, zorder=3)
    axes.plot([], [], color="black", linewidth=2, label="two samples of the mouse, as many cells")
    _label_populations(axes, [row.population for row in comparisons])
    axes.set_xlabel("Wasserstein distance of firing rates, model to mouse (Hz)", **LABEL)
    axes.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    axes.set_title(title, loc="left", fontsize=11)
    return save(figure, path)


def _draw_fano_curve(axes: Axes, curve: tuple[FanoPoint, ...]) -> None:
    width = np.array([point.bin_ms for point in curve])
    mouse, sd = (np.array([getattr(p, key) for p in curve]) for key in ("mouse", "mouse_sd"))
    model = np.array([np.nan if p.model is None else p.model for p in curve])
    axes.fill_between(width, mouse - sd, mouse + sd, color=MOUSE_COLOUR, alpha=0.3, linewidth=0)
    axes.plot(width, mouse, color=MOUSE_COLOUR, label="mouse, mean and sd over sessions")
    axes.plot(width, model, color=MODEL_COLOUR, label="model")
    if width.size:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    axes.axhline(1, color="#BBBBBB", linewidth=0.8, zorder=0)
    axes.set_xlabel("bin (ms)", **LABEL)
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
    _label_populations(axes, [row.population for row in rows])
    axes.set_xlabel("mean over neurons", **LABEL)
    axes.legend(frameon=False, fontsize=8, loc="lower right")


def _label_populations(axes: Axes, names: list[str]) -> None:
    texts = [
        name if "_" not in name else f"{layer_name(name)} {class_name(name)}" for name in names
    ]
    axes.set_yticks(range(len(names)), texts)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set_color(text_colour_of(name))
    axes.set_ylim(len(names) - 0.5, -0.5)
