"""Stores: where evaluations are kept, one interface for searches and experiments."""

from v1cortex.stores.file_systems import file_system_of, is_network
from v1cortex.stores.store import EvaluationStore, checksum_of, refusal_of_old

__all__ = ["EvaluationStore", "checksum_of", "file_system_of", "is_network", "refusal_of_old"]
