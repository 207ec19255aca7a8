"""The page of all settings, from the pydantic models that read them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from evolution.runs import EvolveConfig

INTRODUCTION = """\
# Settings

Every key of the YAML files, made from the models that read them (`evolution.runs.config` and
`v1cortex.evaluation.protocol`). `v1cortex evolve` reads the first table; its `protocol` is what
`v1cortex evaluate --protocol FILE` reads by itself. An unknown key is an error that names the
nearest known one; units are in the names; `run/config.yaml` holds every setting of a run.
"""


def config_page() -> str:
    """Return the page as Markdown."""
    models = list(dict.fromkeys(_models(EvolveConfig)))
    return "\n".join([INTRODUCTION, *(_section(model) for model in models)])


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Walk through a model and those in its fields."""
    yield model
    for field in model.model_fields.values():
        for each in _inner(field.annotation):
            yield from _models(each)


def _inner(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _inner(part)


def _section(model: type[BaseModel]) -> str:
    rows = [_row(name, field) for name, field in model.model_fields.items()]
    return "\n".join(
        [
            f"## {model.__name__}",
            "",
            inspect.cleandoc(model.__doc__ or "").replace("``", "`"),
            "",
            "| key | default | allowed | what it is |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(name: str, field: FieldInfo) -> str:
    if any(True for _ in _inner(field.annotation)):
        default = "see below"
    elif field.is_required():
        default = "required"
    else:
        default = f"`{_yaml(field)}`"
    cells = (f"`{name}`", default, _allowed(field), field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _yaml(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _allowed(field: FieldInfo) -> str:
    """Return type and limits in words."""
    kind = getattr(field.annotation, "__name__", None)
    text = kind if kind and not hasattr(field.annotation, "__args__") else str(field.annotation)
    for long, short in (
        ("typing.", ""),
        ("pathlib._local.", ""),
        ("pathlib.", ""),
        ("Literal", "one of "),
        ("NoneType", "null"),
        ("None", "null"),
    ):
        text = text.replace(long, short)
    text = re.sub(r"Optional\[(.+)\]$", r"\1 or null", text)
    text = re.sub(r"one of \[([^\]]*)\]", lambda m: "one of " + m[1].replace("'", ""), text)
    signs = {"ge": ">= ", "gt": "> ", "le": "<= ", "lt": "< ", "min_length": "at least "}
    limits = [
        f"{sign}{getattr(each, name):,}"
        for each in field.metadata
        for name, sign in signs.items()
        if hasattr(each, name)
    ]
    return ", ".join([text, *limits]).replace("<", "&lt;").replace("[", "\\[")
