"""Options for where evaluations run, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from nestml_models.errors import did_you_mean
from v1cortex.errors import ConfigError
from v1cortex.workers import EXECUTORS, WorkersConfig

__all__ = [
    "ExecutorOption",
    "Memory",
    "Scheduler",
    "Timeout",
    "WorkersOption",
    "executor_option",
    "scheduler_option",
    "worker_settings",
    "workers_option",
]


def executor_option(default: str) -> Any:  # noqa: ANN401
    """Return the option `--executor`, with a text for its default."""
    return typer.Option(
        "--executor",
        help=f"Where to evaluate: {' or '.join(EXECUTORS)} (processes of this machine or workers "
        "of a cluster).",
        show_default=default,
    )


def scheduler_option(default: str) -> Any:  # noqa: ANN401
    """Return the option `--scheduler`, with a text for its default."""
    return typer.Option(
        "--scheduler",
        help="Dask's scheduler: its address, such as tcp://host:8786, or its file.",
        show_default=default,
    )


def workers_option(default: str) -> Any:  # noqa: ANN401
    """Return the option `--workers`, with a text for its default."""
    return typer.Option("--workers", min=1, help="Evaluations in parallel.", show_default=default)


ExecutorOption = Annotated[str | None, executor_option("local")]
Scheduler = Annotated[str | None, scheduler_option("none")]
WorkersOption = Annotated[int | None, workers_option("1; with dask, the cluster's threads")]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--evaluation-timeout",
        metavar="SECONDS",
        help="Stop an evaluation that takes more processor time for each of its threads.",
        show_default=f"{WorkersConfig().evaluation_timeout_s:g}",
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        "--evaluation-memory",
        metavar="MB",
        help="Stop an evaluation that needs more memory.",
        show_default="the machine's, shared by all workers",
    ),
]


def worker_settings(
    given: Mapping[str, Any], executor: str | None, scheduler: str | None, **others: float | None
) -> dict[str, Any]:
    """Return settings with the changes from the command line.

    Parameters
    ----------
    given
        Settings of `v1cortex.workers.settings.WorkersConfig` and others, as plain data.
    executor, scheduler
        Options of these names.
    others
        Options by name of their setting.

    Raises
    ------
    ConfigError
        If there is no executor of that name.
    """
    if executor is not None and executor not in EXECUTORS:
        raise ConfigError(f"no executor '{executor}'. {did_you_mean(executor, EXECUTORS)}")
    where = dict(given.get("executor", {}))
    if scheduler is not None:
        where |= {"name": executor or "dask", "scheduler": scheduler}
    if executor is not None:
        where |= {"name": executor}
    data = {**given, **{name: value for name, value in others.items() if value is not None}}
    return data | {"executor": where} if where else data
