"""What is wrong with the built site: links that lead nowhere, signatures as only Sphinx reads them.

    python release/site_check.py docs/build/html

Sphinx reports references of its own that lead nowhere, but not links in raw HTML and templates, nor
anchors of other pages.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

_LINK = re.compile(r'\s(?:href|src)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')
_CODE = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
_SIGNATURE = re.compile(r'<dt class="sig[^"]*"[^>]*>(.*?)</dt>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_RAW = re.compile(r"<factory>|~\w+(?:\.\w+)+|<object object|<function |0x[0-9a-f]{6,}")
"""What a signature shows of the program where a reader expects a name or a value."""

SOURCES = "_modules"
"""Folder of the sources. Their links back to the reference are Sphinx's own: of an object that
several modules offer, they name the anchor of one on the page of another."""

KEPT_OUT = (".doctrees", ".buildinfo.bak")
"""Files of a build that are no part of a site."""


def faults(site: Path) -> list[str]:
    """Return what is wrong with a built site, a line each.

    Parameters
    ----------
    site
        Folder of the HTML files.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    if not texts:
        return [f"{site} holds no page; build it with `make docs`"]
    pages = {path.resolve(): _CODE.sub(_opening, text) for path, text in texts.items()}
    ids = {path: set(_ID.findall(text)) for path, text in pages.items()}
    found = [f"{name} is in the site" for name in KEPT_OUT if (site / name).exists()]
    for path, text in pages.items():
        name = path.relative_to(site.resolve())
        dead = () if name.parts[0] == SOURCES else _dead(path, text, ids)
        found += [f"{name}: {line}" for line in (*dead, *_raw(text))]
    return found


def _opening(match: re.Match[str]) -> str:
    """Return the first tag of a script or style, whose file is a link as well."""
    return match[0][: match[0].index(">") + 1]


def _dead(path: Path, text: str, ids: dict[Path, set[str]]) -> Iterator[str]:
    """Yield links to files and anchors that do not exist."""
    for link in dict.fromkeys(_LINK.findall(text)):
        where, _, anchor = html.unescape(link).partition("#")
        if re.match(r"[a-z][a-z+.-]*:|//", where):
            continue
        file = unquote(where.partition("?")[0])
        target = (path.parent / file).resolve() if file else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            yield f"no file {file}"
        elif anchor and target in ids and unquote(anchor) not in ids[target]:
            yield f"nothing called #{anchor} in {file or path.name}"


def _raw(text: str) -> Iterator[str]:
    """Yield what signatures show that is no name or value."""
    for signature in _SIGNATURE.findall(text):
        words = html.unescape(_TAG.sub("", signature))
        for raw in dict.fromkeys(_RAW.findall(words)):
            yield f"{raw} in the signature {' '.join(words.split())[:80]}"


def main(site: Path) -> int:
    """Print what is wrong; return 1 if anything is."""
    found = faults(site)
    print("\n".join(found) or f"{site}: links and signatures are as they should be")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/build/html")))
