"""From NESTML text to NEST modules, compiled once and cached by content.

One module contains the GLIF3 neuron and the general synapse. Every specialised synapse has its own
module, which is linked with that one: the neuron is compiled once, and synapses of any number of
rules can end on the same neurons.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.resources
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import filelock

from nestml_models.build import build as module_build
from nestml_models.build import toolchain
from nestml_models.build.build import Plan
from nestml_models.build.cache import cache_directory
from nestml_models.build.integrity import damage
from nestml_models.build.module import CompiledModule
from nestml_models.build.module_cache import modules_directory, remove_remains
from nestml_models.codegen import header_files, patching, synapse_text
from nestml_models.common import Notice
from nestml_models.errors import CacheError, CompilationError

__all__ = ["compile_general", "compile_synapses"]

_NEURON = "glif3_psc"
_GENERAL = "plastic_synapse"
_GENERATOR_FILES = ("generator.py", "patching.py", "process.py", "speed.py")


def compile_general(progress: Notice | None = None) -> CompiledModule:
    """Return the module with the GLIF3 neuron and the general synapse with all 25 terms.

    Parameters
    ----------
    progress
        Called with a line of text when something takes long.

    Raises
    ------
    ToolchainError
        If NEST, NESTML or the compiler is missing or unknown.
    CompilationError
        If a model cannot be generated or compiled; the message names the log.
    CacheError
        If something must be compiled and the cache folder cannot be written to, or if the folder
        belongs to somebody else or is writable by everybody.
    """
    plan = _plan_general()
    _build_missing([plan], progress or _say_nothing)
    return plan.module


def compile_synapses(
    texts: Mapping[str, str], progress: Notice | None = None
) -> dict[str, CompiledModule]:
    """Return one module per synapse model, all paired with the neuron of the general module.

    Missing modules are compiled in one batch, in parallel on all processors.

    Parameters
    ----------
    texts
        NESTML texts by name of the model.
    progress
        Called with a line of text when something takes long.

    Raises
    ------
    ToolchainError, CompilationError, CacheError
        As for `compile_general`.
    """
    base = compile_general(progress)
    plans = {name: _plan_synapse(name, text, base) for name, text in texts.items()}
    _build_missing(list(plans.values()), progress or _say_nothing)
    return {name: plan.module for name, plan in plans.items()}


def _plan_general() -> Plan:
    neuron = (
        importlib.resources.files("nestml_models.codegen")
        .joinpath(f"{_NEURON}.nestml")
        .read_text("utf-8")
    )
    texts = {_NEURON: neuron, _GENERAL: synapse_text(_GENERAL)}
    key = _key(*texts.values())
    renamed = {
        f"{name}_{key}": _rename(text, name, f"{name}_{key}") for name, text in texts.items()
    }
    neuron_name, synapse_name = renamed
    # This is how NESTML names paired models.
    partners = (f"{neuron_name}__with_{synapse_name}", f"{synapse_name}__with_{neuron_name}")
    return Plan(_module(key, *partners, None), neuron_name, synapse_name, renamed)


def _plan_synapse(name: str, text: str, base: CompiledModule) -> Plan:
    key = _key(base.name, text)
    neuron, synapse = base.neuron_model.partition("__with_")[0], f"{name}_{key}"
    module = _module(key, base.neuron_model, f"{synapse}__with_{neuron}", base)
    texts = {neuron: _placeholder(neuron), synapse: _rename(text, name, synapse)}
    return Plan(module, neuron, synapse, texts)


def _placeholder(name: str) -> str:
    """Return a neuron to pair a synapse with; only its name appears in the synapse's code.

    (All traces belong to the synapse.) NESTML takes seconds for the real neuron.
    """
    return (
        f"\nmodel {name}:\n    state:\n        V_m mV = 0 mV\n    input:\n        I <- spike\n"
        "    output:\n        spike\n    update:\n        emit_spike()\n"
    )


def _module(key: str, neuron: str, synapse: str, base: CompiledModule | None) -> CompiledModule:
    name = f"v1cortex_{key}_module"
    path = modules_directory() / name / f"{name}.so"
    return CompiledModule(name, path, neuron, synapse, base)


def _rename(text: str, name: str, new_name: str) -> str:
    return text.replace(f"\nmodel {name}:\n", f"\nmodel {new_name}:\n", 1)


def _key(*texts: str) -> str:
    """Return a hash of everything that the compiled code depends on."""
    nest, compiler = toolchain.find_nest(), toolchain.find_compiler()
    own = importlib.resources.files("nestml_models.codegen")
    parts = [
        *texts,
        *(own.joinpath(name).read_text("utf-8") for name in _GENERATOR_FILES),
        *(each.read_text("utf-8") for each in header_files()),
        patching.series_text(),
        importlib.metadata.version("nestml"),
        nest.version,
        nest.build,
        str(nest.cxx11_abi),
        compiler.version,
        toolchain.processor(),
        *module_build.FLAGS,
        *module_build.LINK_FLAGS,
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _build_missing(plans: Sequence[Plan], progress: Notice) -> None:
    """Build missing or damaged modules; if another process is building one, wait for it."""
    reasons = {plan.module.name: _reason_to_build(plan.module) for plan in plans}
    missing = {plan.module.name: plan for plan in plans if reasons[plan.module.name]}
    if not missing:
        return
    told = "; ".join(f"{name} is {reasons[name]}" for name in missing)
    if toolchain.under_mpi():
        raise CompilationError(
            f"{told}, and it must not be compiled under MPI. Run 'v1cortex rules compile' with the "
            "rule's name once, without the launcher"
        )
    try:
        cache_directory()
    except CacheError as error:
        raise CacheError(f"{told}, and {error}") from error
    with ExitStack() as locks:
        # In order of their names, so that no two processes wait for each other.
        for name, plan in sorted(missing.items()):
            _lock(plan.module, progress, locks)
            reason = _reason_to_build(plan.module)
            if not reason:
                del missing[name]
                continue
            remove_remains(plan.module.path.parent)
            if plan.module.path.exists():
                progress(f"{name} is {reason}; it is compiled again")
        if missing:
            module_build.build(list(missing.values()), progress)
        for plan in missing.values():
            remove_remains(plan.module.path.parent)  # children of a killed process may have gone on


def _reason_to_build(module: CompiledModule) -> str:
    """Return why a module cannot be used as it is; empty if it can."""
    if not module.path.exists():
        return "not compiled yet"
    found = damage(module.path.parent)
    return f"damaged ({found})" if found else ""


def _lock(module: CompiledModule, progress: Notice, locks: ExitStack) -> None:
    folder = module.path.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(f"{folder}.lock")
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        progress(f"waiting for another process that is compiling {module.name}")
        lock.acquire()
    locks.callback(lock.release)


def _say_nothing(_message: str) -> None:
    pass
