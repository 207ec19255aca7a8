from .evaluate import evaluate
from .protocol import Protocol, dump_yaml, load_yaml
from .results import Evaluation, NetworkSummary, Status
from .session import Session
from .task_result import (
    READOUT_NAMES,
    SCORE_LABELS,
    SCORE_NAMES,
    SCORES,
    BinScore,
    DecodedBin,
    DecodedImages,
    LinearReadout,
    OtherReadout,
    Score,
    TaskAnalyses,
    TaskResult,
    Training,
    WeightDistribution,
    WeightPoint,
    about_error,
    about_score,
)
from .task_run import check_circuit

__all__ = [
    "READOUT_NAMES",
    "SCORES",
    "SCORE_LABELS",
    "SCORE_NAMES",
    "BinScore",
    "DecodedBin",
    "DecodedImages",
    "Evaluation",
    "LinearReadout",
    "NetworkSummary",
    "OtherReadout",
    "Protocol",
    "Score",
    "Session",
    "Status",
    "TaskAnalyses",
    "TaskResult",
    "Training",
    "WeightDistribution",
    "WeightPoint",
    "about_error",
    "about_score",
    "check_circuit",
    "dump_yaml",
    "evaluate",
    "load_yaml",
]
