"""Local processes: suspended ones are not blamed, files left behind are removed."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import errands
import psutil
import pytest
from errands import WORST, Errand, Errands

from v1cortex.errors import ExecutorError, MachineError
from v1cortex.workers import LocalExecutor, Setup, run
from v1cortex.workers import limits as limits_module
from v1cortex.workers.limits import Clock, Limits
from v1cortex.workers.temporary import PREFIX, TemporaryFolders


def local(**limits):
    return LocalExecutor(Setup(Errands(), WORST), Limits(**{"cpu_s": 2.0, **limits}), workers=1)


def evaluated(executor, errand):
    waiting = iter([errand])
    with executor:
        ((_, evaluation),) = run(executor, lambda: next(waiting, None), lambda: False)
    return evaluation


def worker_processes():
    children = psutil.Process().children(recursive=True)
    return [each for each in children if "spawn_main" in " ".join(each.cmdline())]


class Suspender(threading.Thread):
    """Suspends the worker once it evaluates, and resumes it after some time."""

    def __init__(self, mark, for_s):
        super().__init__(daemon=True)
        self._mark, self._for_s, self.done = mark, for_s, False
        self.start()

    def run(self):
        while not self._mark.exists():
            time.sleep(0.02)
        (worker,) = worker_processes()
        worker.suspend()
        self.done = True
        time.sleep(self._for_s)
        if worker.is_running():
            worker.resume()


def test_the_time_in_which_a_worker_is_suspended_does_not_count(tmp_path):
    suspender = Suspender(tmp_path / "mark", 4.0)
    errand = Errand(0, "compute for a second", tmp_path / "mark")
    found = evaluated(local(cpu_s=2.0, wall_s=60.0), errand)
    assert suspender.done
    assert found.status == "ok"
    assert found.timings["total"] > 4
    assert 1 <= found.timings["processor"] < 2


def test_an_evaluation_that_is_suspended_for_too_long_is_begun_again(tmp_path):
    suspender = Suspender(tmp_path / "mark", 60.0)
    began = time.monotonic()
    errand = Errand(0, "compute for a second", tmp_path / "mark")
    found = evaluated(local(cpu_s=2.0, wall_s=3.0), errand)
    assert suspender.done
    assert (found.status, found.objectives) == ("ok", {"f1": 1.0})
    assert time.monotonic() - began > 3


GROUP = """
import sys
sys.path.insert(0, {here!r})
from errands import WORST, Errand, Errands
from v1cortex.workers import run
from v1cortex.workers.limits import Limits
from v1cortex.workers import LocalExecutor
from v1cortex.workers import Setup

if __name__ == "__main__":
    work = iter([Errand(0, "nap")])
    setup, limits = Setup(Errands(), WORST), Limits(cpu_s=1.0, wall_s=3.0)
    with LocalExecutor(setup, limits, workers=1) as executor:
        for _ in range(200):
            executor.completed(0.05)
            if executor.has_room():
                break
        print("begins", flush=True)
        for _, found in run(executor, lambda: next(work, None), lambda: False):
            print(found.status, found.timings["total"] > 4, found.message, flush=True)
"""


def test_a_run_that_is_suspended_as_a_whole_goes_on_as_if_nothing_had_happened(tmp_path):
    script = tmp_path / "group.py"
    script.write_text(GROUP.format(here=str(Path(errands.__file__).parent)))
    process = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() == "begins\n"
    time.sleep(0.3)
    (worker,) = [
        each
        for each in psutil.Process(process.pid).children()
        if "spawn_main" in " ".join(each.cmdline())
    ]
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(5.0)
    os.killpg(process.pid, signal.SIGCONT)
    output, _ = process.communicate(timeout=30)
    # Nor restarted: the same process finishes what it had begun.
    assert output == f"ok True {worker.pid}\n"


def test_the_clock_does_not_count_gaps(monkeypatch):
    real = iter([100.0, 101.0, 102.5, 500.0, 501.0])
    monkeypatch.setattr(limits_module.time, "monotonic", lambda: next(real))
    clock = Clock()
    assert [clock.now() for _ in range(4)] == [101.0, 102.5, 102.5, 103.5]


def test_a_missing_temporary_folder_is_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(MachineError, match=r"no worker process can be started.*gone"):
        evaluated(local(), Errand(0, ""))


def test_a_temporary_folder_that_goes_away_while_running_is_made_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    waiting = iter([Errand(0, ""), Errand(1, "temporary")])
    with local() as executor:
        for errand, found in run(executor, lambda: next(waiting, None), lambda: False):
            assert found.status == "ok", found.message
            if errand.index == 0:
                (made,) = tmp_path.glob(f"{PREFIX}*")
                for each in sorted(made.rglob("*"), reverse=True):
                    each.rmdir() if each.is_dir() else each.unlink()
                made.rmdir()
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_behind_is_removed(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with TemporaryFolders() as used:
        mine = used.new()
        left = tmp_path / f"{PREFIX}left"
        (left / "worker" / "pynn").mkdir(parents=True)
        (left / "lock").touch()
        for folder in (left, mine.parent):
            os.utime(folder, (1, 1))
        young = tmp_path / f"{PREFIX}young"
        young.mkdir()
        with TemporaryFolders():
            assert sorted(tmp_path.iterdir()) == sorted([mine.parent, young])
    assert list(tmp_path.iterdir()) == [young]


def test_the_environment_is_restored():
    before = dict(os.environ)
    evaluated(local(), Errand(0, ""))
    assert dict(os.environ) == before


@pytest.mark.parametrize("own", [None, "glibc.malloc.check=0"])
def test_workers_have_huge_pages_unless_the_user_sets_otherwise(monkeypatch, own):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    if own:
        monkeypatch.setenv("GLIBC_TUNABLES", own)
    executor = LocalExecutor(Setup(Errands(("GLIBC_TUNABLES",)), WORST), Limits(2.0), workers=1)
    found = evaluated(executor, Errand(0, ""))
    assert found.versions == {"GLIBC_TUNABLES": own or "glibc.malloc.hugetlb=1"}
    assert os.environ.get("GLIBC_TUNABLES") == own


def test_a_closed_executor_says_so():
    executor = local()
    with pytest.raises(ExecutorError, match="closed"):
        executor.has_room()
