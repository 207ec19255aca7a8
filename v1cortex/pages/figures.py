"""Figures of a page: traces and layout of plotly.js, and the element that holds them."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from v1cortex.pages.markup import Markup, escape

__all__ = [
    "BLUE",
    "GREY",
    "ORANGE",
    "Figure",
    "band",
    "curve",
    "error_bars",
    "rounded",
    "rows_axis",
]

BLUE, ORANGE, GREY = "#3a8fc4", "#D55E00", "#8d959e"
"""Colours of what is measured, of what stands out, and of what it is compared with."""

Values = npt.ArrayLike | Sequence[float | None]
"""Numbers, None where there is none."""


@dataclass(frozen=True)
class Figure:
    """A figure that plotly.js draws.

    Attributes
    ----------
    id
        Identifier of its element.
    description
        What it shows, for screen readers.
    traces, layout
        As for plotly.js; axes take their ``title`` as text.
    height
        Height in pixels.
    caption
        Text below it.
    """

    id: str
    description: str
    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    height: int = 340
    caption: str = ""

    def markup(self) -> Markup:
        """Return its element, with the caption."""
        caption = f"<p class='caption'>{escape(self.caption)}</p>" if self.caption else ""
        return Markup(
            f"<div class='plot' id='{self.id}' style='min-height:{self.height}px' role='img' "
            f"aria-label='{html.escape(self.description)}'></div>{caption}"
        )

    def plain(self) -> dict[str, Any]:
        """Return what the script needs."""
        return {
            "id": self.id,
            "traces": [dict(each) for each in self.traces],
            "layout": dict(self.layout),
            "height": self.height,
        }


def rounded(values: Values) -> list[float | None]:
    """Return numbers with five digits, None for those that are not finite."""
    found = np.asarray(values, dtype=np.float64).ravel()
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in found]


def curve(x: npt.ArrayLike, y: Values, name: str, colour: str) -> dict[str, Any]:
    """Return a line."""
    style = {"name": name, "line": {"color": colour, "width": 2}}
    return {"type": "scatter", "mode": "lines", "x": rounded(x), "y": rounded(y), **style}


def band(
    x: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, colour: str
) -> list[dict[str, Any]]:
    """Return a faint band between two lines."""
    edge: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": rounded(x),
        "line": {"width": 0},
    }
    edge |= {"showlegend": False, "hoverinfo": "skip"}
    filled = {"fill": "tonexty", "fillcolor": colour + "40"}
    return [{**edge, "y": rounded(high)}, {**edge, **filled, "y": rounded(low)}]


def error_bars(above: Sequence[float | None], below: Sequence[float | None]) -> dict[str, Any]:
    """Return the error bars of points: lengths above and below each."""
    bars: dict[str, Any] = {"type": "data", "symmetric": False, "thickness": 1.5, "width": 4}
    return bars | {"array": list(above), "arrayminus": list(below)}


def rows_axis(labels: Sequence[str]) -> dict[str, Any]:
    """Return an axis with a labelled row for each item, the first at the top."""
    return {
        "tickmode": "array",
        "tickvals": list(range(len(labels))),
        "ticktext": list(labels),
        "range": [len(labels) - 0.5, -0.5],
        "showgrid": False,
    }
