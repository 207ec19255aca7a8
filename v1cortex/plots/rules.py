"""Plots of rules."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nestml_models.compiled import N_PAIRINGS, Window
from v1cortex.plots.style import LABEL, colour_of, panels_of

_STYLES = {0.0: "-", 1.0: "--", -1.0: ":"}


def window(found: Window, title: str, pre_type: str, ax: Axes | None = None) -> Figure:
    """Draw the weight change against the lag of two spikes, next to that of a static synapse.

    Parameters
    ----------
    found
        The simulated window.
    title
        Title of the plot.
    pre_type
        Presynaptic population, which determines the colour.
    ax
        The panel to draw in; a new figure if None.
    """
    figure, (axes,) = panels_of(ax, (5.2, 3.6))
    for delta, change in found.change.items():
        axes.plot(
            found.lag_ms,
            100 * change,
            _STYLES[delta],
            color=colour_of(pre_type),
            label=reward_label(delta),
        )
    axes.axhline(0, color="#B0B0B0", linewidth=0.8, zorder=0, label="static synapse")
    axes.axvline(0, color="#B0B0B0", linewidth=0.8, zorder=0)
    axes.set_xlabel("post minus pre, at the synapse (ms)", **LABEL)
    axes.set_ylabel(f"change by {N_PAIRINGS} pairings at 1 Hz (%)", **LABEL)
    axes.set_title(title, loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8)
    return figure


def reward_label(delta: float) -> str:
    """Return the label of a curve or column with this reward prediction error."""
    return f"reward error {delta:+g}" if delta else "no reward error"
