from .candidates import PROTOCOL, VIABLE, Candidate, objective_rows
from .checkpoint import Checkpoint
from .circuits import CIRCUIT, Stage, run_circuits, save_circuits
from .config import EvolveConfig, RetestConfig, load_config
from .folder import CHECKPOINT, CONFIG, EVALUATIONS, VERSIONS, RunFolder
from .front import RULES, Front, Member, front_of, front_rows, rule_name, write_rules
from .hurdles import HurdleConfig
from .progress import Lines, Pace, Progress, Silent, Snapshot, Tally
from .records import Record, Score, StageCost, Told, viable_values
from .recovery import fitting, open_store, require_complete
from .settings import ALGORITHM_STREAM, GainPhase, PhaseConfig, SearchSettings, Seeds
from .sqlite_file import Journal
from .store import SearchStore

__all__ = [
    "ALGORITHM_STREAM",
    "CHECKPOINT",
    "CIRCUIT",
    "CONFIG",
    "EVALUATIONS",
    "PROTOCOL",
    "RULES",
    "VERSIONS",
    "VIABLE",
    "Candidate",
    "Checkpoint",
    "EvolveConfig",
    "Front",
    "GainPhase",
    "HurdleConfig",
    "Journal",
    "Lines",
    "Member",
    "Pace",
    "PhaseConfig",
    "Progress",
    "Record",
    "RetestConfig",
    "RunFolder",
    "Score",
    "SearchSettings",
    "SearchStore",
    "Seeds",
    "Silent",
    "Snapshot",
    "Stage",
    "StageCost",
    "Tally",
    "Told",
    "fitting",
    "front_of",
    "front_rows",
    "load_config",
    "objective_rows",
    "open_store",
    "require_complete",
    "rule_name",
    "run_circuits",
    "save_circuits",
    "viable_values",
    "write_rules",
]
