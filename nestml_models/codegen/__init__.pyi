from .mending import patch_text
from .synapse import synapse_text

__all__ = ["patch_text", "synapse_text"]
