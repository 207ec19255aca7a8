from .patching import installed_series
from .synapse import synapse_text

__all__ = ["installed_series", "synapse_text"]
