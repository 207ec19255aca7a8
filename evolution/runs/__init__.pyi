from .checkpoint import Checkpoint
from .circuits import CIRCUIT, run_circuits, save_circuits
from .config import EvolveConfig, StartConfig, VariationConfig, load_config
from .folder import CHECKPOINT, CONFIG, EVALUATIONS, VERSIONS, RunFolder
from .front import Front, Member, csv_text, front_of, front_rows, rule_name, write_rules
from .hurdles import HurdleConfig
from .records import Record, Score, StageCost, Told, viable_values
from .recovery import fitting, open_store, require_complete
from .sqlite_file import Journal
from .store import SearchStore

__all__ = [
    "CHECKPOINT",
    "CIRCUIT",
    "CONFIG",
    "EVALUATIONS",
    "VERSIONS",
    "Checkpoint",
    "EvolveConfig",
    "Front",
    "HurdleConfig",
    "Journal",
    "Member",
    "Record",
    "RunFolder",
    "Score",
    "SearchStore",
    "StageCost",
    "StartConfig",
    "Told",
    "VariationConfig",
    "csv_text",
    "fitting",
    "front_of",
    "front_rows",
    "load_config",
    "open_store",
    "require_complete",
    "rule_name",
    "run_circuits",
    "save_circuits",
    "viable_values",
    "write_rules",
]
