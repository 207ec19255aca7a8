from .cpp_headers import header_files
from .patching import installed_series
from .synapse import synapse_text

__all__ = ["header_files", "installed_series", "synapse_text"]
