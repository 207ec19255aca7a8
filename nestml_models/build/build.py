"""Builds NEST modules: NESTML writes C++, which the compiler turns into a shared library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nestml_models.build import toolchain
from nestml_models.build.foreign_headers import require_foreign_headers
from nestml_models.build.module import CompiledModule, made_for_here
from nestml_models.codegen import header_files
from nestml_models.common import Notice
from nestml_models.errors import CompilationError

__all__ = ["FLAGS", "LINK_FLAGS", "Plan", "build"]

FLAGS = (
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
"""Options of the C++ compiler; part of a module's key."""

LINK_FLAGS = ("-Wl,-Bsymbolic-functions",)
"""Options of the linker; part of a module's key. Functions that NEST's library has too, since both
include them from headers, are called as they were compiled here: for this processor."""

_LINES_OF_ERROR = 12


@dataclass(frozen=True)
class Plan:
    """What a module is made from.

    Attributes
    ----------
    module
        The module.
    neuron, synapse
        Names of the NESTML models. If the module has a base, the neuron is only a placeholder for
        the base's.
    texts
        NESTML texts by name of the model.
    """

    module: CompiledModule
    neuron: str
    synapse: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class _Work:
    """A plan and the folder in which it is built."""

    plan: Plan
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "build.log"


def build(plans: Sequence[Plan], progress: Notice) -> None:
    """Build modules whose locks are held, in parallel on all processors.

    Every module is put in place whole or not at all.

    Raises
    ------
    CompilationError
        If one cannot be built; the message names the log. Modules already built are kept.
    ToolchainError
        If headers that NEST's own headers include are missing.
    """
    require_foreign_headers()
    shares = [list(plans[k :: _n_workers()]) for k in range(min(_n_workers(), len(plans)))]
    models = "the models" if len(plans) == 1 else f"{len(plans)} synapse models"
    progress(f"generating C++ of {models} from NESTML (once, cached afterwards)")
    with ThreadPoolExecutor(len(shares)) as pool:
        jobs = [pool.submit(_build_share, share, progress) for share in shares]
        for job in jobs:
            job.result()


def _n_workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _build_share(plans: Sequence[Plan], progress: Notice) -> None:
    """Generate the code of some modules in one process of NESTML, then compile each."""
    with _work_folders(plans) as works:
        _generate(works)
        for work in works:
            progress(f"compiling {work.plan.synapse} for NEST (once, cached afterwards)")
            _compile(work)
            _put_in_place(work)


@contextmanager
def _work_folders(plans: Sequence[Plan]) -> Iterator[list[_Work]]:
    works: list[_Work] = []
    try:
        for plan in plans:
            final = plan.module.path.parent
            name = tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent)
            works.append(_Work(plan, Path(name)))
        yield works
    finally:
        for work in works:
            shutil.rmtree(work.folder, ignore_errors=True)


def _put_in_place(work: _Work) -> None:
    final = work.plan.module.path.parent
    if work.plan.module.base:
        (work.folder / f"{work.plan.neuron}.nestml").unlink()  # only a placeholder for the base's
    if not work.plan.module.base:
        own = (each.name for each in header_files())
        for name in (f"{work.plan.module.neuron_model}.h", *own):
            # specialised synapses include them
            (work.folder / "cpp" / name).replace(work.folder / name)
    for name in ("cpp", "report"):
        shutil.rmtree(work.folder / name, ignore_errors=True)
    made_for_here().write(work.folder)
    work.folder.chmod(0o755)
    shutil.rmtree(final, ignore_errors=True)
    work.folder.rename(final)


def _generate(works: Sequence[_Work]) -> None:
    """Run NESTML."""
    jobs = []
    for work in works:
        plan = work.plan
        for name, text in plan.texts.items():
            (work.folder / f"{name}.nestml").write_text(text, encoding="utf-8")
        job = {
            "files": [str(work.folder / f"{name}.nestml") for name in plan.texts],
            "target": str(work.folder / "cpp"),
            "module": plan.module.name,
            "nest_version": toolchain.find_nest().version,
            "neuron": plan.neuron,
            "compiled_neuron": plan.module.neuron_model if plan.module.base else None,
            "synapse": plan.synapse,
            "post_ports": ["post_spikes"]
            if "post_spikes <- spike" in plan.texts[plan.synapse]
            else [],
        }
        (work.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        jobs.append(str(work.folder / "job.json"))
    _run([sys.executable, "-m", "nestml_models.codegen.process", *jobs], works[0])
    for work in works:
        missing = [path.name for path in _sources(work) if not path.exists()]
        if missing:
            raise _failure(f"NESTML did not write {', '.join(missing)}", works[0])


def _sources(work: _Work) -> list[Path]:
    module = work.plan.module
    names = [module.name] if module.base else [module.neuron_model, module.name]
    return [work.folder / "cpp" / f"{name}.cpp" for name in names]


def _compile(work: _Work) -> None:
    """Compile the sources in parallel and link them.

    The module is not linked with an OpenMP library: NEST comes with its own, and only that one
    numbers threads. A module with a base finds the base next to itself in the cache.
    """
    nest, compiler = toolchain.find_nest(), str(toolchain.find_compiler().path)
    module, sources = work.plan.module, _sources(work)
    folders = [*toolchain.header_folders(), sources[0].parent]
    libraries, included = [], []
    if module.base:
        header = str(module.base.path.parent / f"{module.neuron_model}.h")
        included = ["-include", "nest_extension_interface.h", "-include", header]
        libraries = [str(module.base.path), f"-Wl,-rpath,$ORIGIN/../{module.base.name}"]
    flags = [
        *FLAGS,
        f"-D_GLIBCXX_USE_CXX11_ABI={nest.cxx11_abi}",
        *(f"-I{folder}" for folder in folders),
        *included,
    ]
    objects = [source.with_suffix(".o") for source in sources]
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(_run, [compiler, *flags, "-c", str(source), "-o", str(made)], work)
            for source, made in zip(sources, objects, strict=True)
        ]
        for job in jobs:
            job.result()
    target = work.folder / module.path.name
    named = f"-Wl,-soname,{target.name}"
    link = [compiler, "-shared", *LINK_FLAGS, named, *map(str, objects), *libraries]
    _run([*link, "-o", str(target)], work)


def _run(command: list[str], work: _Work) -> None:
    """Run a command with its output appended to the log.

    Raises
    ------
    CompilationError
        If it fails, with the relevant lines of its output and the path of the log.
    """
    done = subprocess.run(
        command,
        cwd=work.folder,
        capture_output=True,
        text=True,
        check=False,
        env=_quiet_environment(),
    )
    output = done.stdout + done.stderr
    with work.log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n{output}\n")
    if done.returncode:
        raise _failure(output, work)


def _failure(output: str, work: _Work) -> CompilationError:
    """Keep the log of a failed build, and return the error that names it."""
    kept = work.plan.module.path.parent.with_suffix(".log")
    shutil.copyfile(work.log, kept)
    lines = output.splitlines()
    telling = [line for line in lines if "error" in line.lower()] or lines
    shown = "\n".join(telling[:_LINES_OF_ERROR])
    return CompilationError(f"{shown}\nThe full log is {kept}")


def _quiet_environment() -> dict[str, str]:
    # A child process that imports a NEST with MPI must not take this process's place in an MPI job.
    own = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "PMI"))}
    return {**own, "PYNEST_QUIET": "1", "PYTHONWARNINGS": "ignore"}
