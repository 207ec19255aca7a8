from .cache import cache_directory
from .checks import Check, inspect
from .compiler import compile_general, compile_synapses
from .module import CompiledModule, load_nest
from .module_cache import clear_modules, list_modules, modules_directory
from .toolchain import find_nest, require_compatible_mpi, under_mpi

__all__ = [
    "Check",
    "CompiledModule",
    "cache_directory",
    "clear_modules",
    "compile_general",
    "compile_synapses",
    "find_nest",
    "inspect",
    "list_modules",
    "load_nest",
    "modules_directory",
    "require_compatible_mpi",
    "under_mpi",
]
