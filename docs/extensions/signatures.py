"""Signatures that can be read: types as the source names them, defaults as they are made."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any

import numpy.typing as npt
from sphinx.application import Sphinx
from sphinx.util.typing import stringify_annotation

OPAQUE = re.compile(r"<[^<>]*>")
LONGEST = 40
"""Longer defaults are left out (*choice*)."""

ARRAY_LIKE = stringify_annotation(npt.ArrayLike, "smart")
ARRAY = re.compile(r"~numpy\.ndarray\[tuple\[~typing\.Any, \.\.\.\], ~numpy\.dtype\[([^\[\]]*)\]\]")
GENERATOR = "~numpy.random._generator.Generator"
PANDAS = re.compile(r"(?<![\w.])pd\.(?=[A-Z])")
LIMITED = re.compile(r"(?:~?[\w.]+\.)?Annotated\[((?:[^\[\],]|\[[^\[\]]*\])+)(?:, [^\[\]]*)+\]")
"""A type with limits, such as those of pydantic's fields."""


def named(types: str) -> str:
    """Return a signature with types as sources name them, in place of what they stand for."""
    types = types.replace(ARRAY_LIKE, "~numpy.typing.ArrayLike")
    types = ARRAY.sub(r"~numpy.typing.NDArray[\1]", types)
    types = types.replace(GENERATOR, "~numpy.random.Generator")
    return LIMITED.sub(r"\1", PANDAS.sub("~pandas.", types))


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
    return signature and named(readable(signature, documented)), returned and named(returned)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the change of signatures."""
    app.connect("autodoc-process-signature", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
