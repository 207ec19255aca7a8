"""Errors of the cortex, its tasks and its evaluation."""

from nestml_models.errors import (
    CacheError,
    CompilationError,
    FileError,
    RuleError,
    ToolchainError,
    V1CortexError,
)


class ConfigError(V1CortexError):
    """A configuration has an unknown key or a value that is not allowed."""


class TableError(V1CortexError):
    """A name that is not in the model's tables was asked for, or a table is damaged."""


class CircuitError(V1CortexError):
    """A circuit cannot be built, read or connected."""


class StimulusError(V1CortexError):
    """A stimulus, movie or image set is not usable."""


class TaskError(V1CortexError):
    """A task or protocol is unknown or inconsistent."""


class ExperimentError(V1CortexError):
    """An experiment cannot be planned, run or stored."""


class SimulationError(V1CortexError):
    """NEST refused or failed during a simulation."""


__all__ = [
    "CacheError",
    "CircuitError",
    "CompilationError",
    "ConfigError",
    "ExperimentError",
    "FileError",
    "RuleError",
    "SimulationError",
    "StimulusError",
    "TableError",
    "TaskError",
    "ToolchainError",
    "V1CortexError",
]
