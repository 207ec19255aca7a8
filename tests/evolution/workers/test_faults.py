"""Whatever happens to workers, disk and driver, no evaluation is lost, duplicated or wrong."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import toy_search as toy

from evolution.errors import RunFolderError
from evolution.runs import RunFolder

DRIVER = Path(toy.__file__).with_name("toy_driver.py")


def start(out, marks, share, generations, population, *options):
    return subprocess.Popen(
        [
            str(part)
            for part in (
                sys.executable, DRIVER, out, 2, "--resume", "--faults", share, "--marks", marks,
                "--generations", generations, "--population", population, "--timeout", 1, *options,
            )
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


def n_stored(out):
    try:
        with RunFolder(out).store(read_only=True) as store:
            return store.count()
    except RunFolderError:  # not begun yet
        return 0


def wait_for(out, n, process):
    while process.poll() is None:
        if n_stored(out) >= n:
            return
        time.sleep(0.05)


def kill_a_worker(process, rng):
    """Kill a worker from outside, as the kernel does when memory runs out."""
    workers = [child for child in psutil.Process(process.pid).children() if _is_worker(child)]
    if workers:
        rng.choice(workers).kill()


def _is_worker(child):
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.Error:  # it has just ended
        return False


def search_with_faults(tmp_path, share, generations, population, n_driver_kills, n_worker_kills):
    """Run a search to its end in spite of all faults, and return its folder."""
    out, marks, rng = tmp_path / "run", tmp_path / "marks", random.Random(1)
    out.mkdir()
    marks.mkdir()
    total = generations * population

    def begin(*options):
        return start(out, marks, share, generations, population, *options)

    for k in range(n_driver_kills):
        process = begin()
        wait_for(out, (k + 1) * total // (n_driver_kills + 2), process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    # A disk that is almost full: files can grow only a little more.
    size = (out / "evaluations.sqlite").stat().st_size
    process = begin("--file-limit", size + 100_000)
    output, _ = process.communicate()
    assert process.returncode == 1, output[-2000:]
    assert "RunFolderError" in output and "resume" in output

    process = begin()
    for _ in range(n_worker_kills):
        time.sleep(1.5)
        if process.poll() is None:
            kill_a_worker(process, rng)
    output, _ = process.communicate()
    assert process.returncode == 0, output[-2000:]
    return out


def check(out, tmp_path, share, generations, population):
    """Compare with a search without processes and without faults outside the evaluations."""
    settings = toy.settings(generations, population)

    def truth():
        return lambda candidate: toy.expected(candidate, share)

    front = toy.in_process(tmp_path / "truth", settings, truth)
    found = toy.rows(out)
    assert len(found) == generations * population == len({row[:4] for row in found})
    assert found == toy.rows(tmp_path / "truth")
    statuses = [row[5] for row in found]
    with RunFolder(out).store(read_only=True) as store:
        assert store.count() == generations * population
    assert front.n_tried == generations * population
    return {status: statuses.count(status) for status in set(statuses)}


def test_nothing_is_lost_doubled_or_wrong(tmp_path):
    out = search_with_faults(tmp_path, 0.05, 12, 20, n_driver_kills=1, n_worker_kills=1)
    counts = check(out, tmp_path, 0.05, 12, 20)
    assert counts["failed"] >= 2


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_wrong_in_ten_thousand(tmp_path):
    out = search_with_faults(tmp_path, 0.01, 100, 100, n_driver_kills=4, n_worker_kills=10)
    counts = check(out, tmp_path, 0.01, 100, 100)
    assert counts["failed"] >= 20
    assert counts["timed out"] >= 5
    np.testing.assert_equal(sum(counts.values()), 10_000)
