"""The page of a run's families of rules: formulas, coefficient maps, distances."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.spatial.distance import squareform

from evolution.reports.families import Family
from evolution.reports.family_report import FamilyReport
from evolution.runs import rule_name
from nestml_models.common import counted
from nestml_models.rule import TERMS
from v1cortex.pages import (
    Figure,
    Markup,
    Section,
    formula_markup,
    html_page,
    methods_markup,
    rules_text,
    settings_markup,
    table,
)
from v1cortex.pages.figures import GREY, ORANGE, rounded
from validation.objectives import OBJECTIVES

__all__ = ["family_page"]

MAX_FAMILIES = 20
"""Number of families, the largest, with coefficient maps."""

MAX_PAIRS = 20_000
"""Maximum number of pairs of rules that are drawn (*choice*)."""

WITHIN_COLOUR, BETWEEN_COLOUR = ORANGE, GREY


def family_page(
    report: FamilyReport,
    run: str,
    settings: Mapping[str, Any],
    command: str,
    versions: Mapping[str, str],
) -> str:
    """Return the families of a run's front as one HTML page that needs no other files.

    Parameters
    ----------
    report
        The families.
    run
        Name of the run.
    settings
        The limits of a family: ``gates`` and ``coefficients``.
    command
        The command that found them.
    versions
        Versions of the programs of the run.
    """
    found = report.families.families
    n = len(found)
    sections = [Section("families", "Families", _overview(report)), _maps(report)]
    if report.behaviour is not None:
        sections.append(_degeneracy(report))
    sections += [
        Section("methods", "Methods", methods_markup(_methods(report, settings, versions))),
        Section("settings", "Settings", settings_markup(command, settings, versions)),
    ]
    lead = Markup(
        f"<p>{n} {'family' if n == 1 else 'families'} of {len(report.front.members)} rules on the "
        f"front of {report.front.n_tried:,} tried.</p>"
    )
    return html_page(f"Families of rules: {run}", lead, sections)


def _overview(report: FamilyReport) -> Markup:
    """Return a table of all families."""
    heads = [f"{each.label}{f' ({each.unit})' if each.unit else ''}" for each in OBJECTIVES]
    rows = [
        (
            family.number,
            len(family.members),
            rule_name(family.medoid + 1),
            _formula(report, family),
            *(f"{value:.3g}" for value in report.front.values[list(family.members)].mean(axis=0)),
        )
        for family in report.families.families
    ]
    head = ("family", "rules", "representative", "its formula", *heads)
    return Markup(
        f"{table(head, rows, 'Families of rules')}<p class='caption'>Objectives: means over the "
        "family's rules; smaller is better.</p>"
    )


def _formula(report: FamilyReport, family: Family) -> Markup:
    return formula_markup(report.rules.genome.decode(report.rules.vectors[family.medoid]))


def _maps(report: FamilyReport) -> Section:
    """Return a section with the coefficient maps of each family's terms."""
    figures: list[Figure] = []
    parts = []
    for family in report.families.families[:MAX_FAMILIES]:
        own = _family_maps(report, family)
        figures += own
        panels = "".join(f"<figure>{each.markup()}</figure>" for each in own)
        empty = "" if own else "<p>No terms: the static network.</p>"
        parts.append(
            f"<h3>Family {family.number}: {counted(len(family.members), 'rule')}</h3>"
            f"<p>{_formula(report, family)}</p>{empty}<div class='panels'>{panels}</div>"
        )
    left = len(report.families.families) - MAX_FAMILIES
    if left > 0:
        parts.append(f"<p class='note'>{left} smaller families are not drawn.</p>")
    caption = (
        "<p class='caption'>Coefficients from presynaptic (down) to postsynaptic types (across), "
        "means over the rules of the family that have the term. Pairs without plastic synapses are "
        "empty.</p>"
    )
    return Section("maps", "Coefficient maps", Markup(caption + "".join(parts)), tuple(figures))


def _family_maps(report: FamilyReport, family: Family) -> list[Figure]:
    rules, members = report.rules, list(family.members)
    having = rules.gates[members].sum(axis=0)
    figures = []
    for index in np.argsort(-having, kind="stable")[: np.count_nonzero(having)]:
        term = TERMS[index]
        own = [member for member in members if rules.gates[member, index]]
        with warnings.catch_warnings():  # a pair without synapses has no mean
            warnings.simplefilter("ignore", RuntimeWarning)
            mean = np.nanmean(rules.maps(term)[own], axis=0)
        name = f"{term.name.replace('*', ' ')} ({len(own)} of {len(members)} rules)"
        types = list(rules.genome.types)
        trace = {
            "type": "heatmap",
            "z": [rounded(np.round(row, 3)) for row in mean],
            "x": types,
            "y": types,
            "zmin": -1,
            "zmax": 1,
            "colorscale": "RdBu",
            "colorbar": {"thickness": 10, "outlinewidth": 0, "tickvals": [-1, 0, 1]},
            "hovertemplate": "%{y} to %{x}: %{z}<extra></extra>",
        }
        small = {"tickfont": {"size": 8}, "showgrid": False, "dtick": 1}
        layout = {
            "xaxis": {"title": name, "tickangle": -90, **small},
            "yaxis": {"autorange": "reversed", **small},
            "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        }
        identifier = f"map-{family.number}-{index}"
        figures.append(Figure(identifier, f"Coefficients of {name}", [trace], layout, height=360))
    return figures


def _degeneracy(report: FamilyReport) -> Section:
    """Return a section on distances in parameters against distances in behaviour."""
    assert report.behaviour is not None
    order = [member for family in report.families.families for member in family.members]
    parameters, behaviour = report.rules.distances, report.behaviour.distances
    figures = [
        _matrix("parameters", "coefficients", squareform(parameters)[np.ix_(order, order)], order),
        _matrix("behaviour", "s.d.", squareform(behaviour)[np.ix_(order, order)], order),
        _pairs(report),
    ]
    sentences = []
    if report.families.silhouette is not None:
        sentences.append(f"Silhouette of the families: {report.families.silhouette:.2f}.")
    if report.correlation is not None:
        sentences.append(
            "Distances in parameters against behaviour: rank correlation "
            f"{report.correlation.rho:.2f}, p = {report.correlation.p:.3f} (Mantel test)."
        )
    alike = sum(bool(pair.degenerate) for pair in report.pairs)
    if any(pair.degenerate is not None for pair in report.pairs):
        sentences.append(f"{alike} of {len(report.pairs)} pairs of families act alike.")
    text = f"<p class='verdict'>{' '.join(sentences)}</p>" if sentences else ""
    places = "".join(each.markup() for each in figures)
    content = Markup(f"{text}<div class='pair'>{places}</div>")
    return Section("degeneracy", "Parameters against behaviour", content, tuple(figures))


def _matrix(what: str, unit: str, matrix: np.ndarray, order: Sequence[int]) -> Figure:
    names = [rule_name(member + 1) for member in order]
    trace = {
        "type": "heatmap",
        "z": [rounded(np.round(row, 3)) for row in matrix],
        "x": names,
        "y": names,
        "colorscale": "Viridis",
        "colorbar": {"thickness": 10, "outlinewidth": 0, "title": {"text": unit, "side": "right"}},
        "hovertemplate": "%{y}, %{x}: %{z}<extra></extra>",
    }
    hidden = {"showticklabels": False, "showgrid": False}
    layout = {
        "xaxis": {"title": f"distance in {what} of {len(order)} rules, by family", **hidden},
        "yaxis": {"autorange": "reversed", **hidden},
        "margin": {"l": 20, "r": 10, "t": 10, "b": 40},
    }
    return Figure(f"distance-{what}", f"Distances in {what} of all rules", [trace], layout, 380)


def _pairs(report: FamilyReport) -> Figure:
    assert report.behaviour is not None
    label = np.array(report.families.label)
    first, second = np.triu_indices(len(label), 1)
    if first.size > MAX_PAIRS:
        chosen = np.random.default_rng(1).choice(first.size, MAX_PAIRS, replace=False)
    else:
        chosen = np.arange(first.size)
    same = (label[first] == label[second])[chosen]
    x, y = report.rules.distances[chosen], report.behaviour.distances[chosen]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{what} (n = {np.count_nonzero(own):,})",
            "x": rounded(x[own]),
            "y": rounded(y[own]),
            "marker": {"size": 5, "color": colour, "opacity": 0.6},
        }
        for what, own, colour in (
            ("between families", ~same, BETWEEN_COLOUR),
            ("within a family", same, WITHIN_COLOUR),
        )
    ]
    layout: dict[str, Any] = {
        "xaxis": {"title": "distance in parameters (coefficients)", "rangemode": "tozero"},
        "yaxis": {"title": "distance in behaviour (s.d.)", "rangemode": "tozero"},
        "margin": {"l": 60, "r": 10, "t": 50, "b": 50},
    }
    floor = report.behaviour.floor
    if floor is not None:
        line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": floor, "y1": floor}
        layout["shapes"] = [{**line, "line": {"width": 1, "dash": "dot"}}]
    caption = "" if floor is None else "Dotted: two rules that act alike, by the noise of scores."
    description = "Distance in parameters against distance in behaviour of pairs of rules"
    return Figure("pairs", description, traces, layout, 380, caption)


def _methods(report: FamilyReport, settings: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    return (
        f"{rules_text('searched for with v1cortex ' + versions['v1cortex'])} The "
        f"{len(report.front.members)} rules of the Pareto front were clustered by average linkage, "
        "first by the Jaccard distance of their sets of terms (largest mean distance "
        f"{settings['gates']:g}), then by the root mean square difference of their coefficients "
        f"over all types of plastic synapses (largest mean distance {settings['coefficients']:g}). "
        "Distances in behaviour are those of the objectives except complexity, and of the "
        "logarithms of the populations' mean rates, in standard deviations over the front. Both "
        "kinds of distances were compared by Spearman's rank correlation with a Mantel test."
    )
