"""Errors of the cortex, its tasks and its evaluation."""

from nestml_models.errors import (
    CacheError,
    CompilationError,
    ConfigError,
    FileError,
    MissingExtraError,
    RuleError,
    ToolchainError,
    V1CortexError,
)


class FormatError(V1CortexError):
    """Stored data have another version's format, or are damaged."""


class TableError(V1CortexError):
    """A name is not in the model's tables, or a table is damaged."""


class CircuitError(V1CortexError):
    """A circuit cannot be built, read or connected."""


class MemoryShortageError(CircuitError):
    """A circuit or network needs more memory than is free."""


class StimulusError(V1CortexError):
    """A stimulus, movie or image set is unusable."""


class TaskError(V1CortexError):
    """A task or protocol is unknown or inconsistent."""


class ExperimentError(V1CortexError):
    """An experiment cannot be planned, run or stored."""


class ExecutorError(V1CortexError):
    """Workers cannot be started, or cannot evaluate anything."""


class TryLaterError(ExecutorError):
    """Evaluations are not possible at the moment; all finished ones are kept."""

    exit_code = 75
    """EX_TEMPFAIL of sysexits.h, for the command line: try again later."""


class WorkersLost(TryLaterError):
    """No workers were available for too long."""


class MachineError(TryLaterError):
    """The machine repeatedly prevents evaluations: disk, memory, compiler, installation."""


class SimulationError(V1CortexError):
    """NEST raised an error or failed during a simulation."""


__all__ = [
    "CacheError",
    "CircuitError",
    "CompilationError",
    "ConfigError",
    "ExecutorError",
    "ExperimentError",
    "FileError",
    "FormatError",
    "MachineError",
    "MemoryShortageError",
    "MissingExtraError",
    "RuleError",
    "SimulationError",
    "StimulusError",
    "TableError",
    "TaskError",
    "ToolchainError",
    "TryLaterError",
    "V1CortexError",
    "WorkersLost",
]
