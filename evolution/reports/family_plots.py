"""Plots of families of rules: coefficient maps, and parameters against behaviour."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from evolution.reports.degeneracy import Behaviour, Correlation
from evolution.reports.families import Families, Family, RuleSet
from nestml_models.common import counted
from nestml_models.rule import TERMS, Term
from v1cortex.plots import LABEL, new_grid, panels_of, plain_axes, text_colour_of

COEFFICIENT_COLOURS, DISTANCE_COLOURS = "RdBu_r", "viridis"

NO_SYNAPSES = "#D9D9D9"
"""Colour of pairs of types without plastic synapses."""

WITHIN_COLOUR, BETWEEN_COLOUR, FLOOR_COLOUR = "#D55E00", "#B8B8B8", "#0072B2"

COLUMNS = 3


def plot_family(
    rules: RuleSet, family: Family, formula: str, axes: Sequence[Axes] | None = None
) -> Figure:
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
    axes
        Panels to draw in, one for each term that a member has; a new figure if None.

    Raises
    ------
    ConfigError
        If the number of panels is another.
    """
    members = list(family.members)
    having = rules.gates[members].sum(axis=0)
    terms = [TERMS[k] for k in np.argsort(-having, kind="stable") if having[k]]
    norm = Normalize(-1, 1)
    if axes is None:
        figure, panels = _maps_figure(len(terms))
    else:
        figure, panels = panels_of(axes, (0, 0), len(terms))
    for panel, term in zip(panels, terms, strict=True):
        _draw_map(panel, rules, members, term, norm)
        name = term.name.replace("*", " ")
        panel.set_title(f"{name} ({having[term.index]} of {len(members)})", loc="left", fontsize=10)
    if panels:
        bar = figure.colorbar(
            ScalarMappable(norm, COEFFICIENT_COLOURS), ax=panels, shrink=0.6, aspect=30, pad=0.01
        )
        bar.set_label("coefficient, mean over rules with the term", **LABEL)
        bar.ax.tick_params(labelsize=8)
    if axes is None:
        title = f"family {family.number}: {counted(len(members), 'rule')}"
        figure.suptitle(f"{title}\n{_shortened(formula)}", x=0.01, ha="left", fontsize=11)
    return figure


def _maps_figure(n_terms: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel for each term; one without terms is the static network."""
    rows, columns = max(1, -(-n_terms // COLUMNS)), min(COLUMNS, max(1, n_terms))
    size = (4.4 * columns + 1, 4.7 * rows + 0.8) if n_terms else (5.4, 1.0)
    figure, grid = new_grid(size, rows, columns)
    figure.set_layout_engine("constrained", h_pad=0.15)
    places = [grid[k // columns, k % columns] for k in range(n_terms)]
    return figure, [figure.add_subplot(place) for place in places]


def plot_degeneracy(
    rules: RuleSet,
    families: Families,
    behaviour: Behaviour,
    correlation: Correlation | None,
    axes: Sequence[Axes] | None = None,
) -> Figure:
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
    axes
        Three panels to draw in; a new figure if None.

    Raises
    ------
    ConfigError
        If other than three panels are given.
    """
    figure: Figure
    if axes is None:
        figure, grid = new_grid((14, 4.6), 1, 3)
        panels = [figure.add_subplot(grid[0, k]) for k in range(3)]
    else:
        figure, panels = panels_of(axes, (0, 0), 3)
    order = [member for family in families.families for member in family.members]
    sizes = [len(family.members) for family in families.families]
    distances = (rules.distances, behaviour.distances)
    n = len(rules.vectors)
    for panel, what, values in zip(panels, ("parameters", "behaviour"), distances, strict=False):
        _draw_matrix(figure, panel, squareform(values)[np.ix_(order, order)], sizes)
        unit = "coefficients" if what == "parameters" else "standard deviations"
        panel.set_title(f"distance in {what} ({unit}), n = {n}", loc="left", fontsize=10)
    _draw_pairs(panels[2], *distances, np.array(families.label), behaviour.floor, axes is None)
    if correlation is not None:
        text = f"rank correlation {correlation.rho:.2f}, p = {correlation.p:.3f} (Mantel)"
        panels[2].set_title(text, loc="left", fontsize=10)
    return figure


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
    own: bool,
) -> None:
    first, second = np.triu_indices(len(label), 1)
    same = label[first] == label[second]
    for chosen, colour, text in (
        (~same, BETWEEN_COLOUR, "between families"),
        (same, WITHIN_COLOUR, "within a family"),
    ):
        axes.scatter(
            parameters[chosen], behaviour[chosen], s=12, color=colour, linewidths=0,
            label=f"{text} (n = {np.count_nonzero(chosen):,})", rasterized=True,
        )  # fmt: skip
    if floor is not None:
        axes.axhline(floor, color=FLOOR_COLOUR, linewidth=1, linestyle="--", label="noise floor")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("distance in parameters (coefficients)", **LABEL)
    axes.set_ylabel("distance in behaviour (standard deviations)", **LABEL)
    plain_axes(axes)
    if own:
        axes.figure.legend(loc="outside right lower", fontsize=8, frameon=False)
    else:
        axes.legend(fontsize=8, frameon=False)


def _shortened(text: str, longest: int = 110) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
