"""Plots of orientation tuning compared with the mouse's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.plots.style import (
    LABEL,
    MOUSE_COLOUR,
    QUANTILES,
    colour_of,
    panels_of,
    readable_name,
)
from v1cortex.tables import POPULATIONS, is_excitatory
from validation.reference import Reference, load_reference

if TYPE_CHECKING:
    from v1cortex.simulation import Tuning


def tuning(
    measured: Tuning,
    circuit: Circuit,
    reference: Reference | None = None,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw OSI by population next to the mouse's, and measured against assigned preferences.

    Bars extend from the 25 % to the 75 % quantile, lines from 5 % to 95 %; white lines are medians,
    crosses medians at chance (shuffled directions). Below, for excitatory neurons, is the
    difference between measured and assigned preferred direction, weighted by DSI.

    Parameters
    ----------
    measured
        Tuning of the circuit's neurons.
    circuit
        The circuit.
    reference
        Mouse data; those shipped with the package if None.
    axes
        Two panels to draw in; a new figure if None.

    Raises
    ------
    ConfigError
        If other than two panels are given.
    """
    reference = reference or load_reference()
    present = [k for k in range(len(POPULATIONS)) if np.any(_chosen(measured, circuit, k))]
    size = (7.0, 3.2 + 0.36 * max(len(present), 3))
    figure, (top, bottom) = panels_of(axes, size, 2, [max(len(present), 3), 4])
    labels = []
    for row, index in enumerate(present):
        name, chosen = POPULATIONS[index], _chosen(measured, circuit, index)
        _bar(top, row + 0.2, np.quantile(measured.osi[chosen], QUANTILES), colour_of(name))
        chance = np.nanmedian(measured.chance_osi[chosen])
        top.plot(chance, row + 0.2, marker="x", color="black", markersize=5, zorder=6)
        units = ""
        if name in reference.populations("osi"):
            table = reference.row(name, "osi")
            _bar(top, row - 0.2, table.quantile(QUANTILES), MOUSE_COLOUR)
            units = f", mouse {table.n_units:,}"
        labels.append(f"{readable_name(name)} (n = {np.count_nonzero(chosen):,}{units})")
    top.set_yticks(range(len(present)), labels)
    top.set_ylim(len(present) - 0.5, -0.5)
    top.set_xlim(0, 1)
    top.set_xlabel("orientation selectivity (OSI); gray: mouse, x: chance", **LABEL)
    _draw_differences(bottom, measured, circuit)
    return figure


def _chosen(measured: Tuning, circuit: Circuit, index: int) -> NDArray[np.bool_]:
    return np.asarray((circuit.nodes.population == index) & measured.firing)


def _bar(axes: Axes, height: float, quantiles: NDArray[np.float64], colour: str) -> None:
    q05, q25, q50, q75, q95 = quantiles
    axes.plot([q05, q95], [height, height], color=colour, linewidth=1.5, zorder=3)
    axes.barh(height, q75 - q25, left=q25, height=0.3, color=colour, linewidth=0, zorder=4)
    axes.plot([q50, q50], [height - 0.15, height + 0.15], color="white", linewidth=1.8, zorder=5)


def _draw_differences(axes: Axes, measured: Tuning, circuit: Circuit) -> None:
    chosen = is_excitatory(circuit.nodes.population) & measured.firing
    assigned = circuit.nodes.preferred_direction_deg[chosen]
    found = measured.preferred_direction_deg[chosen]
    difference = np.mod(found - assigned + 180.0, 360.0) - 180.0
    edges = np.arange(-180.0, 181.0, 15.0)
    weights = measured.dsi[chosen]
    share, _ = np.histogram(difference, edges, weights=weights / weights.sum())
    axes.stairs(100 * share, edges, color=colour_of("L4_E"), fill=True, alpha=0.6)
    axes.axhline(100 / (len(edges) - 1), color="black", linewidth=0.8, linestyle="--")
    axes.set_xticks(np.arange(-180, 181, 90))
    n = np.count_nonzero(chosen)
    label = f"preferred minus assigned direction (deg) of {n:,} excitatory cells; dashed: chance"
    axes.set_xlabel(label, **LABEL)
    axes.set_ylabel("share (%)", **LABEL)
