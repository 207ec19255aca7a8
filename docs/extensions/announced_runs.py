"""Announces which page's cells are run, since building tutorials is silent for minutes."""

import sys

from sphinx.application import Sphinx


def _announce(app: Sphinx, page: str, source: list[str]) -> None:
    if app.config.nb_execution_mode != "off" and "```{code-cell}" in source[0]:
        print(f"running the cells of {page}", file=sys.stderr, flush=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the announcement."""
    app.connect("source-read", _announce)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
