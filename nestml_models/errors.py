"""The root of v1cortex's error tree, and the errors of rules and compilation."""

from nestml_models.common import did_you_mean


class V1CortexError(Exception):
    """Base of every error that v1cortex raises on purpose.

    The message says what is wrong, with which value, and what to do about it.
    """


class ConfigError(V1CortexError):
    """A configuration has an unknown key or a value that is not allowed."""


class RuleError(V1CortexError):
    """A plasticity rule is incomplete, out of range or does not fit its neuron types."""


class ToolchainError(V1CortexError):
    """NEST, NESTML or the C++ toolchain is missing, unknown or unusable."""


class CompilationError(V1CortexError):
    """A NESTML model could not be generated, compiled or loaded."""


class FileError(V1CortexError):
    """A file cannot be read or written."""


class CacheError(FileError):
    """The cache folder cannot be read or written."""


__all__ = [
    "CacheError",
    "CompilationError",
    "ConfigError",
    "FileError",
    "RuleError",
    "ToolchainError",
    "V1CortexError",
    "did_you_mean",
]
