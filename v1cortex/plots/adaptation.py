"""Plots of adaptation: responses by number of repeats, and their recovery with the gap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from v1cortex.errors import ConfigError
from v1cortex.plots.style import LABEL, colour_of, panels_of, readable_name
from validation.adaptation import Adaptation, PopulationAdaptation

__all__ = ["adaptation"]

EXCITATORY = ("L23_E", "L4_E", "L5_E", "L6_E")
"""Populations that are drawn by default."""

STYLES = ("-", "--", "-.", ":")
"""Lines of populations of one class."""


def adaptation(
    found: Adaptation,
    populations: Sequence[str] = EXCITATORY,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw rates by repeat number, and after gaps of gray, relative to the rate at a change.

    Above, markers at the right are the rate where a repeat is left out. Below, a horizontal line
    is a population's rate at late repeats, to which the response returns without a gap. Bars are
    standard errors over sequences (of a mean over networks, their mean).

    Parameters
    ----------
    found
        The adaptation of a network.
    populations
        Populations to draw; those without spikes at changes are left out.
    axes
        Two panels to draw in; a new figure if None.

    Raises
    ------
    ConfigError
        If none of the populations is there and fires, or other than two panels are given.
    """
    shown = [
        each for each in found.populations if each.population in populations and each.repeats_Hz[0]
    ]
    if not shown:
        raise ConfigError(
            f"none of {', '.join(populations)} fires at changes; draw others of "
            f"{', '.join(each.population for each in found.populations)}"
        )
    figure, (top, bottom) = panels_of(axes, (5.5, 5.5), 2)
    styles = cycle(STYLES)
    for each in shown:
        _draw(top, bottom, each, found, next(styles))
    n_repeats = len(shown[0].repeats_Hz)
    ticks = [*range(n_repeats), n_repeats]
    top.set_xticks(ticks, [*map(str, range(n_repeats)), "omitted"])
    top.set_xlabel(f"repeats before ({found.n_sequences:.0f} sequences)", **LABEL)
    bottom.set_xlabel("time since the last presentation (s)", **LABEL)
    for panel in (top, bottom):
        panel.set_ylabel("rate / rate at a change", **LABEL)
        panel.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
        panel.set_ylim(bottom=0)
    top.legend(fontsize=8, frameon=False)
    return figure


def _draw(
    top: Axes, bottom: Axes, each: PopulationAdaptation, found: Adaptation, style: str
) -> None:
    change_Hz, colour = each.repeats_Hz[0], colour_of(each.population)
    line: dict[str, Any] = {"color": colour, "linestyle": style, "linewidth": 1.5, "markersize": 4}
    label = f"{readable_name(each.population)} (n = {each.n_cells:,.0f})"
    repeats = range(len(each.repeats_Hz))
    top.errorbar(
        repeats,
        [rate_Hz / change_Hz for rate_Hz in each.repeats_Hz],
        [error_Hz / change_Hz for error_Hz in each.repeats_standard_error_Hz],
        marker="o",
        label=label,
        **line,
    )
    top.plot(len(repeats), each.omitted_Hz / change_Hz, marker="s", markersize=5, color=colour)
    bottom.errorbar(
        [gap_ms / 1000 for gap_ms in found.gaps_ms],
        [rate_Hz / change_Hz for rate_Hz in each.after_gap_Hz],
        [error_Hz / change_Hz for error_Hz in each.after_gap_standard_error_Hz],
        marker="o",
        **line,
    )
    bottom.axhline(each.repeated_Hz / change_Hz, color=colour, linewidth=0.8, linestyle=style)
