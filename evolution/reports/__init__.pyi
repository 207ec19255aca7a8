from .families import COEFFICIENT_DISTANCE, GATE_DISTANCE
from .family_page import family_page
from .family_report import FamilyReport, analyse, write
from .page import REPORT, report_page, write_report
from .plots import plot_front, plot_generations
from .retest import read_retest, retest_front
from .run import Run
from .summary import RunSummary, find_runs, summarise
from .windows import simulate_windows

__all__ = [
    "COEFFICIENT_DISTANCE",
    "GATE_DISTANCE",
    "REPORT",
    "FamilyReport",
    "Run",
    "RunSummary",
    "analyse",
    "family_page",
    "find_runs",
    "plot_front",
    "plot_generations",
    "read_retest",
    "report_page",
    "retest_front",
    "simulate_windows",
    "summarise",
    "write",
    "write_report",
]
