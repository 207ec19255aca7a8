"""The common style of all plots: palette, names, figures, shading, legends, writing."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from nestml_models.common import write_whole

IntArray = npt.NDArray[np.integer[Any]]

Span = tuple[float, float, str]
"""Start in ms, end in ms and label of a period to mark, such as an image or read-out window."""

CLASS_COLOURS: Mapping[str, str] = {
    "E": "#D55E00",
    "Pvalb": "#0072B2",
    "Sst": "#009E73",
    "Htr3a": "#CC79A7",
}
"""Colours that can be distinguished with all common colour blindness (Okabe and Ito 2008)."""

TEXT_COLOURS: Mapping[str, str] = {
    "E": "#A84900",
    "Pvalb": "#005A8C",
    "Sst": "#00704F",
    "Htr3a": "#9A3F73",
}
"""The same hues, dark enough for small text on white."""

MOUSE_COLOUR = "#8A8A8A"

SPAN_COLOURS = ("#F0E442", "#56B4E9", "#999999")
"""One for each kind of span, drawn faintly."""

DPI = 110

LABEL: Mapping[str, Any] = {"size": 9}
"""Text of axis labels."""


class Picture(Figure):
    """A Matplotlib figure without pyplot that notebooks still display."""

    def _repr_png_(self) -> bytes:
        return png(self)


def new_figure(
    size_inch: tuple[float, float], n_rows: int, height_ratios: Sequence[float] | None = None
) -> tuple[Picture, list[Axes]]:
    """Return a figure with one column of panels, and the panels from the top."""
    figure = Picture(figsize=size_inch, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    ratios = height_ratios or [1.0] * n_rows
    grid = figure.add_gridspec(n_rows, 1, height_ratios=ratios)
    panels = [figure.add_subplot(grid[row, 0]) for row in range(n_rows)]
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    return figure, panels


def png(figure: Figure) -> bytes:
    """Return the figure as a PNG."""
    buffer = io.BytesIO()
    # Without the software's version in the metadata, equal data give equal bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def save(figure: Figure, path: Path) -> Path:
    """Write the figure as a PNG, whole or not at all, and return its path."""
    write_whole(path, png(figure))
    return path


def class_name(name: str) -> str:
    """Return the cell class of a population: Pvalb of L23_Pvalb."""
    return name.rsplit("_", 1)[-1]


def layer_name(name: str) -> str:
    """Return the layer of a population: L2/3 of L23_Pvalb."""
    layer = name.split("_", 1)[0]
    return "L2/3" if layer == "L23" else layer


def class_colour(cell_class: str) -> str:
    """Return the colour of a cell class, black for one without."""
    return CLASS_COLOURS.get(cell_class, "#000000")


def colour_of(name: str) -> str:
    """Return the colour of a population, that of its class."""
    return class_colour(class_name(name))


def text_colour_of(name: str) -> str:
    """Return the colour for text about a population."""
    return TEXT_COLOURS.get(class_name(name), "#000000")


def write_title(axes: Axes, title: str, spans: Sequence[Span]) -> None:
    """Write the title above the labels of the spans."""
    axes.set_title(title, loc="left", fontsize=11, pad=16 if spans else 6)


def classes_of(population: IntArray, population_names: Sequence[str]) -> list[str]:
    """Return the cell classes with neurons, in the order of the palette."""
    present = {class_name(population_names[k]) for k in np.unique(population)}
    return sorted(present, key=lambda c: (c not in CLASS_COLOURS, [*CLASS_COLOURS, c].index(c)))


def shade(axes: Axes, spans: Sequence[Span], labelled: bool) -> None:
    """Shade the spans within the axis, one colour per label."""
    kinds = list(dict.fromkeys(label for _, _, label in spans))
    left, right = axes.get_xlim()
    above = blended_transform_factory(axes.transData, axes.transAxes)
    for start, stop, label in spans:
        if stop <= left or start >= right:
            continue
        colour = SPAN_COLOURS[kinds.index(label) % len(SPAN_COLOURS)]
        axes.axvspan(
            max(start, left), min(stop, right), color=colour, alpha=0.25, linewidth=0, zorder=0
        )
        if labelled and label:
            axes.text(
                max(start, left), 1.005, label, transform=above, ha="left", va="bottom",
                fontsize=7.5, clip_on=False,
            )  # fmt: skip


def class_legend(axes: Axes, population: IntArray, population_names: Sequence[str]) -> None:
    """Add a legend of the cell classes with neurons below the figure."""
    handles = [
        Line2D([], [], color=class_colour(c), linewidth=2, label=c)
        for c in classes_of(population, population_names)
    ]
    axes.figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=8.5
    )
