"""Figure of orientation selectivity next to the mouse's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from v1cortex.pages.activity import quantile_boxes
from v1cortex.pages.figures import Figure, rounded, rows_axis
from v1cortex.plots import QUANTILES, colour_of, readable_name
from v1cortex.tables import POPULATIONS
from validation.reference import Reference, load_reference

if TYPE_CHECKING:
    from v1cortex.circuit import Circuit
    from v1cortex.simulation import Tuning

__all__ = ["tuning_figure"]


def tuning_figure(measured: Tuning, circuit: Circuit, reference: Reference | None = None) -> Figure:
    """Draw the OSI of each population next to the mouse's, with its value by chance.

    Parameters
    ----------
    measured
        Tuning of the circuit's neurons.
    circuit
        The circuit.
    reference
        Mouse data; those shipped with the package if None.
    """
    reference = reference or load_reference()
    population = circuit.nodes.population
    chosen = {
        name: own
        for k, name in enumerate(POPULATIONS)
        if np.any(own := (population == k) & measured.firing)
    }
    model, mouse, labels, chance = {}, {}, [], []
    for row, (name, own) in enumerate(chosen.items()):
        model[row] = np.quantile(measured.osi[own], QUANTILES)
        chance.append(float(np.nanmedian(measured.chance_osi[own])))
        if name in reference.populations("osi"):
            mouse[row] = reference.row(name, "osi").quantile(QUANTILES)
        labels.append(f"{readable_name(name)} (n = {np.count_nonzero(own):,})")
    traces = quantile_boxes(model, mouse, [colour_of(name) for name in chosen])
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "median by chance",
            "x": rounded(chance),
            "y": [row + 0.18 for row in range(len(chance))],
            "marker": {
                "symbol": "x-thin-open",
                "size": 8,
                "color": "#777777",
                "line": {"width": 2},
            },
        }
    )
    return Figure(
        "tuning",
        "Orientation selectivity of each population and of the mouse's",
        traces,
        {
            "xaxis": {"title": "orientation selectivity (OSI)", "range": [0, 1]},
            "yaxis": rows_axis(labels),
            "margin": {"l": 10, "r": 10, "t": 40, "b": 45},
        },
        height=120 + 38 * len(labels),
        caption="Boxes extend from the 25 % to the 75 % quantile, lines from 5 % to 95 %. Grey: "
        "the mouse. Chance: the same trials with shuffled directions.",
    )
