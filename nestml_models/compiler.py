"""From NESTML text to a NEST module, compiled once and cached by content."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import importlib.resources
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from nestml_models import mending, toolchain
from nestml_models.cache import cache_directory
from nestml_models.errors import CompilationError
from nestml_models.synapse import synapse_text

__all__ = ["CompiledModule", "compile_general", "compile_models", "load_nest"]

Progress = Callable[[str], None]

_NEURON = "glif3_psc"
_FLAGS = (
    "-std=c++20",
    "-O2",
    "-march=native",
    "-DNDEBUG",
    "-fPIC",
    "-fopenmp",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-w",
    "-DLTX_MODULE",
)
_LINES_OF_ERROR = 12


@dataclass(frozen=True)
class CompiledModule:
    """A NEST module with a neuron model and synapse models that are paired with it.

    Attributes
    ----------
    name
        Name of the module; it carries the hash of all that the module is made of.
    path
        The shared library.
    neuron_model
        Name of the neuron model in NEST.
    synapse_models
        Names of the synapse models in NEST; each also exists as ``<name>_lbl``, with labels.
    """

    name: str
    path: Path
    neuron_model: str
    synapse_models: tuple[str, ...]

    @property
    def synapse_model(self) -> str:
        """Name of the module's first synapse model."""
        return self.synapse_models[0]

    def install(self) -> None:
        """Make the models known to NEST; to be called again after each ``nest.ResetKernel``.

        Does nothing if they are known already.

        Raises
        ------
        CompilationError
            If the module cannot be loaded; the message is the dynamic loader's.
        ToolchainError
            Under MPI with a NEST that was built without it.
        """
        nest = load_nest()
        if self.neuron_model in nest.node_models:
            return
        try:
            # NEST says "file not found" for any fault; the dynamic loader says which.
            ctypes.CDLL(str(self.path))
        except OSError as error:
            raise CompilationError(
                f"the module {self.path} cannot be loaded: {error}. Remove its folder to have it "
                "compiled anew"
            ) from error
        previous = os.environ.get("LD_LIBRARY_PATH")
        folders = [str(self.path.parent), *([previous] if previous else [])]
        os.environ["LD_LIBRARY_PATH"] = os.pathsep.join(folders)
        verbosity, nest.verbosity = nest.verbosity, nest.VerbosityLevel.ERROR
        try:
            nest.Install(self.name)
        except Exception as error:
            raise CompilationError(
                f"NEST cannot install the module {self.path}: {error}"
            ) from error
        finally:
            nest.verbosity = verbosity
            if previous is None:
                del os.environ["LD_LIBRARY_PATH"]
            else:
                os.environ["LD_LIBRARY_PATH"] = previous


def load_nest() -> Any:  # noqa: ANN401
    """Import NEST without its greeting, and return it.

    Raises
    ------
    ToolchainError
        Under MPI with a NEST that was built without it.
    """
    toolchain.require_compatible_mpi()
    os.environ.setdefault("PYNEST_QUIET", "1")
    import nest

    return nest


def compile_general(progress: Progress | None = None) -> CompiledModule:
    """Return the module with the GLIF3 neuron and the general synapse of all 25 terms.

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
        If the cache folder cannot be written.
    """
    return compile_models({"plastic_synapse": synapse_text("plastic_synapse")}, progress)


def compile_models(synapses: Mapping[str, str], progress: Progress | None = None) -> CompiledModule:
    """Compile the GLIF3 neuron paired with synapse models, or find it in the cache.

    Parameters
    ----------
    synapses
        NESTML texts by the name of the model.
    progress
        Called with a line of text when something takes long.
    """
    neuron = (
        importlib.resources.files("nestml_models").joinpath(f"{_NEURON}.nestml").read_text("utf-8")
    )
    texts = {_NEURON: neuron, **synapses}
    key = _key(texts)
    renamed = {
        f"{name}_{key}": _rename(text, name, f"{name}_{key}") for name, text in texts.items()
    }
    neuron_name, *synapse_names = renamed
    folder = cache_directory() / "modules" / f"v1cortex_{key}_module"
    paired = f"{neuron_name}__with_{'_and_'.join(synapse_names)}"
    partner = neuron_name if len(synapse_names) == 1 else paired  # so does NESTML name them
    module = CompiledModule(
        name=folder.name,
        path=folder / f"{folder.name}.so",
        neuron_model=paired,
        synapse_models=tuple(f"{name}__with_{partner}" for name in synapse_names),
    )
    if not module.path.exists():
        _build_once(module, renamed, progress or (lambda _message: None))
    return module


def _rename(text: str, name: str, new_name: str) -> str:
    return text.replace(f"\nmodel {name}:\n", f"\nmodel {new_name}:\n", 1)


def _key(texts: Mapping[str, str]) -> str:
    """Return a hash of all that the compiled code depends on."""
    nest, compiler = toolchain.find_nest(), toolchain.find_compiler()
    own = importlib.resources.files("nestml_models")
    parts = [
        *texts.values(),
        *(own.joinpath(name).read_text("utf-8") for name in _GENERATOR_FILES),
        mending.patch_text(),
        importlib.metadata.version("nestml"),
        nest.version,
        nest.build,
        str(nest.cxx11_abi),
        compiler.version,
        toolchain.processor(),
        *_FLAGS,
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


_GENERATOR_FILES = ("mending.py", "nestml_process.py")


def _build_once(module: CompiledModule, texts: Mapping[str, str], progress: Progress) -> None:
    """Build a module, unless another process is doing so: then wait for it."""
    folder = module.path.parent
    if toolchain.under_mpi():
        raise CompilationError(
            f"the module {module.name} is not compiled yet, and must not be under MPI. Run "
            "'v1cortex rules compile' once without the launcher"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(f"{folder}.lock")
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        progress(f"waiting for another process that compiles {module.name}")
        lock.acquire()
    try:
        if not module.path.exists():
            _build(module, texts, progress)
    finally:
        lock.release()


def _build(module: CompiledModule, texts: Mapping[str, str], progress: Progress) -> None:
    toolchain.require_boost()
    folder = module.path.parent
    shutil.rmtree(folder, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    log = work / "build.log"
    try:
        progress("generating C++ from NESTML (once, cached afterwards)")
        sources = _generate(module, texts, work, log)
        progress("compiling the models for NEST (once, cached afterwards)")
        _compile(sources, work / module.path.name, log)
        for name in ("cpp", "templates", "report"):
            shutil.rmtree(work / name, ignore_errors=True)
        work.chmod(0o755)
        work.rename(folder)
    except CompilationError:
        kept = folder.with_suffix(".log")
        log.replace(kept)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _generate(
    module: CompiledModule, texts: Mapping[str, str], work: Path, log: Path
) -> list[Path]:
    """Run NESTML; return the C++ sources to compile."""
    for name, text in texts.items():
        (work / f"{name}.nestml").write_text(text, encoding="utf-8")
    neuron, *synapses = texts
    job = {
        "files": [str(work / f"{name}.nestml") for name in texts],
        "target": str(work / "cpp"),
        "module": module.name,
        "nest_version": toolchain.find_nest().version,
        "neuron": neuron,
        "synapses": {
            name: ["post_spikes"] if "post_spikes <- spike" in texts[name] else []
            for name in synapses
        },
    }
    (work / "job.json").write_text(json.dumps(job), encoding="utf-8")
    _run([sys.executable, "-m", "nestml_models.nestml_process", str(work / "job.json")], work, log)
    wanted = [work / "cpp" / f"{name}.cpp" for name in (module.neuron_model, module.name)]
    missing = [path.name for path in wanted if not path.exists()]
    if missing:
        raise _failure(f"NESTML did not write {', '.join(missing)}", log)
    return wanted


def _compile(sources: list[Path], target: Path, log: Path) -> None:
    """Compile the sources side by side and link them.

    The module is not linked with an OpenMP library: NEST brings its own, and threads are numbered
    by that one only.
    """
    nest, compiler = toolchain.find_nest(), str(toolchain.find_compiler().path)
    flags = [
        *_FLAGS,
        f"-D_GLIBCXX_USE_CXX11_ABI={nest.cxx11_abi}",
        *(f"-I{folder}" for folder in (*toolchain.header_folders(), sources[0].parent)),
    ]
    objects = [source.with_suffix(".o") for source in sources]
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(
                _run, [compiler, *flags, "-c", str(source), "-o", str(made)], target.parent, log
            )
            for source, made in zip(sources, objects, strict=True)
        ]
        for job in jobs:
            job.result()
    _run([compiler, "-shared", *map(str, objects), "-o", str(target)], target.parent, log)


def _run(command: list[str], folder: Path, log: Path) -> None:
    """Run a command with its output appended to the log.

    Raises
    ------
    CompilationError
        If it fails, with the lines of its output that matter and the path of the log.
    """
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=_quiet_environment()
    )
    output = done.stdout + done.stderr
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n{output}\n")
    if done.returncode:
        raise _failure(output, log)


def _failure(output: str, log: Path) -> CompilationError:
    lines = output.splitlines()
    telling = [line for line in lines if "error" in line.lower()] or lines
    folder = log.parent
    kept = folder.parent / f"{folder.name[1:].rpartition('.')[0]}.log"
    shown = "\n".join(telling[:_LINES_OF_ERROR])
    return CompilationError(f"{shown}\nThe whole log is {kept}")


def _quiet_environment() -> dict[str, str]:
    # A child that imports a NEST with MPI must not take this process's place in an MPI job.
    own = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "PMI"))}
    return {**own, "PYNEST_QUIET": "1", "PYTHONWARNINGS": "ignore"}
