"""Sections of an experiment's page that say how a search went, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nestml_models.common import counted, dump_yaml
from nestml_models.rule import Rule
from v1cortex.evaluation import Protocol
from v1cortex.experiments import PLAUSIBLE_HZ
from v1cortex.pages.experiments.levels import level_figures, level_markup
from v1cortex.pages.experiments.progress import progress_figure
from v1cortex.pages.experiments.random_rules import (
    outcomes_markup,
    random_figures,
    random_markup,
)
from v1cortex.pages.figures import Figure
from v1cortex.pages.markup import Markup, copied, formula_markup
from v1cortex.pages.page import Section
from v1cortex.tables import POPULATIONS

__all__ = ["course_sections", "search_text"]


def course_sections(found: Mapping[str, Any]) -> list[Section]:
    """Return the sections on a search by antithetic pairs, or on random rules; else none.

    Parameters
    ----------
    found
        What the experiment's JSON file holds.
    """
    if "levels" in found:
        return [_search(found), _found(found)]
    if "statuses" in found:
        return [_random_rules(found)]
    return []


def search_text(found: Mapping[str, Any]) -> str:
    """Return how a search by antithetic pairs was done, in sentences; empty for others."""
    if "levels" not in found:
        return ""
    what = "gains of the static network" if "weight_gain" in found else "coefficients of the rule"
    levels = "; ".join(
        f"{level['grouping']} ({counted(len(level['step']), 'dimension')}, {level['n_pairs']} "
        "pairs)"
        for level in found["levels"]
    )
    settings = found["settings"]
    steady = ", without what changed the mean rate" if settings["constant_rate"] else ""
    return (
        f"The {what} were searched by antithetic pairs of evaluations, each pair on one network "
        f"with the same stimuli and noise, at these levels of grouping: {levels}. The slope of the "
        "score was estimated from the pairs' differences by Bayesian ridge regression, and steps "
        f"up the slope{steady} were compared with their start on "
        f"{counted(settings['networks'], 'network')}. Only steps that kept the mean rate within "
        f"{settings['lowest_rate_Hz']:g} to {settings['highest_rate_Hz']:g} Hz on all of them were "
        f"taken. The search took {counted(found['n_evaluations'], 'evaluation')}; what it found "
        "was tested on other networks."
    )


def _found(found: Mapping[str, Any]) -> Section:
    if "weight_gain" not in found:
        rule = Rule.from_yaml(found["rule"], POPULATIONS)
        content = f"<p>{formula_markup(rule)}</p>{copied(found['rule'], 'found-text')}"
        return Section("found", "Rule found", Markup(content))
    if not found["weight_gain"]:
        content = Markup("<p class='note'>No gain was better than the static network's own.</p>")
    else:
        text = dump_yaml({"weight_gain": found["weight_gain"]})
        content = Markup(f"<p>As settings of a protocol:</p>{copied(text, 'found-text')}")
    return Section("found", "Gains found", content)


def _search(found: Mapping[str, Any]) -> Section:
    score, gains = found["score"], "weight_gain" in found
    progress = progress_figure(found["levels"], found["rows"], score)
    parts, figures = [progress.markup()], [progress]
    for level in found["levels"]:
        own = level_figures(level, score, gains)
        parts.append(level_markup(level, own))
        figures += own
    return Section("search", "Search", Markup("".join(parts)), tuple(figures))


def _random_rules(found: Mapping[str, Any]) -> Section:
    score = Protocol(**found["protocol"]).resolved_score
    low, high = PLAUSIBLE_HZ
    parts: list[Markup] = []
    figures: list[Figure] = []
    for task, scores in found["tasks"].items():
        own = random_figures(task, scores[score], score)
        parts.append(random_markup(task, own))
        figures += own
    rates = f"mean rate of {low:g} to {high:g} Hz"
    parts.append(outcomes_markup(found["statuses"], found["n_rules"], rates))
    return Section("rules", "Rules", Markup("".join(parts)), tuple(figures))
