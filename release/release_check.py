"""Refuses a release whose metadata are not finished: `make release-check`.

Version, citation, change log and addresses must be complete and agree with each other.
"""

from __future__ import annotations

import argparse
import configparser
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]

PLACEHOLDER = ".invalid"
"""No host ends with this (RFC 2606), so an address that does has not been filled in."""

WITH_ADDRESSES = ("setup.cfg", "CITATION.cff", "README.md", "docs/install.md")
"""Files that say where v1cortex is."""


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield what has to be done before a release.

    Parameters
    ----------
    root
        Folder of the sources.
    """
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg", encoding="utf-8")
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    yield from _addresses(root, setup)
    yield from _citation(citation)
    yield from _versions(root, setup["metadata"]["version"], citation)


def _addresses(root: Path, setup: configparser.ConfigParser) -> Iterator[str]:
    if not setup["metadata"].get("project_urls", "").strip():
        yield "setup.cfg: no project_urls"
    for name in WITH_ADDRESSES:
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if re.search(rf"https?://[^\s/\"')]*{re.escape(PLACEHOLDER)}\b", line):
                yield f"{name}, line {number}: a placeholder instead of an address: {line.strip()}"


def _citation(citation: dict[str, Any]) -> Iterator[str]:
    for author in citation.get("authors") or [{}]:
        if not (author.get("name") or author.get("family-names")):
            yield "CITATION.cff: an author without a name, or none at all"
    for key in ("repository-code", "date-released"):
        if not citation.get(key):
            yield f"CITATION.cff: no {key}"


def _versions(root: Path, version: str, citation: dict[str, Any]) -> Iterator[str]:
    if str(citation.get("version")) != version:
        yield f"CITATION.cff: version {citation.get('version')}, but {version} in setup.cfg"
    log = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\S+) *(.*)$", log, flags=re.MULTILINE)
    if first is None or first[1] != version:
        yield f"CHANGELOG.md: its first version is not {version}"
    elif not re.fullmatch(r"\(\d{4}-\d{2}-\d{2}\)", first[2]):
        yield f"CHANGELOG.md: version {version} has no date; write it as (2027-01-31)"


def main() -> None:
    """Print all problems; exit code 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, nargs="?", default=ROOT, help="folder of the sources")
    found = list(problems(parser.parse_args().root))
    for problem in found:
        print(problem)
    if found:
        sys.exit(f"{len(found)} to mend before a release")
    print("ready for a release")


if __name__ == "__main__":
    main()
