import dataclasses
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nestml_models.build import (
    clear_modules,
    compile_general,
    compile_synapses,
    compiler,
    find_nest,
    list_modules,
    toolchain,
)
from nestml_models.build.module import MadeFor, made_for_here
from nestml_models.build.toolchain import Compiler, find_compiler
from nestml_models.codegen import patching, synapse_text
from nestml_models.codegen.synapse import FLAGS
from nestml_models.errors import CompilationError
from nestml_models.rule import term


@pytest.fixture
def own_cache(monkeypatch, tmp_path, module):
    """A cache with only the general module."""
    shutil.copytree(module.path.parent, module_folder(tmp_path, module))
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path))
    return tmp_path


def module_folder(cache, module) -> Path:
    return cache / "modules" / module.name


def test_a_cached_module_is_found_at_once(module):
    start = time.perf_counter()
    assert compile_general(pytest.fail) == module
    assert time.perf_counter() - start < 0.2


def test_names_carry_the_hash(module):
    key = module.name.split("_")[1]
    assert len(key) == 12
    assert key in module.neuron_model
    assert key in module.synapse_model


def test_installation_is_silent_and_needs_no_library_path(module):
    """In a new process in another folder, standard output stays machine-readable."""
    script = (
        "from nestml_models.build.compiler import compile_general\n"
        "module = compile_general(print)\nmodule.install()\nimport nest\n"
        "assert len(nest.Create(module.neuron_model, 3)) == 3\n"
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LD_LIBRARY_PATH", "PYNEST_QUIET")
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_a_module_that_cannot_be_loaded_says_why(simulator, module, tmp_path):
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    made_for_here().write(tmp_path)
    simulator.ResetKernel()
    with pytest.raises(CompilationError, match=r"broken\.so.*(invalid ELF|file too short)"):
        dataclasses.replace(module, path=broken).install()


def test_faulty_nestml_is_reported_with_its_log(own_cache):
    text = synapse_text("faulty", [term("S_pre")], flags=False).replace(
        "w real = 1.0", "w real = nowhere"
    )
    with pytest.raises(CompilationError, match=r"(?s)nowhere.*The full log is") as raised:
        compile_synapses({"faulty": text})
    log = str(raised.value).rpartition("log is ")[2]
    assert log.startswith(str(own_cache))
    assert "nowhere" in Path(log).read_text()
    assert not list((own_cache / "modules").glob(".*"))


def test_a_compiler_that_fails_is_quoted_with_its_log(own_cache, module, monkeypatch):
    script = own_cache / "g++"
    script.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --version ]; then exec g++ --version; fi\n'
        "echo 'fatal error: no space left on device' >&2; exit 1\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(
        toolchain, "find_compiler", lambda: Compiler(script, find_compiler().version)
    )
    text = synapse_text("plain", [term("S_pre")], flags=False)
    with pytest.raises(CompilationError, match=r"no space left on device\nThe full log is (.*)"):
        compile_synapses({"plain": text})
    assert len(list_modules()) == 1  # the general one


def test_specialised_text_holds_nothing_but_its_terms():
    text = synapse_text("special", [term("S_pre"), term("S_pre*X_pre")], flags=False)
    body = text.partition("\nmodel ")[2]
    for absent in (*FLAGS, "X_post", "post_spikes", "R ", "tau_post", "post_now"):
        assert absent not in body.replace("real", "")
    general = synapse_text("general")
    assert all(name in general for name in FLAGS)


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch(toolchain, "find_nest", changed(find_nest(), version="3.10.9")),
        lambda patch: patch(toolchain, "find_nest", changed(find_nest(), build="another")),
        lambda patch: patch(toolchain, "find_compiler", changed(find_compiler(), version="g++ 99")),
        lambda patch: patch(importlib.metadata, "version", lambda _name: "9.0.1"),
        lambda patch: patch(patching, "series_text", lambda: "another patch"),
        lambda patch: patch(toolchain, "processor", lambda: "another processor"),
    ],
)
def test_all_that_the_code_depends_on_gives_another_module(monkeypatch, module, change):
    text = synapse_text("plain", [term("S_pre")], flags=False)
    before = compiler._plan_synapse("plain", text, module).module
    series = patching.series_text()
    monkeypatch.setattr(patching, "series_text", lambda: series)
    change(monkeypatch.setattr)
    after = compiler._plan_synapse("plain", text, module).module
    assert before.name != after.name
    assert before.synapse_model != after.synapse_model


def changed(what, **values):
    """Return a function that returns `what` with other values."""
    return lambda: dataclasses.replace(what, **values)


def test_a_module_for_another_nest_is_refused_with_both_versions(own_cache, simulator):
    found = compile_general(pytest.fail)
    assert found.path.is_relative_to(own_cache)
    MadeFor("3.9.0", "libnest.so 1 2").write(found.path.parent)
    simulator.ResetKernel()
    with pytest.raises(CompilationError, match=r"for NEST 3\.9\.0, but this is NEST 3\.10"):
        found.install()
    MadeFor(find_nest().version, "libnest.so 1 2").write(found.path.parent)
    with pytest.raises(CompilationError, match=r"builds 'libnest\.so 1 2'"):
        found.install()


def test_modules_are_listed_and_cleared(own_cache, module):
    (listed,) = list_modules()
    assert listed.name == module.name
    assert listed.nest == find_nest().version
    assert any(name.startswith("plastic_synapse") for name in listed.models)
    remains = module_folder(own_cache, module).parent / f".{module.name}.killed"
    remains.mkdir()
    (own_cache / "modules" / f"{module.name}.lock").touch()
    assert clear_modules() == 1
    assert list_modules() == ()
    assert not remains.exists()


ASK = (
    "import json, sys\n"
    "from nestml_models.build.compiler import compile_synapses\n"
    "from nestml_models.codegen.synapse import synapse_text\n"
    "from nestml_models.rule.terms import term\n"
    "def say(text):\n    print(json.dumps(text), flush=True)\n"
    "text = synapse_text('shared', [term('S_pre')], flags=False)\n"
    "found = compile_synapses({'shared': text}, say)['shared']\n"
    "print(json.dumps(str(found.path)))\n"
)


def test_ten_processes_compile_once_after_one_was_killed(own_cache):
    """The killed process leaves its lock, work folder and child processes behind."""
    command = [sys.executable, "-c", ASK]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert any("compiling shared" in line for line in killed.stdout)
    killed.kill()
    killed.wait()
    assert list((own_cache / "modules").glob(".v1cortex_*"))
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(10)]
    said = [process.communicate()[0] for process in asking]
    assert all(process.returncode == 0 for process in asking)
    paths = {json.loads(text.splitlines()[-1]) for text in said}
    assert len(paths) == 1
    assert sum("compiling shared" in text for text in said) == 1
    assert not list((own_cache / "modules").glob(".v1cortex_*"))
