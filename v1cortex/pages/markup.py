"""HTML elements: tables, sections, formulas, data and scripts in a page."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from latex2mathml.converter import convert

from nestml_models.rule import Rule

__all__ = [
    "Markup",
    "asset",
    "copied",
    "data_script",
    "escape",
    "folded",
    "formula_markup",
    "json_text",
    "packed",
    "table",
]


class Markup(str):
    """Text that is already HTML and is not escaped again."""

    __slots__ = ()


def escape(content: object) -> str:
    """Return anything as HTML."""
    return content if isinstance(content, Markup) else html.escape(str(content))


def table(head: Sequence[object], rows: Iterable[Sequence[object]], label: str) -> Markup:
    """Return a table that scrolls if it is wider than the page.

    Parameters
    ----------
    head
        Column headings.
    rows
        The cells; the first of each row names the row.
    label
        Description of the table, for screen readers.
    """

    def row(cells: Sequence[object]) -> str:
        first, *others = cells
        return (
            f"<tr><th scope='row'>{escape(first)}</th>"
            f"{''.join(f'<td>{escape(cell)}</td>' for cell in others)}</tr>"
        )

    heads = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in head)
    return Markup(
        f"<div class='scroll' role='region' tabindex='0' aria-label='{html.escape(label)}'>"
        f"<table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(row(cells) for cells in rows)}</tbody></table></div>"
    )


def formula_markup(rule: Rule) -> Markup:
    """Return a rule's formula as MathML, one element per term, so that long ones are wrapped."""
    return _formula(rule.to_latex())


@cache
def _formula(latex: str) -> Markup:
    first, *others = re.split(r"(?<!=) (?=[+-] )", latex)
    # An empty group before a sign makes it an operator between two terms, with its spaces.
    parts = (first, *(f"{{}} {part}" for part in others))
    return Markup("<span class='formula'>" + " ".join(convert(part) for part in parts) + "</span>")


def packed(text: str) -> str:
    """Return text as base64-encoded gzip, which browsers can unpack; deterministic."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def data_script(name: str, text: str) -> Markup:
    """Return an element that contains a packed text under a name."""
    return Markup(f"<script type='application/gzip' id='{name}'>{packed(text)}</script>")


def json_text(data: Any) -> str:  # noqa: ANN401
    """Return data as JSON without spaces."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def copied(text: str, name: str, prose: bool = False) -> Markup:
    """Return text with a button that copies it.

    Parameters
    ----------
    text
        The text.
    name
        Identifier in the page.
    prose
        Whether it is to be read, not a program's text.
    """
    kind = " class='prose'" if prose else ""
    return Markup(
        f"<div class='copied'><button type='button' class='copy' data-of='{name}'>Copy</button>"
        f"<pre id='{name}'{kind}>{escape(text)}</pre></div>"
    )


def folded(summary: str, content: str, opened: bool = False) -> Markup:
    """Return content that is opened by a click, and in print."""
    return Markup(
        f"<details class='open-in-print'{' open' * opened}><summary>{escape(summary)}</summary>"
        f"{content}</details>"
    )


def asset(name: str, package: str = "v1cortex.pages") -> str:
    """Return a style sheet, script or piece of markup from a package's folder ``assets``."""
    return (files(package) / "assets" / name).read_text(encoding="utf-8")
