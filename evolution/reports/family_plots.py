"""Plots of families of rules: coefficient maps, and parameters against behaviour."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from evolution.reports.degeneracy import Behaviour, Correlation
from evolution.reports.families import Families, Family, RuleSet
from nestml_models.rule import TERMS, Term
from v1cortex.plots import DPI, LABEL, save, text_colour_of

COEFFICIENT_COLOURS, DISTANCE_COLOURS = "RdBu_r", "viridis"

NO_SYNAPSES = "#D9D9D9"
"""Colour of pairs of types without plastic synapses."""

WITHIN_COLOUR, BETWEEN_COLOUR, FLOOR_COLOUR = "#D55E00", "#B8B8B8", "#0072B2"

COLUMNS = 3


def plot_family(rules: RuleSet, family: Family, formula: str, path: Path) -> Path:
    """Draw the coefficients of a family's terms over all pairs of neuron types.

    Each map is the mean over the members that have the term. Pairs without plastic synapses are
    grey.

    Parameters
    ----------
    rules
        All rules.
    family
        The family.
    formula
        The formula of the rule that represents it.
    path
        The PNG file to write.
    """
    members = list(family.members)
    having = rules.gates[members].sum(axis=0)
    terms = [TERMS[k] for k in np.argsort(-having, kind="stable") if having[k]]
    rows = max(1, -(-len(terms) // COLUMNS))
    columns = min(COLUMNS, max(1, len(terms)))
    figure = Figure(figsize=(4.4 * columns + 1, 4.7 * rows + 0.8), dpi=DPI)
    figure.set_layout_engine("constrained", h_pad=0.15)
    FigureCanvasAgg(figure)
    norm = Normalize(-1, 1)
    panels = []
    for position, term in enumerate(terms):
        axes = figure.add_subplot(rows, columns, position + 1)
        panels.append(axes)
        _draw_map(axes, rules, members, term, norm)
        name = term.name.replace("*", " ")
        axes.set_title(f"{name} ({having[term.index]} of {len(members)})", loc="left", fontsize=10)
    if panels:
        bar = figure.colorbar(
            ScalarMappable(norm, COEFFICIENT_COLOURS), ax=panels, shrink=0.6, aspect=30, pad=0.01
        )
        bar.set_label("coefficient, mean over rules with the term", **LABEL)
        bar.ax.tick_params(labelsize=8)
    title = f"family {family.number}: {len(members)} rule{'s' if len(members) > 1 else ''}"
    figure.suptitle(f"{title}\n{_shortened(formula)}", x=0.01, ha="left", fontsize=11)
    return save(figure, path)


def plot_degeneracy(
    rules: RuleSet,
    families: Families,
    behaviour: Behaviour,
    correlation: Correlation | None,
    path: Path,
) -> Path:
    """Draw the distances of rules in parameters and behaviour, and one against the other.

    Parameters
    ----------
    rules
        The rules, two or more.
    families
        Their families, in whose order the rules are drawn.
    behaviour
        Their distances in behaviour.
    correlation
        Of both distances.
    path
        The PNG file to write.
    """
    figure = Figure(figsize=(14, 4.6), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    order = [member for family in families.families for member in family.members]
    sizes = [len(family.members) for family in families.families]
    distances = (rules.distances, behaviour.distances)
    for position, (what, values) in enumerate(
        zip(("parameters", "behaviour"), distances, strict=True)
    ):
        axes = figure.add_subplot(1, 3, position + 1)
        _draw_matrix(figure, axes, squareform(values)[np.ix_(order, order)], sizes)
        axes.set_title(f"distance in {what}", loc="left", fontsize=10)
    axes = figure.add_subplot(1, 3, 3)
    _draw_pairs(axes, *distances, np.array(families.label), behaviour.floor)
    if correlation is not None:
        text = f"rank correlation {correlation.rho:.2f}, p = {correlation.p:.3f} (Mantel)"
        axes.set_title(text, loc="left", fontsize=10)
    return save(figure, path)


def _draw_map(
    axes: Axes, rules: RuleSet, members: Sequence[int], term: Term, norm: Normalize
) -> None:
    having = [member for member in members if rules.gates[member, term.index]]
    with warnings.catch_warnings():
        # A pair without synapses has no mean.
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.nanmean(rules.maps(term)[having], axis=0)
    axes.set_facecolor(NO_SYNAPSES)
    axes.imshow(np.ma.masked_invalid(mean), cmap=COEFFICIENT_COLOURS, norm=norm)
    types = rules.genome.types
    axes.set_xticks(range(len(types)), types, rotation=90, fontsize=6.5)
    axes.set_yticks(range(len(types)), types, fontsize=6.5)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_color(text_colour_of(label.get_text()))
    axes.set_xlabel("postsynaptic type", **LABEL)
    axes.set_ylabel("presynaptic type", **LABEL)


def _draw_matrix(
    figure: Figure, axes: Axes, matrix: NDArray[np.float64], sizes: Sequence[int]
) -> None:
    image = axes.imshow(matrix, cmap=DISTANCE_COLOURS, vmin=0)
    edges = np.cumsum([0, *sizes]) - 0.5
    for edge in edges[1:-1]:
        axes.axhline(edge, color="white", linewidth=0.8)
        axes.axvline(edge, color="white", linewidth=0.8)
    centres = (edges[1:] + edges[:-1]) / 2
    shown = [k for k, size in enumerate(sizes) if size >= 0.03 * len(matrix)]
    names = [str(k + 1) for k in shown]
    axes.set_xticks(centres[shown], names, fontsize=8)
    axes.set_yticks(centres[shown], names, fontsize=8)
    axes.set_xlabel("rules, by family", **LABEL)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
    bar.ax.tick_params(labelsize=8)


def _draw_pairs(
    axes: Axes,
    parameters: NDArray[np.float64],
    behaviour: NDArray[np.float64],
    label: NDArray[np.int_],
    floor: float | None,
) -> None:
    first, second = np.triu_indices(len(label), 1)
    same = label[first] == label[second]
    for chosen, colour, text in (
        (~same, BETWEEN_COLOUR, "between families"),
        (same, WITHIN_COLOUR, "within a family"),
    ):
        axes.scatter(
            parameters[chosen], behaviour[chosen], s=12, color=colour, linewidths=0, label=text
        )
    if floor is not None:
        axes.axhline(floor, color=FLOOR_COLOUR, linewidth=1, linestyle="--", label="noise floor")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("distance in parameters (coefficients)", **LABEL)
    axes.set_ylabel("distance in behaviour (standard deviations)", **LABEL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.figure.legend(loc="outside right lower", fontsize=8, frameon=False)


def _shortened(text: str, longest: int = 110) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
