"""Errors of the search: its run folder, its workers, its interruption."""

from v1cortex.errors import V1CortexError


class RunFolderError(V1CortexError):
    """A run folder cannot be used: in use, of another run, damaged or not writable."""


class ExecutorError(V1CortexError):
    """Workers cannot be started, or keep dying without finishing any evaluation."""


class SearchError(V1CortexError):
    """The search cannot go on, since no evaluation of its first generation came to an end."""


class SearchInterrupted(V1CortexError):
    """The user stopped the search; all that was finished is stored and the run can be resumed.

    Attributes
    ----------
    exit_code
        Exit code for the command line: 128 plus the number of SIGINT.
    """

    exit_code = 130


__all__ = ["ExecutorError", "RunFolderError", "SearchError", "SearchInterrupted"]
