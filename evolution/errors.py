"""Errors of the search: its run folder, its workers, its interruption."""

from v1cortex.errors import V1CortexError


class RunFolderError(V1CortexError):
    """A run folder cannot be used: in use, of another run, damaged or not writable."""


class ExecutorError(V1CortexError):
    """Workers cannot be started, or keep dying without finishing any evaluation."""


class WorkersLost(ExecutorError):
    """There were no workers for too long; what they were to do is asked for again on resuming."""


class SearchError(V1CortexError):
    """The search cannot go on, since no evaluation of its first generation came to an end."""


class SearchInterrupted(V1CortexError):
    """The search ended before its end; all that was finished is stored and it can be resumed.

    Parameters
    ----------
    message
        What stopped it, and how far it was.
    exit_code
        For the command line: `BY_USER` or `UNFINISHED`.
    """

    BY_USER = 130
    """128 plus the number of SIGINT."""

    UNFINISHED = 75
    """EX_TEMPFAIL of sysexits.h: out of time or workers, so try again later."""

    def __init__(self, message: str, exit_code: int = BY_USER) -> None:
        super().__init__(message)
        self.exit_code = exit_code


__all__ = ["ExecutorError", "RunFolderError", "SearchError", "SearchInterrupted", "WorkersLost"]
