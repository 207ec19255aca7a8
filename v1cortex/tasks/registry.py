"""The available tasks: every file of this package that defines one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import v1cortex.tasks as package
from nestml_models.errors import did_you_mean
from v1cortex.errors import TaskError
from v1cortex.tasks.base import Task

__all__ = ["TASKS", "load"]


def _found() -> dict[str, type[Task]]:
    """Import the package's modules and return the tasks in them, by name."""
    found: dict[str, type[Task]] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name == __name__:
            continue
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, Task) and each.name:
                found[each.name] = each
    by_stream = {each.stream: each for each in found.values()}
    for each in found.values():
        if by_stream[each.stream] is not each or each.stream < 0:
            raise TaskError(
                f"task {each.name} has stream {each.stream}; give it a number of 0 or more that no "
                f"other task has, such as {max(by_stream) + 1}"
            )
    return dict(sorted(found.items(), key=lambda item: item[1].stream))


TASKS: Mapping[str, type[Task]] = MappingProxyType(_found())
"""Tasks by name."""


def load(name: str, preset: str = "clear", **overrides: Any) -> Task:  # noqa: ANN401
    """Return a task.

    Parameters
    ----------
    name
        A key of `TASKS`.
    preset
        One of the task's presets.
    overrides
        Values of single settings.

    Raises
    ------
    TaskError
        If a name is unknown (the nearest known one is named) or a value is not allowed.
    """
    if name not in TASKS:
        raise TaskError(f"no task {name!r}. {did_you_mean(name, TASKS)}")
    return TASKS[name].from_preset(preset, overrides)
