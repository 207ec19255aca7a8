"""The page of an experiment: results with their figures, methods, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nestml_models.common import counted
from v1cortex.evaluation import SCORE_LABELS, SCORE_NAMES, SCORES, Protocol, about_score
from v1cortex.pages.experiments.course import course_sections, search_text
from v1cortex.pages.forest import (
    forest_data,
    forest_markup,
    gain_text,
    is_significant,
    score_text,
)
from v1cortex.pages.markup import Markup, escape, table
from v1cortex.pages.methods import methods_markup, model_text, protocol_text, rules_text
from v1cortex.pages.page import Section, html_page
from v1cortex.pages.retest import retest_forest, retest_markup
from v1cortex.pages.settings import settings_markup

__all__ = ["experiment_page"]

RESULTS = frozenset(
    {
        *("rows", "failed", "remarks", "text", "tasks", "statuses"),
        *("levels", "rule", "formula", "weight_gain", "n_evaluations", "rates_Hz"),
    }
)
"""Keys of an experiment's data that are not settings."""


def experiment_page(
    found: Mapping[str, Any], title: str, command: str, versions: Mapping[str, str]
) -> str:
    """Return an experiment as one HTML page that needs no other files and no network.

    Parameters
    ----------
    found
        What the experiment's JSON file holds: with ``rows`` of conditions, those of a re-test if
        there is also ``by_chance``, or with ``text``.
    title
        Title of the page.
    command
        The command that ran it.
    versions
        Versions of the programs.
    """
    rows = found.get("rows", ())
    retested = "by_chance" in found
    sections = [Section("results", "Results", _results(found)), *course_sections(found)]
    if rows:
        sections.append(Section("conditions", "Conditions", _conditions(rows)))
        sections.append(Section("tasks", "By task", _by_task(rows)))
    settings = {key: value for key, value in found.items() if key not in RESULTS}
    sections.append(Section("methods", "Methods", methods_markup(_methods(found, title, versions))))
    sections.append(Section("settings", "Settings", settings_markup(command, settings, versions)))
    forest = None
    if retested:
        forest = retest_forest(found)
    elif rows:
        forest = forest_data(rows, found["score"])
    seeds = found["seeds"]
    lead = Markup(
        f"<p>{found['neurons']:,} neurons, {counted(len(seeds), 'network')} (seeds {seeds[0]} to "
        f"{seeds[-1]}).</p>"
    )
    return html_page(f"Experiment: {title}", lead, sections, {"forest": forest})


def _results(found: Mapping[str, Any]) -> Markup:
    if "by_chance" in found:
        return retest_markup(found)
    parts = []
    if "text" in found:
        parts += [f"<p class='verdict'>{escape(each)}</p>" for each in found["text"]]
    if "rows" in found:
        rows, score = found["rows"], found["score"]
        parts.append(f"<p class='verdict'>{escape(_verdict(rows, score))}</p>")
        caption = (
            f"Means over {counted(len(found['seeds']), 'network')} with 95 % intervals; small "
            f"dots are single networks. {about_score(score, found['protocol']['readout'])} Second "
            "figure: difference from the control on the same seeds."
        )
        parts.append(forest_markup(rows, score, caption))
    parts += [f"<p class='note'>Left out: {escape(each)}</p>" for each in found.get("remarks", ())]
    return Markup("".join(parts))


def _verdict(rows: Sequence[Mapping[str, Any]], score: str) -> str:
    """Return in words which conditions differ from their controls."""
    compared = [row for row in rows if row["difference"]]
    if not compared:
        return "No condition has a control to be compared with."
    sure = [row for row in compared if is_significant(row)]
    parts = []
    for what, sign in (("higher", 1), ("lower", -1)):
        own = [row for row in sure if sign * row["difference"]["estimate"]["mean"] > 0]
        if own:
            named = "; ".join(f"{gain_text(row)}, compared with {row['control']}" for row in own)
            parts.append(
                f"{len(own)} of {counted(len(compared), 'condition')} had a {what} "
                f"{SCORE_LABELS[score]} than the control on the same seeds: {named}."
            )
    if not sure:
        largest = max(compared, key=lambda row: abs(row["difference"]["estimate"]["mean"]))
        parts.append(
            f"None of {counted(len(compared), 'condition')} differed from its control on the same "
            f"seeds. The largest difference in {SCORE_LABELS[score]} was {gain_text(largest)}."
        )
    return " ".join(parts)


def _conditions(rows: Sequence[Mapping[str, Any]]) -> Markup:
    head = ("condition", "what it is", "formula", "neurons", "evaluations", "E->E weight", "Hz")
    cells = [
        (
            row["condition"],
            row["description"],
            row["formula"],
            f"{row['neurons']:,}",
            ", ".join(f"{n} {status}" for status, n in sorted(row["statuses"].items())),
            _number(row["ee_weight"]),
            _number(row["rate_Hz"]),
        )
        for row in rows
    ]
    return Markup(
        f"{table(head, cells, 'What the conditions are')}<p class='caption'>E->E weight: final "
        "mean, relative to the initial one. Hz: mean rate of all neurons in the test.</p>"
    )


def _by_task(rows: Sequence[Mapping[str, Any]]) -> Markup:
    tasks = list(rows[0]["tasks"])
    names = [f"{task}: {SCORE_NAMES[score]}" for task in tasks for score in SCORES]
    cells = [
        (
            row["condition"],
            *(score_text(row["tasks"][task][score]) for task in tasks for score in SCORES),
        )
        for row in rows
    ]
    caption = "<p class='caption'>Means ± s.e. over networks.</p>"
    return Markup(f"{table(['condition', *names], cells, 'Scores by task')}{caption}")


def _methods(found: Mapping[str, Any], title: str, versions: Mapping[str, str]) -> str:
    protocol, seeds = Protocol(**found["protocol"]), found["seeds"]
    circuit = f"calibration {protocol.calibration}"
    statistics = (
        f"Each condition was evaluated on {counted(len(seeds), 'network')} (seeds {seeds[0]} to "
        f"{seeds[-1]}). Differences from the control on the same seeds are given with 95 % "
        "intervals of Student's t, and p-values of paired t tests are corrected by Holm's method."
    )
    static = "weight_gain" in found
    used = f"evaluated with v1cortex {versions['v1cortex']} ({title})"
    what = f"Networks without plasticity were {used}." if static else rules_text(used)
    text = (
        f"{what} {model_text(found['neurons'], circuit, versions)} "
        f"{protocol_text(protocol, versions, static)}"
    )
    if search := search_text(found):
        text = f"{text}\n\n{search}"
    return f"{text}\n\n{statistics}" if found.get("rows") else text


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
