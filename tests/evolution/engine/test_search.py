"""The loop finds known fronts, and a search survives kill -9, Ctrl-C and a full disk unchanged."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import toy_search as toy
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import ElementwiseProblem
from pymoo.indicators.hv import HV
from pymoo.optimize import minimize

from evolution.errors import RunFolderError, SearchError, SearchInterrupted
from evolution.runs import Seeds, Silent, Tally
from v1cortex.workers.records import failure

PROGRAM = Path(toy.__file__).with_name("toy_driver.py")


class Collector(Silent):
    """Keeps what a search reports."""

    def __init__(self):
        self.snapshots, self.notices = [], []

    def update(self, snapshot):
        self.snapshots.append(snapshot)

    def notice(self, text):
        self.notices.append(text)


class Zdt1(ElementwiseProblem):
    def __init__(self):
        super().__init__(n_var=toy.N_VARIABLES, n_obj=2, xl=0.0, xu=1.0)

    def _evaluate(self, x, out, *args, **kwargs):
        out["F"] = list(toy.zdt1(x).values())


def test_the_loop_does_what_pymoo_does_and_reaches_the_front(tmp_path):
    settings = toy.settings(generations=60, population_size=24)
    front = toy.in_process(tmp_path, settings)

    seed = np.random.SeedSequence(settings.seed, spawn_key=(0,)).generate_state(1)[0]
    operators = toy.Box().operators(0.9)
    theirs = minimize(
        Zdt1(),
        NSGA2(
            pop_size=24,
            sampling=operators.sampling,
            crossover=operators.crossover,
            mutation=operators.mutation,
        ),
        ("n_gen", 60),
        seed=int(seed),
    )
    ours = {tuple(row) for row in front.values}
    assert {tuple(row) for row in theirs.F} <= ours
    # The area beyond the true front, f2 = 1 - sqrt(f1), up to (1, 1) is 2/3.
    assert HV(ref_point=np.ones(2))(front.values) > 0.64
    assert all(member.viable for member in front.members)
    assert len(front.candidates) == 60 * 24


def test_progress_counts_what_happens(tmp_path):
    watcher = Collector()
    toy.in_process(tmp_path, toy.settings(generations=3), progress=watcher)
    last = watcher.snapshots[-1]
    assert (last.generation, last.done, last.total) == (2, 8, 8)
    assert (last.n_evaluations, last.n_reused, last.statuses) == (24, 0, {"ok": 24})
    assert last.seconds_left == 0
    assert last.best["f1"] == min(m for s in watcher.snapshots[1:] for m in [s.best["f1"]])
    assert set(last.median) == {"f1", "f2"}
    assert watcher.snapshots[0].evaluations_per_hour is None

    more = Collector()
    toy.in_process(tmp_path, toy.settings(generations=4), progress=more)
    first = more.snapshots[0]
    assert (first.generation, first.n_evaluations, first.n_reused) == (3, 24, 24)
    assert more.snapshots[-1].n_evaluations == 32


def test_pace_leaves_out_the_start_of_the_workers(monkeypatch):
    clock = iter([100.0, 100.0, 110.0])
    monkeypatch.setattr("evolution.runs.progress.time.monotonic", lambda: next(clock))
    tally = Tally(("f1",), n_generations=2)
    tally.begin(0, 4)
    tally.add("ok", np.zeros(1), made=True, took_s=10.0)
    tally.finish()
    snapshot = tally.snapshot()
    assert (snapshot.evaluations_per_hour, snapshot.seconds_left) == (360.0, 70.0)
    tally.add("ok", np.zeros(1), made=True, took_s=10.0)
    tally.finish()
    assert tally.snapshot().evaluations_per_hour == 360.0


def start(out, *options):
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(out), *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for_rows(out, n, process):
    """Wait until this many evaluations are stored."""
    for _ in range(600):
        assert process.poll() is None, process.stdout.read()
        path = out / "evaluations.sqlite"
        if path.is_file() and path.stat().st_size:
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                    (found,) = connection.execute("SELECT count(*) FROM evaluations").fetchone()
            except sqlite3.OperationalError:
                found = 0
            if found >= n:
                return
        time.sleep(0.05)
    raise AssertionError(f"fewer than {n} evaluations in 30 s")


CRASH = (0.4, 0.5)
"""Candidates with x[0] in this range kill their worker."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Rows and front of an uninterrupted search with one worker."""
    out = tmp_path_factory.mktemp("through")
    front = toy.run(out, 1, toy.settings(), toy.ToyFactory(crash_between=CRASH), progress=Silent())
    return toy.rows(out), front.values


def finish(out, workers):
    factory = toy.ToyFactory(crash_between=CRASH)
    front = toy.run(out, workers, toy.settings(), factory, resume=True, progress=Silent())
    return toy.rows(out), front.values


def assert_same(found, expected):
    assert found[0] == expected[0]
    np.testing.assert_array_equal(found[1], expected[1])


def test_crashes_are_part_of_the_reference(uninterrupted):
    statuses = [stored[5] for stored in uninterrupted[0]]
    assert len(statuses) == 40
    assert 0 < statuses.count("failed") < 20
    assert all(not CRASH[0] < f1 < CRASH[1] for f1 in uninterrupted[1][:, 0])


def test_resume_after_kill_9_in_the_middle_of_a_generation(tmp_path, uninterrupted):
    process = start(tmp_path, 2, "--delay", 0.1, "--crash", *CRASH)
    wait_for_rows(tmp_path, 19, process)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert workers
    assert not psutil.wait_procs(workers, timeout=5)[1], "workers outlive their driver"
    assert 19 <= len(toy.rows(tmp_path)) < 40
    assert_same(finish(tmp_path, workers=3), uninterrupted)


def test_resume_without_checkpoint_retraces_the_run(tmp_path, uninterrupted):
    process = start(tmp_path, 1, "--delay", 0.1, "--crash", *CRASH)
    wait_for_rows(tmp_path, 10, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (tmp_path / "checkpoint.pkl").unlink()
    assert_same(finish(tmp_path, workers=1), uninterrupted)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_what_is_under_way_and_the_run_goes_on(tmp_path, uninterrupted, number):
    process = start(tmp_path, 2, "--delay", 0.3, "--crash", *CRASH)
    wait_for_rows(tmp_path, 3, process)
    with pytest.raises(RunFolderError, match=f"in use by process {process.pid} on"):
        toy.run(tmp_path, 1, toy.settings(), toy.ToyFactory(), resume=True)
    # As from a terminal or a batch system: to the whole process group.
    os.killpg(process.pid, number)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "stopping: running evaluations are finished" in output
    assert "SearchInterrupted: the search was stopped" in output
    assert "Traceback" not in output
    stored = toy.rows(tmp_path)
    assert 3 <= len(stored) < 40
    assert set(stored) <= set(uninterrupted[0])
    assert_same(finish(tmp_path, workers=2), uninterrupted)


def test_second_ctrl_c_ends_at_once(tmp_path):
    process = start(tmp_path, 1, "--delay", 60)
    log = tmp_path / "workers.log"
    while not (log.is_file() and "begins" in log.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - began < 5


def test_a_full_disk_is_named_and_the_run_can_be_resumed(tmp_path, uninterrupted):
    process = start(tmp_path, 1, "--crash", *CRASH, "--file-limit", 40_000)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1, output
    assert "RunFolderError" in output
    assert "resume" in output
    assert str(tmp_path) in output
    assert 0 < len(toy.rows(tmp_path)) < 40
    assert_same(finish(tmp_path, workers=1), uninterrupted)


def test_stored_candidates_of_another_run_are_refused(tmp_path):
    toy.in_process(tmp_path, toy.settings(generations=1))
    (tmp_path / "checkpoint.pkl").unlink()
    with pytest.raises(RunFolderError, match=r"candidate 0 of generation 0 in .* is not the one"):
        toy.in_process(tmp_path, toy.settings(generations=1, seed=4))


def test_a_search_in_which_everything_fails_is_given_up(tmp_path):
    def failing():
        return lambda c: failure("failed", "no NEST", c.seed, toy.WORST)

    with pytest.raises(SearchError, match=r"all 8 evaluations.*no NEST"):
        toy.in_process(tmp_path, toy.settings(), failing)


def test_after_the_time_limit_nothing_more_is_begun(tmp_path):
    factory = toy.ToyFactory(delay_s=0.01)
    with pytest.raises(SearchInterrupted, match="stopped after 1e-05 hours in gen") as stopped:
        toy.in_process(tmp_path, toy.settings(max_hours=1e-5), factory)
    assert stopped.value.exit_code == 75
    assert 1 <= len(toy.rows(tmp_path)) < 8


def seeds_of(settings, generation):
    return list(Seeds(settings).of_generation(generation))


def test_seeds_are_shared_by_the_candidates(tmp_path):
    fixed = toy.settings(seeds_per_rule=2)
    fresh = toy.settings(seeds_per_rule=2, evaluation_seeds="per_generation")
    assert seeds_of(fixed, 0) == seeds_of(fixed, 1)
    assert not set(seeds_of(fresh, 0)) & set(seeds_of(fresh, 1))
    assert seeds_of(fixed, 0) != seeds_of(toy.settings(seed=4), 0)

    def noisy():
        def evaluate(candidate):
            shift = candidate.seed % 1000
            objectives = {name: value + shift for name, value in toy.zdt1(candidate.genome).items()}
            return toy.Evaluation("ok", objectives, candidate.seed)

        return evaluate

    front = toy.in_process(tmp_path, toy.settings(generations=2, seeds_per_rule=2), noisy)
    assert len(front.candidates) == 16
    member = front.members[0]
    values = [list(e.objectives.values()) for e in member.evaluations]
    assert [e.seed for e in member.evaluations] == seeds_of(fixed, 0)
    np.testing.assert_allclose(member.objectives, np.mean(values, axis=0), rtol=1e-14)
