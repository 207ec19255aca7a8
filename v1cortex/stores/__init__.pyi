from .file_systems import file_system_of, is_network
from .store import EvaluationStore, checksum_of, refusal_of_old

__all__ = ["EvaluationStore", "checksum_of", "file_system_of", "is_network", "refusal_of_old"]
