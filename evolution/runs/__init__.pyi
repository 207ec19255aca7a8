from .circuits import run_circuits, save_circuits
from .config import EvolveConfig, StartConfig, VariationConfig
from .folder import CONFIG, EVALUATIONS, VERSIONS, Checkpoint, RunFolder
from .front import Front, Member, csv_text, front_of, front_rows, rule_name, write_rules
from .hurdles import HurdleConfig
from .store import EvaluationStore, Score, StageCost, viable_values

__all__ = [
    "CONFIG",
    "EVALUATIONS",
    "VERSIONS",
    "Checkpoint",
    "EvaluationStore",
    "EvolveConfig",
    "Front",
    "HurdleConfig",
    "Member",
    "RunFolder",
    "Score",
    "StageCost",
    "StartConfig",
    "VariationConfig",
    "csv_text",
    "front_of",
    "front_rows",
    "rule_name",
    "run_circuits",
    "save_circuits",
    "viable_values",
    "write_rules",
]
