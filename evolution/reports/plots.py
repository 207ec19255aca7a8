"""Plots of a search: the front among all candidates, and objectives over generations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from evolution.genome import RuleGenome
from evolution.runs import VIABLE, Front, Member
from nestml_models.common import counted
from nestml_models.rule import TERMS
from v1cortex.plots import LABEL, log_axis, new_grid, panels_of, plain_axes
from validation.objectives import Objective

ALL_COLOUR, MEDIAN_COLOUR, BEST_COLOUR, BAND_COLOUR = "#B8B8B8", "#0072B2", "#D55E00", "#C7DDEC"

STATIC_COLOUR = "#222222"

COLOURS = "viridis"

LOGARITHMIC = frozenset({"peak_rate_Hz"})
"""Objectives with a logarithmic axis; the others may be close to 0."""

CHANCE = 0.5
"""Chance score, for AUC and for accuracy with balanced labels."""

MAX_BARS = 12
"""Maximum number of terms shown."""


def plot_front(
    front: Front,
    objectives: Sequence[Objective],
    genome: RuleGenome,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw the first objective against each of the others, and the terms that the front uses.

    Candidates are grey, members of the front coloured by their generation; a square is the static
    network, if it was tried. Those that failed, timed out or ran away are counted, not drawn.

    Parameters
    ----------
    front
        The front; it has at least one candidate that ran to its end.
    objectives
        The objectives, in the order of the front's.
    genome
        How rules are encoded.
    axes
        Panels to draw in, as many as objectives, the last for the terms; a new figure if None.

    Raises
    ------
    ConfigError
        If the number of panels is another.
    """
    figure, panels = _panels(axes, len(objectives))
    static = static_network(front, genome)
    values = _viable_values(front)
    norm = Normalize(0, max(1, max(m.generation for m in front.candidates)))
    generations = [member.generation for member in front.members]
    others = range(1, len(objectives))
    for panel, k in zip(panels, others, strict=False):
        panel.scatter(values[:, k], values[:, 0], s=9, color=ALL_COLOUR, linewidths=0, zorder=2)
        panel.scatter(
            front.values[:, k], front.values[:, 0], s=30, c=generations, cmap=COLOURS, norm=norm,
            edgecolors="black", linewidths=0.5, zorder=3,
        )  # fmt: skip
        if static is not None:
            panel.scatter(
                static.objectives[k], static.objectives[0], s=70, marker="s", facecolors="none",
                edgecolors=STATIC_COLOUR, linewidths=1.3, zorder=4,
            )  # fmt: skip
        _scale(panel.xaxis, objectives[k])
        _mark_chance(panel, objectives[0])
        panel.set_xlabel(_label(objectives[k]), **LABEL)
        panel.set_ylabel(_label(objectives[0]), **LABEL)
    _draw_terms(panels[len(others)], front, genome)
    bar = figure.colorbar(ScalarMappable(norm, COLOURS), ax=panels, shrink=0.5, aspect=30, pad=0.01)
    bar.set_label("generation of the front's rules", **LABEL)
    bar.ax.tick_params(labelsize=8)
    bar.locator = MaxNLocator(integer=True)
    bar.update_ticks()
    marks = "" if static is None else "\nsquare: static network"
    if axes is None:
        figure.suptitle(
            f"{counted(len(front.members), 'rule')} on the front of {len(front.candidates):,} "
            f"evaluated{_lost_text(front)}{marks}",
            x=0.01,
            ha="left",
            fontsize=11,
        )
    return figure


def plot_generations(
    front: Front,
    objectives: Sequence[Objective],
    genome: RuleGenome,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw each objective over the generations: best so far, median and quartiles of new rules.

    The static network, if it was tried, is a line.

    Parameters
    ----------
    front
        The front; it has at least one candidate that ran to its end.
    objectives
        The objectives, in the order of the front's.
    genome
        How rules are encoded.
    axes
        Panels to draw in, as many as objectives; a new figure if None.

    Raises
    ------
    ConfigError
        If the number of panels is another.
    """
    figure, panels = _panels(axes, len(objectives))
    static = static_network(front, genome)
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
    for k, (panel, objective) in enumerate(zip(panels, objectives, strict=True)):
        low, median, high = quartiles[:, :, k].T
        panel.fill_between(shown, low, high, color=BAND_COLOUR, linewidth=0, label="quartiles")
        panel.plot(shown, median, color=MEDIAN_COLOUR, label="median of the generation", marker=".")
        panel.plot(shown, best[:, k], color=BEST_COLOUR, label="best so far", marker=".")
        if static is not None:
            panel.axhline(
                static.objectives[k], color=STATIC_COLOUR, linewidth=1, linestyle="--",
                label="static network", zorder=1,
            )  # fmt: skip
        _scale(panel.yaxis, objective)
        _mark_chance(panel, objective)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        room = max(0.5, 0.03 * (shown[-1] - shown[0]))
        panel.set_xlim(shown[0] - room, shown[-1] + room)
        panel.set_xlabel("generation", **LABEL)
        panel.set_ylabel(_label(objective), **LABEL)
    n_each = f"{len(viable):,} rules ran to their end"
    handles, labels = panels[0].get_legend_handles_labels()
    if axes is None:
        figure.legend(
            handles, labels, loc="outside lower center", ncols=len(labels), frameon=False,
            fontsize=9,
        )  # fmt: skip
        figure.suptitle(n_each, x=0.01, ha="left", fontsize=11)
    else:
        panels[0].legend(handles, labels, frameon=False, fontsize=7.5)
    return figure


def static_network(front: Front, genome: RuleGenome) -> Member | None:
    """Return the static network, if it was tried: a rule without terms.

    No rule is simpler, so that it is on the front.
    """
    return next((each for each in front.members if not len(genome.active(each.genome))), None)


def _panels(axes: Sequence[Axes] | None, n_panels: int) -> tuple[Figure, list[Axes]]:
    if axes is not None:
        return panels_of(axes, (0, 0), n_panels)
    columns = 2  # wide enough to be read on a page
    rows = -(-n_panels // columns)
    figure, grid = new_grid((8.4, 3.2 * rows + 0.7), rows, columns)
    panels = [figure.add_subplot(grid[k // columns, k % columns]) for k in range(n_panels)]
    for panel in panels:
        plain_axes(panel)
    return figure, panels


def _viable_values(front: Front) -> NDArray[np.float64]:
    return np.array([member.objectives for member in front.candidates if member.viable])


def _scale(axis: XAxis | YAxis, objective: Objective) -> None:
    if objective.name in LOGARITHMIC:
        log_axis(axis)


def _mark_chance(axes: Axes, objective: Objective) -> None:
    """Mark the chance score, whatever the scores are."""
    if objective.name == "error":
        low, high = axes.get_ylim()
        room = 0.04 * (high - low)
        axes.set_ylim(min(low, CHANCE - room), max(high, CHANCE + room))
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
