"""Signatures as Python that can be read: defaults made by a factory are shown as they are made."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any

from sphinx.application import Sphinx

OPAQUE = re.compile(r"<[^<>]*>")
LONGEST = 40
"""Longer defaults are left out (*choice*)."""


def readable(signature: str, documented: object) -> str:
    """Return a signature without ``<factory>`` and other texts that are no Python.

    Such a text keeps Sphinx from reading the signature, whose types are then neither shortened nor
    linked.
    """
    for text in _made_by_factories(documented):
        signature = signature.replace("<factory>", text, 1)
    return OPAQUE.sub("...", signature)


def _made_by_factories(documented: object) -> list[str]:
    """Return the defaults of a data class's fields that have a factory, in order."""
    if not (isinstance(documented, type) and dataclasses.is_dataclass(documented)):
        return []
    return [
        _shown(each.default_factory())
        for each in dataclasses.fields(documented)
        if each.init and each.default_factory is not dataclasses.MISSING
    ]


def _shown(value: object) -> str:
    text = repr(value)
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return "..."
    return text if len(text) <= LONGEST else "..."


def _process(
    _app: Sphinx,
    _what: str,
    _name: str,
    documented: object,
    _options: Any,  # noqa: ANN401
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    return signature and readable(signature, documented), returned


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the change of signatures."""
    app.connect("autodoc-process-signature", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
