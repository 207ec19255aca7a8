"""Plots of a search: the front among all candidates, and objectives over generations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from evolution.genome import RuleGenome
from evolution.runs import VIABLE, Front
from nestml_models.rule import TERMS
from v1cortex.plots import DPI, LABEL, save
from validation.objectives import Objective

ALL_COLOUR, MEDIAN_COLOUR, BEST_COLOUR, BAND_COLOUR = "#B8B8B8", "#0072B2", "#D55E00", "#C7DDEC"

COLOURS = "viridis"

LOGARITHMIC = frozenset({"peak_rate_Hz"})
"""Objectives with a logarithmic axis; the others may be close to 0."""

CHANCE = 0.5
"""Chance score, for AUC and for accuracy with balanced labels."""

MAX_BARS = 12
"""Maximum number of terms shown."""


def plot_front(
    front: Front, objectives: Sequence[Objective], genome: RuleGenome, path: Path
) -> Path:
    """Draw the first objective against each of the others, and the terms that the front uses.

    Candidates are grey, members of the front coloured by their generation. Those that failed, timed
    out or ran away are counted, not drawn.

    Parameters
    ----------
    front
        The front; it has at least one candidate that ran to its end.
    objectives
        The objectives, in the order of the front's.
    genome
        How rules are encoded.
    path
        The PNG file to write.
    """
    figure, panels = _figure(len(objectives))
    values = _viable_values(front)
    norm = Normalize(0, max(1, max(m.generation for m in front.candidates)))
    generations = [member.generation for member in front.members]
    others = range(1, len(objectives))
    for axes, k in zip(panels, others, strict=False):
        axes.scatter(values[:, k], values[:, 0], s=9, color=ALL_COLOUR, linewidths=0, zorder=2)
        axes.scatter(
            front.values[:, k], front.values[:, 0], s=30, c=generations, cmap=COLOURS, norm=norm,
            edgecolors="black", linewidths=0.5, zorder=3,
        )  # fmt: skip
        _scale(axes.xaxis, objectives[k])
        _mark_chance(axes, objectives[0])
        axes.set_xlabel(_label(objectives[k]), **LABEL)
        axes.set_ylabel(_label(objectives[0]), **LABEL)
    _draw_terms(panels[len(others)], front, genome)
    bar = figure.colorbar(ScalarMappable(norm, COLOURS), ax=panels, shrink=0.5, aspect=30, pad=0.01)
    bar.set_label("generation of the front's rules", **LABEL)
    bar.ax.tick_params(labelsize=8)
    bar.locator = MaxNLocator(integer=True)
    bar.update_ticks()
    figure.suptitle(
        f"{len(front.members)} rules on the front of {len(front.candidates)} evaluated"
        f"{_lost_text(front)}",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    return save(figure, path)


def plot_generations(front: Front, objectives: Sequence[Objective], path: Path) -> Path:
    """Draw each objective over the generations: best so far, median and quartiles of new rules.

    Parameters
    ----------
    front
        The front; it has at least one candidate that ran to its end.
    objectives
        The objectives, in the order of the front's.
    path
        The PNG file to write.
    """
    figure, panels = _figure(len(objectives))
    viable = [member for member in front.candidates if member.viable]
    generation = np.array([member.generation for member in viable])
    values = _viable_values(front)
    shown = np.unique(generation)
    quartiles = np.array(
        [np.quantile(values[generation == g], [0.25, 0.5, 0.75], axis=0) for g in shown]
    )
    best = np.minimum.accumulate(
        np.array([values[generation == g].min(axis=0) for g in shown]), axis=0
    )
    for k, (axes, objective) in enumerate(zip(panels, objectives, strict=False)):
        low, median, high = quartiles[:, :, k].T
        axes.fill_between(shown, low, high, color=BAND_COLOUR, linewidth=0, label="quartiles")
        axes.plot(shown, median, color=MEDIAN_COLOUR, label="median of the generation", marker=".")
        axes.plot(shown, best[:, k], color=BEST_COLOUR, label="best so far", marker=".")
        _scale(axes.yaxis, objective)
        _mark_chance(axes, objective)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("generation", **LABEL)
        axes.set_ylabel(_label(objective), **LABEL)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=9
    )
    return save(figure, path)


def _figure(n_panels: int) -> tuple[Figure, list[Axes]]:
    columns = 2  # wide enough to be read on a page
    rows = -(-n_panels // columns)
    figure = Figure(figsize=(8.4, 3.2 * rows + 0.5), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = [figure.add_subplot(rows, columns, k + 1) for k in range(n_panels)]
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    return figure, panels


def _viable_values(front: Front) -> NDArray[np.float64]:
    return np.array([member.objectives for member in front.candidates if member.viable])


def _scale(axis: XAxis | YAxis, objective: Objective) -> None:
    if objective.name in LOGARITHMIC:
        axes = axis.axes
        (axes.set_xscale if isinstance(axis, XAxis) else axes.set_yscale)("log")
        axis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


def _mark_chance(axes: Axes, objective: Objective) -> None:
    """Mark the chance score, if the axis includes it."""
    low, high = axes.get_ylim()
    if objective.name == "error" and low < CHANCE < high:
        axes.axhline(CHANCE, color="black", linewidth=0.7, linestyle=":", zorder=1)
        axes.annotate(
            "chance", (1, CHANCE), xycoords=("axes fraction", "data"), fontsize=7.5, ha="right",
            va="bottom",
        )  # fmt: skip


def _label(objective: Objective) -> str:
    return f"{objective.label}{f' ({objective.unit})' if objective.unit else ''}"


def _draw_terms(axes: Axes, front: Front, genome: RuleGenome) -> None:
    counts = Counter(int(k) for m in front.members for k in genome.active(m.genome))
    shown = sorted(counts, key=lambda k: (-counts[k], k))[:MAX_BARS]
    positions = range(len(shown))
    axes.barh(positions, [counts[k] for k in shown], color=MEDIAN_COLOUR, height=0.7)
    axes.set_yticks(positions, [TERMS[k].name.replace("*", " ") for k in shown])
    axes.set_ylim(MAX_BARS - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("rules of the front with the term", **LABEL)


def _lost_text(front: Front) -> str:
    lost = Counter(
        next(status for status in member.statuses if status not in VIABLE)
        for member in front.candidates
        if not member.viable
    )
    return "".join(f"; {count} {status}" for status, count in sorted(lost.items()))
