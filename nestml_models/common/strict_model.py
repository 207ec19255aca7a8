"""Settings that reject unknown keys, with one clear message."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nestml_models.common.anchored import FOLDER
from nestml_models.errors import ConfigError, did_you_mean

__all__ = ["StrictModel", "parse"]

Model = TypeVar("Model", bound="StrictModel")


class StrictModel(BaseModel):
    """A frozen settings object that rejects unknown keys.

    Raises
    ------
    ConfigError
        If a key is unknown (the nearest known one is named) or a value is not allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    if not TYPE_CHECKING:  # type checkers see one parameter per field instead

        def __init__(self, **data: Any) -> None:  # noqa: ANN401
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise _explained(type(self), error, type(self).__name__) from None

        # Nested models are read by pydantic itself, so that an error has its full path.
        __init__.__pydantic_base_init__ = True


def parse(
    model: type[Model], data: Mapping[str, Any], source: str, folder: Path | None = None
) -> Model:
    """Validate plain data against a settings model.

    Parameters
    ----------
    model
        The settings class.
    data
        Keys and values, as read from YAML.
    source
        Where the data came from, for messages.
    folder
        Folder that paths in the data are relative to (see `anchored`); None for the working
        directory.

    Raises
    ------
    ConfigError
        If a key is unknown (the nearest known one is named) or a value is not allowed.
    """
    try:
        return model.model_validate(data, context={FOLDER: folder} if folder else None)
    except ValidationError as error:
        raise _explained(model, error, source) from None


def _explained(model: type[StrictModel], error: ValidationError, source: str) -> ConfigError:
    lines = [_explain(model, detail) for detail in error.errors()]
    return ConfigError(f"{source}: " + "\n".join(lines))


def _explain(model: type[StrictModel], detail: Any) -> str:  # noqa: ANN401
    location = [part for part in detail["loc"] if isinstance(part, str)]
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        return f"unknown key '{key}'. {did_you_mean(location[-1], known)}"
    message = detail["msg"].removeprefix("Value error, ")
    if not key:
        return str(message)
    return f"{key} = {reprlib.repr(detail['input'])}: {message[0].lower()}{message[1:]}"


def _known_keys(model: type[StrictModel], path: list[str]) -> list[str]:
    for name in path:
        field = model.model_fields.get(name)
        annotation = field.annotation if field else None
        if isinstance(annotation, type) and issubclass(annotation, StrictModel):
            model = annotation
    return list(model.model_fields)
