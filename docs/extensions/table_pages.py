"""Pages of the model's tables and of the mouse's, from the CSV files and their sources."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "v1cortex" / "tables"
MOUSE = ROOT / "validation" / "references"
MOST_COLUMNS = 14
"""Tables with more, the mouse's 99 quantiles above all, show some of them."""

QUANTILES = ("q05", "q25", "q50", "q75", "q95")


def tables_page() -> str:
    """Return the page of the model's tables as Markdown."""
    sources = (MODEL / "SOURCES.md").read_text(encoding="utf-8")
    heading, body = sources.split("\n", 1)
    parts = [heading.replace("# Sources of the tables", "# The model's tables"), body]
    known = dict(re.findall(r"^\| `(\w+\.csv)` \| (.+) \|$", sources, flags=re.MULTILINE))
    for path in sorted(MODEL.glob("*.csv")):
        parts += [f"## {path.name}", "", known[path.name], "", _table(path), ""]
    return "\n".join(parts)


def mouse_page() -> str:
    """Return the page of the mouse's data as Markdown."""
    sources = (MOUSE / "SOURCES.md").read_text(encoding="utf-8")
    for path in sorted(MOUSE.glob("*.csv")):
        heading = f"## {path.name}\n"
        before, after = sources.split(heading)
        text, *rest = re.split(r"(?=^## )", after, maxsplit=1, flags=re.MULTILINE)
        sources = "".join([before, heading, text.rstrip(), "\n\n", _table(path), "\n\n", *rest])
    return sources


def _table(path: Path) -> str:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    shown = _columns(header)
    lines = [_line([f"`{header[k]}`" for k in shown]), _line(["---"] * len(shown))]
    lines += [_line([row[k] for k in shown]) for row in rows]
    note = f"{len(rows)} rows"
    if len(shown) < len(header):
        note += f"; {len(shown)} of {len(header)} columns are shown"
    return "\n".join([f"{note}.", "", ":::{container} wide", "", *lines, "", ":::"])


def _columns(header: Sequence[str]) -> list[int]:
    if len(header) <= MOST_COLUMNS:
        return list(range(len(header)))
    return [k for k, name in enumerate(header) if not re.fullmatch(r"q\d\d", name)] + [
        header.index(name) for name in QUANTILES
    ]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
