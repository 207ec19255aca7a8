"""Makes a file of results from the summary of an experiment, one row for each network.

    python docs/extensions/result_files.py SUMMARY.json docs/results/NAME.csv "TITLE" "COMMAND"

The summary is the JSON file that `v1cortex experiment` writes. The columns shown can be edited in
the file; a page shows it between ``<!-- table: NAME -->`` and ``<!-- end -->`` after
`make findings`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nestml_models.common import csv_text, write_whole

COLUMNS = (
    "condition = {condition}",
    "AUC = {auc:.3f} ± {auc_sd:.3f}",
    "accuracy = {accuracy:.3f} ± {accuracy_sd:.3f}",
    "SCORE minus control [95 % interval] = {KEY_minus:+.3f} [{KEY_minus_low:+.3f}, "
    "{KEY_minus_high:+.3f}]",
    "p, corrected = {KEY_p_corrected:p}",
    "E->E = {ee_weight:.2f}",
    "Hz = {rate_Hz:.1f}",
)
"""Columns shown, for the score that is compared."""


def networks_csv(summary: Mapping[str, Any], title: str, command: str) -> str:
    """Return the text of a file of results.

    Parameters
    ----------
    summary
        Content of an experiment's summary.
    title, command
        What was measured, and the command that did it.
    """
    score = summary["score"]
    label = "AUC" if score == "auc" else score
    seeds = summary["seeds"]
    lines = [
        f"# title: {title}",
        f"# command: {command}",
        f"# seeds: {', '.join(map(str, seeds))}",
        "# rows: networks; E->E weights and rates are means over all of a condition's",
        *(f"# column: {c.replace('SCORE', label).replace('KEY', score)}" for c in COLUMNS),
        f"# figure: {score}_minus; {label} minus control",
    ]
    networks = []
    for row in summary["rows"]:
        # The summary has these two once for each condition.
        means = {name: "" if row[name] is None else row[name] for name in ("rate_Hz", "ee_weight")}
        for k, seed in enumerate(row["seeds"]):
            scores = {name: round(row["by_seed"][name][k], 6) for name in ("auc", "accuracy")}
            own = {"condition": row["condition"], "control": row["control"], "seed": seed}
            networks.append({**own, **scores, **means})
    return "\n".join(lines) + "\n" + csv_text(networks)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("summary", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("title")
    parser.add_argument("command")
    given = parser.parse_args()
    summary = json.loads(given.summary.read_text(encoding="utf-8"))
    write_whole(given.out, networks_csv(summary, given.title, given.command))
    print(f"written {given.out}; show it on a page between <!-- table: {given.out.stem} -->")
    print("and <!-- end -->, and run `make findings`")


if __name__ == "__main__":
    main()
