"""Errors of the search: run folder, workers, interruption."""

from v1cortex.errors import TryLaterError, V1CortexError


class RunFolderError(V1CortexError):
    """A run folder cannot be used: it is in use, of another run, damaged or not writable."""


class SearchError(V1CortexError):
    """The search cannot continue, since no evaluation of its first generation succeeded."""


class SearchInterrupted(V1CortexError):
    """The search ended early; all finished evaluations are stored, and it can be resumed.

    Parameters
    ----------
    message
        What stopped it, and how far it got.
    exit_code
        For the command line: `BY_USER` or `UNFINISHED`.
    """

    BY_USER = 130
    """128 plus the number of SIGINT."""

    UNFINISHED = TryLaterError.exit_code
    """Out of time or workers, or a machine problem: try again later."""

    def __init__(self, message: str, exit_code: int = BY_USER) -> None:
        super().__init__(message)
        self.exit_code = exit_code


__all__ = ["RunFolderError", "SearchError", "SearchInterrupted"]
