"""Levels of a search by antithetic pairs: the steps tried, slopes, and what was taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import counted
from v1cortex.evaluation import SCORE_LABELS
from v1cortex.experiments.paired import (
    FACTORS,
    Gradient,
    factor_of,
    point_along,
    without_component,
)
from v1cortex.pages.figures import (
    BLUE,
    GREY,
    ORANGE,
    Figure,
    band,
    curve,
    error_bars,
    rounded,
    rows_axis,
)
from v1cortex.pages.markup import Markup, escape

__all__ = ["level_figures", "level_markup"]

N_SHOWN = 30
"""Number of dimensions of a level that are drawn, those with the steepest slopes (*choice*)."""

NORMAL_95 = 1.96
"""Standard deviations of a normal distribution on either side of its mean that hold 95 %."""

Level = Mapping[str, Any]

Values = NDArray[np.float64]


def level_figures(level: Level, score: str, gains: bool) -> tuple[Figure, ...]:
    """Return the figures of a level: steps tried, slopes, and what was taken, if anything.

    Parameters
    ----------
    level
        The level (`v1cortex.experiments.paired.Level.to_dict`).
    score
        ``auc`` or ``accuracy``.
    gains
        Whether dimensions are natural logarithms of gains; coefficients otherwise.
    """
    figures = [_steps(level, SCORE_LABELS[score]), _slopes(level, SCORE_LABELS[score], gains)]
    return (*figures, _taken(level, gains)) if any(level["step"].values()) else tuple(figures)


def level_markup(level: Level, figures: Sequence[Figure]) -> Markup:
    """Return a level with its figures and what happened in a sentence."""
    places = "".join(f"<div>{each.markup()}</div>" for each in figures)
    return Markup(
        f"<h3>{escape(level['grouping'])}</h3><p>{escape(_sentence(level))}</p>"
        f"<div class='pair'>{places}</div>"
    )


def _sentence(level: Level) -> str:
    n_networks = level["lengths"][0]["difference"]["estimate"]["n"]
    what = (
        f"{level['n_pairs']} antithetic pairs in {counted(len(level['step']), 'dimension')}; steps "
        f"compared with their start on {counted(n_networks, 'network')}."
    )
    if broken := _limits(level["failed"]):
        what += f" Points of pairs beyond a limit: {broken}."
    if not any(level["step"].values()):
        return f"{what} No step was better than none."
    return f"{what} Taken: the step of {level['size']:g}."


def _limits(failed: Mapping[str, int]) -> str:
    return ", ".join(f"{limit} ({n})" for limit, n in failed.items())


def _steps(level: Level, label: str) -> Figure:
    """Draw the difference from the start for each step, beside what the slope predicts."""
    sizes = [each["size"] for each in level["lengths"]]
    grid = np.linspace(0.0, max(sizes), 20)
    rise, rise_sd = np.array([_rise(level, size) for size in grid]).T
    traces = [
        *band(grid, rise - NORMAL_95 * rise_sd, rise + NORMAL_95 * rise_sd, GREY),
        curve(grid, rise, "slope of the pairs", GREY),
        *(_tried(level, broken) for broken in (False, True)),
    ]
    return Figure(
        f"steps-{level['grouping']}",
        f"{label} minus the start's for each step tried, as in the table of all settings",
        [trace for trace in traces if trace["x"]],
        {
            "xaxis": {"title": "step (root mean square over dimensions)", "rangemode": "tozero"},
            "yaxis": {"title": f"{label} minus the start's", "zeroline": True},
        },
        caption="Steps up the slope, with 95 % intervals; grey: what pairs alone predict. Crosses "
        "broke a limit on some network and could not be taken.",
    )


def _tried(level: Level, broken: bool) -> dict[str, Any]:
    """Return the steps that broke a limit, or those that did not."""
    own = [each for each in level["lengths"] if bool(each["failed"]) == broken]
    estimates = [each["difference"]["estimate"] for each in own]
    reach = [0.0 if each["low"] is None else each["high"] - each["mean"] for each in estimates]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "limit broken" if broken else "tried",
        "x": [each["size"] for each in own],
        "y": rounded([each["mean"] for each in estimates]),
        "text": [_hover(each) for each in own],
        "error_y": error_bars(rounded(reach), rounded(reach)) | {"color": GREY},
        "marker": {
            "size": 10,
            "symbol": "x-thin-open" if broken else "circle",
            "color": [
                GREY if broken else ORANGE if each["size"] == level["size"] else BLUE
                for each in own
            ],
        },
    }


def _hover(length: Mapping[str, Any]) -> str:
    parts = []
    if length["rate_ratio"] is not None:
        parts.append(f"mean rate x {length['rate_ratio']:.2f}")
    if length["failed"]:
        parts.append(_limits(length["failed"]))
    return "<br>".join(parts)


def _slopes(level: Level, label: str, gains: bool) -> Figure:
    names, slope, sd, _ = _shown(level)
    unit = "per factor of e in the gain" if gains else "per mean initial weight in one training"
    if level["grouping"] == FACTORS:
        unit = f"per factor of {factor_of(1.0):g}"
    caption = f"Slope with its 95 % interval (Bayesian ridge regression), {unit}."
    if (left := len(level["step"]) - len(names)) > 0:
        caption += f" The {left} least steep are not shown."
    return Figure(
        f"slopes-{level['grouping']}",
        f"Slope of the {label} in each dimension",
        [_row_points(slope, NORMAL_95 * sd, NORMAL_95 * sd, BLUE)],
        _rows_layout(names, f"slope of the {label}", 0.0),
        height=_height(names),
        caption=caption,
    )


def _taken(level: Level, gains: bool) -> Figure:
    """Draw what was taken, with the slopes' intervals in the same proportion."""
    names, slope, sd, step = _shown(level)
    length = float(np.linalg.norm(slope))
    reach = NORMAL_95 * sd * (float(np.linalg.norm(step)) / length if length else 0.0)
    title, in_units = _units(level, gains)
    low, value, high, start = (
        in_units(part) for part in (step - reach, step, step + reach, np.zeros(1))
    )
    return Figure(
        f"taken-{level['grouping']}",
        f"The {title} that was taken in each dimension",
        [_row_points(value, high - value, value - low, ORANGE)],
        _rows_layout(names, title, float(start[0])),
        height=_height(names),
        caption="What was taken at this level. Bars: the 95 % intervals of the slopes, in the "
        "proportion of the step to the slopes.",
    )


def _units(level: Level, gains: bool) -> tuple[str, Callable[[Values], Values]]:
    """Return what is drawn for steps, in words, and how they are converted to it."""
    if level["grouping"] == FACTORS:
        return "factor on what was found", lambda steps: np.array([factor_of(s) for s in steps])
    if gains:
        return "gain", np.exp
    return "change in one training (mean initial weights)", lambda steps: steps


def _shown(
    level: Level,
) -> tuple[list[str], Values, Values, Values]:
    """Return names, slopes, their errors and steps of the steepest dimensions, in their order."""
    names = list(level["step"])
    slope, sd, step = (
        np.array([level[key][name] for name in names]) for key in ("slope", "slope_sd", "step")
    )
    chosen = np.sort(np.argsort(-np.abs(slope), kind="stable")[:N_SHOWN])
    return [names[k] for k in chosen], slope[chosen], sd[chosen], step[chosen]


def _rise(level: Level, size: float) -> tuple[float, float]:
    """Return the rise that the pairs predict for a step up their slope, and its error."""
    mean, sd = (np.array(list(level[key].values())) for key in ("slope", "slope_sd"))
    slope, direction = Gradient(mean, sd, level["noise_sd"]), mean
    if level["log_rate_slope"]:
        direction = without_component(mean, np.array(list(level["log_rate_slope"].values())))
    return slope.rise(point_along(direction, size))


def _row_points(
    values: Values,
    above: Values,
    below: Values,
    colour: str,
) -> dict[str, Any]:
    """Return a point with its interval in each row."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(values),
        "y": list(range(len(values))),
        "showlegend": False,
        "hoverinfo": "x",
        "error_x": error_bars(rounded(above), rounded(below)) | {"color": GREY},
        "marker": {"size": 9, "color": colour},
    }


def _rows_layout(names: Sequence[str], title: str, start: float) -> dict[str, Any]:
    line = {"type": "line", "x0": start, "x1": start, "y0": 0, "y1": 1, "yref": "paper"}
    return {
        "xaxis": {"title": title},
        "yaxis": rows_axis(names),
        "shapes": [line | {"line": {"width": 1, "dash": "dot"}}],
        "margin": {"l": 10, "r": 10, "t": 20, "b": 45},
    }


def _height(names: Sequence[str]) -> int:
    return max(340, 90 + 20 * len(names))
