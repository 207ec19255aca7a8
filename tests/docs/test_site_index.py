"""Every page is in the sidebar, once."""

import re
from collections import Counter
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
MADE = ("gallery", "reference/generated")
"""Folders of pages that are made while the site is built."""


def test_each_page_is_in_one_group():
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    groups = re.findall(r"```\{toctree\}\n(.*?)```", text, flags=re.DOTALL)
    assert len(groups) >= 5
    assert all(":caption:" in group for group in groups)
    listed = Counter(re.findall(r"^([a-z][\w/]*)$", "\n".join(groups), flags=re.MULTILINE))
    pages = [path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")]
    written = {page for page in pages if not page.startswith(("build", *MADE)) and page != "index"}
    assert {page for page in listed if not page.startswith(MADE)} == written
    assert set(listed.values()) == {1}
