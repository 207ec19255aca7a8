"""A self-contained HTML page of sections, with figures drawn by plotly.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from v1cortex.pages.figures import Figure
from v1cortex.pages.markup import Markup, asset, data_script, escape, json_text

__all__ = ["Section", "html_page"]

FIRST, LAST = ("common.js", "forest.js", "figures.js"), ("start.js",)
"""Scripts of all pages."""


@dataclass(frozen=True)
class Section:
    """A section of a page.

    Attributes
    ----------
    name
        Identifier, the target of links.
    title
        Heading.
    content
        Its HTML.
    figures
        Figures that have a place in the content.
    """

    name: str
    title: str
    content: Markup
    figures: tuple[Figure, ...] = field(default=())


def html_page(
    title: str,
    lead: Markup,
    sections: Sequence[Section],
    data: Mapping[str, Any] = MappingProxyType({}),
    scripts: Sequence[str] = (),
) -> str:
    """Return one HTML page that needs no other files and no network; deterministic.

    Without scripts its texts and tables remain.

    Parameters
    ----------
    title
        Title and heading.
    lead
        What comes before the sections.
    sections
        The sections.
    data
        What scripts draw: ``forest`` (`v1cortex.pages.forest.forest_data`) and what `scripts` need.
    scripts
        Texts of further scripts. They put functions into the list ``begin``.
    """
    from plotly.offline import get_plotlyjs  # here, since plotly takes 0.1 s

    drawn = {
        "forest": None,
        **data,
        "figures": [each.plain() for part in sections for each in part.figures],
    }
    program = "\n".join([*map(asset, FIRST), *scripts, *map(asset, LAST)])
    return (
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'>"
        f"<title>{escape(title)}</title><style>{asset('page.css')}</style></head>\n<body>"
        f"<header><h1>{escape(title)}</h1>{lead}{_contents(sections)}</header><main>"
        + "".join(
            f"<section id='{each.name}' aria-labelledby='{each.name}-title'>"
            f"<h2 id='{each.name}-title'>{escape(each.title)}</h2>{each.content}</section>"
            for each in sections
        )
        + "</main>"
        + data_script("data", json_text(drawn))
        + data_script("plotly", get_plotlyjs())
        + f"<script>{program}</script></body></html>\n"
    )


def _contents(sections: Sequence[Section]) -> Markup:
    links = "".join(f"<a href='#{each.name}'>{escape(each.title)}</a>" for each in sections)
    return Markup(f"<nav aria-label='Sections'>{links}</nav>")
