"""The base of v1cortex's exceptions, errors of rules and compilation, and the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class V1CortexError(Exception):
    """Base class of every error that v1cortex raises deliberately.

    The message says what is wrong, with which value, and what to do about it.
    """


class ConfigError(V1CortexError):
    """A configuration has an unknown key or a value that is not allowed."""


class RuleError(V1CortexError):
    """A plasticity rule is incomplete, out of range or does not fit its neuron types."""


class ToolchainError(V1CortexError):
    """NEST, NESTML or the C++ toolchain is missing, not supported or unusable."""


class MissingExtraError(V1CortexError, ImportError):
    """A package is missing that an extra of v1cortex installs, such as ``v1cortex[search]``."""


class CompilationError(V1CortexError):
    """A NESTML model could not be generated, compiled or loaded."""


class FileError(V1CortexError):
    """A file cannot be read or written."""


class CacheError(FileError):
    """The cache folder cannot be read or written."""


CUTOFF = 0.5
"""Names less similar than this (`difflib.SequenceMatcher.ratio`) are not suggested."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the most similar known name, or else list all of them, in one sentence.

    Parameters
    ----------
    name
        What was asked for.
    known
        All existing names.
    """
    names = [str(each) for each in known]
    near = difflib.get_close_matches(name, names, n=1, cutoff=CUTOFF)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(names)}." if names else "None is known."


__all__ = [
    "CacheError",
    "CompilationError",
    "ConfigError",
    "FileError",
    "MissingExtraError",
    "RuleError",
    "ToolchainError",
    "V1CortexError",
    "did_you_mean",
]
