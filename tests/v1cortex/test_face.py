"""`import v1cortex` offers what scripts need, typed, and loads it only when it is used."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import v1cortex

ROOT = Path(__file__).parents[2]
NAMES = {
    "Circuit": "v1cortex.circuit.circuit",
    "Evaluation": "v1cortex.evaluation.results",
    "EvolveConfig": "evolution.runs.config",
    "Movie": "v1cortex.stimuli.movies",
    "Network": "v1cortex.network.network",
    "Protocol": "v1cortex.evaluation.protocol",
    "Rule": "nestml_models.rule.rule",
    "Run": "evolution.reports.run",
    "Simulation": "v1cortex.simulation.result",
    "SpikeTrains": "validation.spikes",
    "V1CortexError": "nestml_models.errors",
    "build_circuit": "v1cortex.circuit.circuit",
    "compile_rule": "nestml_models.compiled.compiled_rule",
    "drifting_grating": "v1cortex.stimuli.movies",
    "evaluate": "v1cortex.evaluation.evaluate",
    "evolve": "evolution.loop",
    "gray_movie": "v1cortex.stimuli.movies",
    "load_circuit": "v1cortex.sonata.folder",
    "load_movie": "v1cortex.stimuli.movie_files",
    "load_rule": "v1cortex.rules.library",
    "plastic": "v1cortex.nest.rules_in_nest",
    "plastic_pynn": "v1cortex.nest.rules_in_pynn",
    "save_circuit": "v1cortex.sonata.folder",
    "simulate": "v1cortex.simulation.simulation",
    "validate": "v1cortex.simulation.validate",
}
"""The names, and where each is defined."""

HEAVY = (
    "bmtk", "dask", "elephant", "h5py", "matplotlib", "neo", "nest", "numpy", "pandas", "pydantic",
    "pymoo", "pynestml", "pyNN", "rich", "scipy", "skimage", "sklearn", "typer", "yaml",
)  # fmt: skip


def _python(program):
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_list():
    assert v1cortex.__all__ == sorted([*NAMES, "__version__"])
    assert dir(v1cortex) == v1cortex.__all__


def test_each_comes_from_its_module():
    program = (
        "import v1cortex; "
        f"print([n for n, m in {NAMES!r}.items() if getattr(v1cortex, n).__module__ != m])"
    )
    assert _python(program) == "[]\n"


@pytest.mark.slow
def test_each_comes_in_a_process_that_has_imported_nothing():
    """Each in a separate process, forked from one that has imported only `v1cortex`."""
    program = f"""
import os, sys
import v1cortex
for name, module in {NAMES!r}.items():
    child = os.fork()
    if not child:
        found = getattr(v1cortex, name)
        os._exit(0 if found.__module__ == module else print(name, found.__module__) or 1)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{{name}} does not come from {{module}}")
"""
    assert _python(program) == ""


def test_the_import_loads_nothing_heavy():
    loaded = _python("import sys, v1cortex; dir(v1cortex); print(*sys.modules)").split()
    assert "v1cortex" in loaded
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(HEAVY)
    ours = {name for name in loaded if name.startswith(("v1cortex.", "evolution"))}
    assert ours <= {"v1cortex._namesakes"}


def test_building_a_circuit_needs_no_simulator():
    program = "import sys, v1cortex as v1c; v1c.build_circuit(50, 1); print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in _python(program).split()}
    assert "numpy" in loaded
    assert loaded.isdisjoint({"nest", "pyNN", "pandas", "matplotlib", "neo", "elephant", "bmtk"})


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="build_cortex"):
        v1cortex.build_cortex  # noqa: B018


def test_the_version():
    assert v1cortex.__version__ == version("v1cortex")


@pytest.mark.slow
def test_a_script_is_typed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import v1cortex as v1c\n"
        "circuit = v1c.build_circuit(1000, seed=1)\n"
        "reveal_type(circuit)\n"
        "reveal_type(v1c.simulate(circuit, 'gray', 100).to_frame())\n"
        "reveal_type(v1c.evaluate(circuit, 'stdp', v1c.Protocol()))\n"
        "reveal_type(v1c.Run('run').front())\n"
        "reveal_type(v1c.evolve('demo', out='run'))\n"
        "v1c.build_circuit('1000', 1)\n"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    types = [line.split('"')[1] for line in done.stdout.splitlines() if "Revealed" in line]
    assert types == [
        "v1cortex.circuit.circuit.Circuit",
        "pandas.core.frame.DataFrame",
        "v1cortex.evaluation.results.Evaluation",
        "pandas.core.frame.DataFrame",
        "evolution.reports.run.Run",
    ], done.stdout
    errors = [line for line in done.stdout.splitlines() if " error: " in line]
    assert len(errors) == 1, done.stdout
    assert "build_circuit" in errors[0]
