"""Compiled modules that were damaged, or could have been created by somebody else."""

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from nestml_models.build import (
    cache_directory,
    compile_general,
    compile_synapses,
    modules_directory,
)
from nestml_models.build.integrity import damage
from nestml_models.codegen import synapse_text
from nestml_models.errors import CacheError, CompilationError
from nestml_models.rule import term

NOBODY = 65534


@pytest.fixture
def own_cache(monkeypatch, module):
    """A cache with only the general module, readable by every user."""
    folder = Path(tempfile.mkdtemp(prefix="v1cortex-cache-"))
    folder.chmod(0o755)
    shutil.copytree(module.path.parent, folder / "modules" / module.name)
    monkeypatch.setenv("V1CORTEX_CACHE", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def library(own_cache, module) -> Path:
    return own_cache / "modules" / module.name / module.path.name


@contextmanager
def only_reading(folder: Path):
    """As a user who owns nothing there, if possible; else without write permission."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)


def flip(path: Path, offset: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if offset is None else offset] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Truncate as on a full disk; into a new file, since this process has mapped the old one."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])


def test_a_sound_module_is_checked_in_no_time(library):
    assert not damage(library.parent)
    begin = time.perf_counter()
    for _ in range(100):
        assert not damage(library.parent)
    assert time.perf_counter() - begin < 0.5


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (flip, r"module\.so is not as it was compiled"),
        (cut, r"module\.so is not as it was compiled"),
        (lambda path: (path.parent / "about.json").unlink(), r"about\.json does not say"),
        (lambda path: (path.parent / "about.json").write_text("[1]"), r"about\.json does not say"),
        (lambda path: flip(next(path.parent.glob("*.h"))), r"\.h is not as it was compiled"),
        (lambda path: next(path.parent.glob("*.h")).unlink(), r"\.h is missing"),
    ],
)
def test_a_damaged_module_is_not_loaded(library, simulator, harm, told):
    found = compile_general(pytest.fail)
    simulator.ResetKernel()
    harm(library)
    with pytest.raises(CompilationError, match=rf"is damaged: .*{told}.*rules compile"):
        found.install()
    assert found.neuron_model not in simulator.node_models


def test_a_damaged_module_is_compiled_anew(own_cache):
    """Build a specialised synapse, which takes less time than the general one."""
    texts = {"plain": synapse_text("plain", [term("S_pre")], flags=False)}
    made = compile_synapses(texts)["plain"]
    good = made.path.read_bytes()
    cut(made.path)
    said = []
    assert compile_synapses(texts, said.append)["plain"] == made
    assert f"{made.name} is damaged" in said[0]
    assert "it is compiled again" in said[0]
    assert len(made.path.read_bytes()) == len(good)
    assert not damage(made.path.parent)
    assert compile_synapses(texts, pytest.fail)["plain"] == made


def test_a_read_only_cache_gives_what_it_has_and_refuses_what_is_damaged(own_cache, library):
    with only_reading(own_cache):
        compile_general(pytest.fail)
    flip(library)
    with (
        only_reading(own_cache),
        pytest.raises(CacheError, match=r"module is damaged .*cannot be written.*V1CORTEX_CACHE"),
    ):
        compile_general(pytest.fail)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
@pytest.mark.parametrize("what", ["", "modules", "module", "library"])
def test_what_belongs_to_another_user_is_refused(own_cache, library, what):
    folders = {"": own_cache, "modules": library.parent.parent, "module": library.parent}
    os.chown(folders.get(what, library), NOBODY, NOBODY)
    with pytest.raises(CacheError, match=r"belongs to another user \(uid 65534\)"):
        compile_general(pytest.fail)


@pytest.mark.parametrize("what", ["", "modules", "module", "library"])
def test_what_everybody_may_write_is_refused(own_cache, library, what):
    folders = {"": own_cache, "modules": library.parent.parent, "module": library.parent}
    path = folders.get(what, library)
    path.chmod(path.stat().st_mode | 0o002)
    with pytest.raises(CacheError, match=r"is writable by everybody.*chmod o-w"):
        compile_general(pytest.fail)


def test_a_shared_temporary_folder_is_no_cache(monkeypatch, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.setenv("V1CORTEX_CACHE", str(shared))
    for find in (cache_directory, modules_directory):
        with pytest.raises(CacheError, match="is writable by everybody"):
            find()
