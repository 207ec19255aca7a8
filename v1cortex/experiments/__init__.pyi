from .conditions import Condition, Setting
from .jobs import Job, run_job
from .random_rules import PLAUSIBLE_HZ, random_rules
from .retest import FRESH_SEED, RetestResult, RetestSettings, retest
from .retest_table import read_retest, retest_data, retest_rows, write_retest
from .rows import Row, rows_frame
from .run import run_conditions
from .store import ResultStore

__all__ = [
    "FRESH_SEED",
    "PLAUSIBLE_HZ",
    "Condition",
    "Job",
    "ResultStore",
    "RetestResult",
    "RetestSettings",
    "Row",
    "Setting",
    "random_rules",
    "read_retest",
    "retest",
    "retest_data",
    "retest_rows",
    "rows_frame",
    "run_conditions",
    "run_job",
    "write_retest",
]
