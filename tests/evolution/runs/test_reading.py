"""Reading a run leaves no files behind, and does not need those of other processes."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import toy_search as toy

from evolution.errors import RunFolderError
from evolution.runs import EvolveConfig, RunFolder

STORE, WAL, SHM = "evaluations.sqlite", "evaluations.sqlite-wal", "evaluations.sqlite-shm"
N_ROWS = 16


def make(out, journal="wal"):
    folder, chosen = RunFolder(out), toy.settings(generations=2, store_journal=journal)
    with folder.locked():
        folder.begin(EvolveConfig(generations=2), resume=False)
        toy.in_process(out, chosen, folder=folder)
    return out


@pytest.fixture(params=["wal", "rollback"])
def complete(request, tmp_path):
    return make(tmp_path / "run", request.param)


DIES = """
import os, sys
from pathlib import Path
from evolution.runs import Candidate
from evolution.runs import SearchStore
from v1cortex.evaluation import Evaluation
import numpy as np
store = SearchStore(Path(sys.argv[1]), journal=sys.argv[2])
more = Candidate(9, 0, 1, np.zeros(5))
if sys.argv[2] == "rollback":  # in the middle of a transaction whose pages are on the disk
    store._connection.execute("PRAGMA cache_size = 1")
    store._connection.execute("PRAGMA cache_spill = 1")
    store._connection.execute("BEGIN IMMEDIATE")
    store._connection.execute("UPDATE evaluations SET evaluation = hex(zeroblob(9999))")
else:
    store.put(more, Evaluation("ok", {"f1": 0.0, "f2": 0.0}, 1))
os._exit(1)
"""


@pytest.fixture(params=["wal", "rollback"])
def crashed(request, tmp_path):
    """A store whose process died, with a log not yet in the file, or half a transaction."""
    out = make(tmp_path / "run", request.param)
    subprocess.run([sys.executable, "-c", DIES, out / STORE, request.param], check=False)
    journal = WAL if request.param == "wal" else f"{STORE}-journal"
    assert (out / journal).stat().st_size > 0
    return out, N_ROWS + (request.param == "wal")


def contents(out):
    """Return all files with their content; SQLite's shared memory does not count."""
    return {
        path.name: None if path.name == SHM else path.read_bytes()
        for path in out.iterdir()
        if path.is_file()
    }


def count(out):
    with RunFolder(out).store(read_only=True) as store:
        rows = store.all()
        assert len(rows) == store.count()
        return len(rows)


def test_reading_a_complete_run_leaves_no_file(complete):
    before = contents(complete)
    assert count(complete) == N_ROWS
    assert RunFolder(complete).in_use_by == ""
    assert contents(complete) == before
    assert {path.name for path in complete.glob(f"{STORE}*")} == {STORE}


def test_reading_after_a_crash_changes_nothing(crashed):
    out, n_rows = crashed
    before = contents(out)
    assert count(out) == n_rows
    assert contents(out) == before


def test_a_log_without_its_shared_memory_is_read(crashed):
    """As in a copy of the folder that was made without it."""
    out, n_rows = crashed
    (out / SHM).unlink(missing_ok=True)
    before = contents(out)
    assert count(out) == n_rows
    assert contents(out) == before


AS_ANOTHER = """
import os, sys
from pathlib import Path
from evolution.runs import RunFolder
os.setgid(65534); os.setuid(65534)
folder = RunFolder(Path(sys.argv[1]))
with folder.store(read_only=True) as store:
    print(len(store.all()), folder.in_use_by or "free")
"""


def as_another_user(out):
    """Read a copy of a run as a user without write permission; also return the files left."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(out, Path(folder) / "run"))
        Path(folder).chmod(0o755)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        command = [sys.executable, "-c", AS_ANOTHER, copy]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert contents(copy) == contents(out)
        return done.stdout.strip()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes on another user's rights")


@needs_root
def test_a_folder_that_cannot_be_written_is_read(complete):
    assert as_another_user(complete) == f"{N_ROWS} free"


@needs_root
def test_a_folder_that_cannot_be_written_is_read_after_a_crash(crashed):
    out, n_rows = crashed
    assert as_another_user(out) == f"{n_rows} free"
    (out / SHM).unlink(missing_ok=True)
    assert as_another_user(out) == f"{n_rows} free"


def test_others_read_while_a_run_goes_on(tmp_path):
    for journal in ("wal", "rollback"):
        out = tmp_path / journal
        seen = []

        class Reader(toy.Silent):
            def update(self, snapshot, out=out, seen=seen):
                if snapshot.n_evaluations and snapshot.n_evaluations % 5 == 0:
                    seen.append((snapshot.n_evaluations, count(out)))

        folder, chosen = RunFolder(out), toy.settings(generations=2, store_journal=journal)
        with folder.locked():
            folder.begin(EvolveConfig(generations=2), resume=False)
            toy.in_process(out, chosen, folder=folder, progress=Reader())
            assert RunFolder(out).in_use_by.startswith(f"process {os.getpid()} on ")
        assert len(seen) >= 3
        assert all(done == found for done, found in seen)
        assert {path.name for path in out.glob(f"{STORE}*")} == {STORE}


def test_a_file_that_changes_while_it_is_read_as_complete_is_named(tmp_path):
    out = make(tmp_path / "run")
    with (
        pytest.raises(RunFolderError, match="was changed while it was read"),
        RunFolder(out).store(read_only=True) as store,
    ):
        store.count()
        connection = sqlite3.connect(out / STORE)
        with connection:
            connection.execute("DELETE FROM evaluations WHERE sequence = 1")
        connection.close()


def test_a_run_of_version_0_1_is_refused(tmp_path):
    out = make(tmp_path / "run")
    message = r"was written by v1cortex 0\.1, which this version does not read"

    old = Path(shutil.copytree(out, tmp_path / "store"))
    connection = sqlite3.connect(old / STORE)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(RunFolderError, match=rf"evaluations\.sqlite {message}"):
        RunFolder(old).store(read_only=True)
    before = contents(old)
    with pytest.raises(RunFolderError, match=rf"evaluations\.sqlite {message}"):
        toy.in_process(old, toy.settings(generations=3))
    assert contents(old) == before

    old = Path(shutil.copytree(out, tmp_path / "checkpoint"))
    content = (old / "checkpoint.pkl").read_bytes()
    (old / "checkpoint.pkl").write_bytes(content.partition(b"\n")[2])  # digest and pickle only
    with pytest.raises(RunFolderError, match=rf"checkpoint\.pkl {message}"):
        toy.in_process(old, toy.settings(generations=3))
