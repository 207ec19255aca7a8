"""The common style of all plots: palette, names, figures, shading, legends, writing."""

from __future__ import annotations

import io
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from matplotlib.transforms import blended_transform_factory

from nestml_models.common import write_whole
from v1cortex.errors import ConfigError
from v1cortex.plots.formats import FigureFormat

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
"""Resolution on the screen and in notebooks."""

SAVED_DPI = 300
"""Resolution of files, what journals ask for (*choice*)."""

QUANTILES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
"""Quantiles of a distribution that are drawn: ends of the thin line, of the bar, and the median."""

MIN_TICKS = 3
"""A logarithmic axis has at least this many labelled ticks."""

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
    figure, grid = new_grid(size_inch, n_rows, 1, height_ratios=height_ratios)
    panels = [figure.add_subplot(grid[row, 0]) for row in range(n_rows)]
    for axes in panels:
        plain_axes(axes)
    return figure, panels


def new_grid(
    size_inch: tuple[float, float],
    n_rows: int,
    n_columns: int,
    height_ratios: Sequence[float] | None = None,
    width_ratios: Sequence[float] | None = None,
) -> tuple[Picture, GridSpec]:
    """Return a figure without panels, and the grid for them.

    Parameters
    ----------
    size_inch
        Width and height of the figure.
    n_rows, n_columns
        Size of the grid.
    height_ratios, width_ratios
        Relative sizes of rows and columns; equal if None.
    """
    figure = Picture(figsize=size_inch, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        n_rows, n_columns, height_ratios=height_ratios, width_ratios=width_ratios
    )
    return figure, grid


def plain_axes(axes: Axes) -> None:
    """Remove the upper and right border of a panel, and make its tick labels small."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def panels_of(
    axes: Sequence[Axes] | Axes | None,
    size_inch: tuple[float, float],
    n_rows: int = 1,
    height_ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return the figure and panels to draw in: those given, or a new figure with one column.

    Parameters
    ----------
    axes
        Panels of a figure of one's own, from the top; None for a new figure.
    size_inch, n_rows, height_ratios
        Of a new figure.

    Raises
    ------
    ConfigError
        If the number of panels given is wrong.
    """
    if axes is None:
        return new_figure(size_inch, n_rows, height_ratios)
    given = [axes] if isinstance(axes, Axes) else list(axes)
    if len(given) != n_rows:
        raise ConfigError(f"{len(given)} axes were given; this plot has {n_rows} panels")
    return figure_of(given[0]), given


def figure_of(axes: Axes) -> Figure:
    """Return the figure that the panel is in, also within subfigures."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def png(figure: Figure, dpi: int = DPI) -> bytes:
    """Return the figure as a PNG, at the screen's resolution by default."""
    return _rendered(figure, "png", dpi)


def save(figure: Figure, path: Path, dpi: int = SAVED_DPI) -> Path:
    """Write the figure, whole or not at all, and return its path.

    Parameters
    ----------
    figure
        The figure.
    path
        File to write; its ending gives the format, a `FigureFormat`.
    dpi
        Resolution in dots per inch; in SVG and PDF, that of parts with many points.

    Raises
    ------
    ConfigError
        If the ending is another.
    CacheError
        If the file cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in set(FigureFormat):
        raise ConfigError(f"{path}: figures are written as .{', .'.join(FigureFormat)}")
    write_whole(path, _rendered(figure, kind, dpi))
    return path


def save_alone(figure: Figure, path: Path) -> Path:
    """Write the figure as `save` does, and remove the same figure in other formats."""
    written = save(figure, path)
    remove_figure(path, {path.suffix.lower().removeprefix(".")})
    return written


def remove_figure(path: Path, but: Container[str] = ()) -> None:
    """Remove a figure of this name in all formats, but for some."""
    for kind in FigureFormat:
        if kind not in but:
            path.with_name(f"{path.stem}.{kind}").unlink(missing_ok=True)


def _rendered(figure: Figure, kind: str, dpi: int) -> bytes:
    """Return the figure in a format; equal data give equal bytes."""
    # Without program versions and dates in the metadata.
    unwanted = {"png": ("Software",), "svg": ("Creator", "Date")}.get(
        kind, ("Creator", "Producer", "CreationDate")
    )
    buffer = io.BytesIO()
    # Text stays text, which can be edited; identifiers in SVG do not change.
    settings: Any = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "v1cortex"}
    with mpl.rc_context(settings):
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=dict.fromkeys(unwanted))
    return buffer.getvalue()


def log_axis(axis: XAxis | YAxis) -> None:
    """Make an axis logarithmic, with `MIN_TICKS` or more labelled ticks within its limits."""
    axes = axis.axes
    (axes.set_xscale if isinstance(axis, XAxis) else axes.set_yscale)("log")
    low, high = sorted(axis.get_view_interval())
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = np.sort(np.outer(decades, steps).ravel())
        shown = ticks[(ticks >= low * (1 - 1e-9)) & (ticks <= high * (1 + 1e-9))]
        if len(shown) >= MIN_TICKS:
            break
    else:
        shown = np.array(MaxNLocator(MIN_TICKS + 1, min_n_ticks=MIN_TICKS).tick_values(low, high))
        shown = shown[(shown >= low) & (shown <= high)]
    axis.set_major_locator(FixedLocator(shown.tolist()))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
    axis.set_view_interval(low, high, ignore=True)


def class_name(name: str) -> str:
    """Return the cell class of a population: Pvalb of L23_Pvalb."""
    return name.rsplit("_", 1)[-1]


def layer_name(name: str) -> str:
    """Return the layer of a population: L2/3 of L23_Pvalb."""
    layer = name.split("_", 1)[0]
    return "L2/3" if layer == "L23" else layer


def readable_name(name: str) -> str:
    """Return a population's name for people: L2/3 Pvalb of L23_Pvalb."""
    return name if "_" not in name else f"{layer_name(name)} {class_name(name)}"


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


def class_legend(
    axes: Axes, population: IntArray, population_names: Sequence[str], own: bool = True
) -> None:
    """Add a legend of the cell classes with neurons below the figure, or below a panel.

    Parameters
    ----------
    axes
        The lowest panel.
    population, population_names
        Populations of the neurons.
    own
        Whether the figure has no other panels.
    """
    handles = [
        Line2D([], [], color=class_colour(c), linewidth=2, label=c)
        for c in classes_of(population, population_names)
    ]
    legend_below(axes, handles, own)


def legend_below(axes: Axes, handles: Sequence[Artist], own: bool) -> None:
    """Add a legend below the figure (`own`), or below a panel of another figure."""
    if own:
        figure_of(axes).legend(
            handles=handles, loc="outside lower center", ncols=len(handles), frameon=False,
            fontsize=8.5,
        )  # fmt: skip
    else:
        axes.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=len(handles),
            frameon=False, fontsize=8.5,
        )  # fmt: skip
