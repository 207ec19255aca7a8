"""Settings of workers, and the corresponding executor."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from nestml_models.common import StrictModel, anchored, require
from v1cortex.nest import EVALUATIONS_PER_PROCESS
from v1cortex.workers.executor import Executor
from v1cortex.workers.limits import WALL_FACTOR, Limits
from v1cortex.workers.local import LocalExecutor, default_memory_MB
from v1cortex.workers.work import Setup

__all__ = ["EXECUTORS", "ExecutorConfig", "WorkersConfig", "make_executor"]

EXECUTORS = ("local", "dask")


class ExecutorConfig(StrictModel):
    """Where evaluations run; this may change when work is resumed."""

    name: Literal["local", "dask"] = Field(
        "local", description="processes on this machine, or the workers of a Dask cluster"
    )
    scheduler: str | None = Field(
        None, description="dask: address such as tcp://host:8786, or the scheduler file"
    )
    wait_s: float = Field(
        600.0,
        gt=0,
        description="dask: a run ends, to be resumed, without a scheduler or worker for this long",
    )

    @field_validator("scheduler", mode="after")
    @classmethod
    def _anchor_file(cls, value: str | None, info: ValidationInfo) -> str | None:
        return value if value is None or "://" in value else anchored(value, info)

    @model_validator(mode="after")
    def _has_scheduler(self) -> Self:
        if self.name == "dask" and not self.scheduler:
            raise ValueError(
                "dask needs a scheduler: its address, such as tcp://host:8786, or its file"
            )
        return self


class WorkersConfig(StrictModel):
    """Settings of workers, of searches and experiments alike."""

    executor: ExecutorConfig = ExecutorConfig()
    workers: int | None = Field(
        None,
        ge=1,
        description="concurrent evaluations; null: cores / threads of the protocol, or all threads "
        "of a Dask cluster",
    )
    evaluation_timeout_s: float = Field(
        1800.0,
        gt=0,
        description="an evaluation that takes more processor time for each of its threads is "
        "stopped, and `timed out`; time in which the machine is busy or suspended does not count",
    )
    evaluation_hang_s: float | None = Field(
        None,
        gt=0,
        description="an evaluation with a longer wall-clock time counts as hanging: it is started "
        "again once, then `timed out`; null: ten times evaluation_timeout_s",
    )
    evaluation_memory_MB: float | None = Field(
        None,
        gt=0,
        description="an evaluation that needs more is stopped; null: the machine's memory, "
        "shared by the workers",
    )
    machine_faults: int = Field(
        5,
        ge=1,
        description="how many times in a row an evaluation is tried if the machine prevents it "
        "(disk, memory, compiler, installation); then the run ends, to be resumed",
    )

    def cores_share(self, threads: int) -> int:
        """Return how many evaluations with this many threads fit on the machine's cores."""
        return max(1, len(os.sched_getaffinity(0)) // threads)


def make_executor(config: WorkersConfig, setup: Setup[Any], threads: int) -> Executor[Any]:
    """Return the executor for the settings, not yet entered.

    Parameters
    ----------
    config
        The settings.
    setup
        Setup of workers.
    threads
        Threads of each evaluation.
    """
    limits = Limits(
        config.evaluation_timeout_s * threads,
        config.evaluation_memory_MB,
        EVALUATIONS_PER_PROCESS,
        config.evaluation_hang_s or WALL_FACTOR * config.evaluation_timeout_s,
        config.machine_faults,
    )
    if config.executor.name == "dask":
        # Takes a tenth of a second to import, and is not needed for a local run.
        require("distributed")
        from v1cortex.workers.dask_executor import DaskExecutor

        assert config.executor.scheduler is not None
        return DaskExecutor(
            setup,
            limits,
            scheduler=config.executor.scheduler,
            wait_s=config.executor.wait_s,
            workers=config.workers,
            threads=threads,
        )
    workers = config.workers or config.cores_share(threads)
    memory_MB = config.evaluation_memory_MB or default_memory_MB(workers)
    return LocalExecutor(
        setup, replace(limits, memory_MB=memory_MB), workers=workers, threads=threads
    )
