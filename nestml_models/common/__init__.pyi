from .files import write_whole
from .progress import Notice, Report
from .spelling import did_you_mean
from .versions import SEARCH, SIMULATION, program_versions

__all__ = [
    "SEARCH",
    "SIMULATION",
    "Notice",
    "Report",
    "did_you_mean",
    "program_versions",
    "write_whole",
]
