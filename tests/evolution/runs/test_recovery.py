"""Whatever happens to a run's folder, resuming gives exactly the same front or one error."""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import toy_search as toy

from evolution.errors import RunFolderError
from evolution.runs import EvolveConfig, RunFolder, Silent

DRIVER = Path(toy.__file__).with_name("toy_driver.py")
STORE, WAL, SHM = "evaluations.sqlite", "evaluations.sqlite-wal", "evaluations.sqlite-shm"
N_EVALUATIONS = 40


class Listener(Silent):
    """Keeps what the search reports; calls `at` with the number of completed evaluations."""

    def __init__(self, at=lambda _n: None):
        self.notices, self._at = [], at

    def update(self, snapshot):
        self._at(snapshot.n_evaluations)

    def notice(self, text):
        self.notices.append(text)


def drive(out, listener=None, **others):
    """Begin or resume a search in a folder like `evolve`, but without processes."""
    folder, chosen = RunFolder(out), toy.settings(**others)
    listener = listener or Listener()
    with folder.locked():
        folder.begin(EvolveConfig(generations=chosen.generations), resume=True)
        front = toy.in_process(out, chosen, progress=listener, folder=folder)
    return front, listener.notices


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Rows and front of an uninterrupted search."""
    out = tmp_path_factory.mktemp("through")
    front, notices = drive(out)
    assert notices == []
    return toy.rows(out), front.values


def n_stored(out):
    try:
        with RunFolder(out).store(read_only=True) as store:
            return store.count()
    except RunFolderError:  # not begun yet
        return 0


def start(out, *options):
    command = [sys.executable, DRIVER, out, 1, "--delay", 0.05, *options]
    return subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(out, n, process):
    while n_stored(out) < n:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)


def kill_in_the_middle(out, hold):
    """Kill a search after its third generation; return copies of its folder, now and earlier.

    A reader that holds on to the initial state keeps SQLite from merging the log into the file, so
    that the log contains nearly all rows.
    """
    process = start(out)
    wait_for(out, 4, process)
    reader = sqlite3.connect(f"file:{out / STORE}?mode=ro", uri=True, isolation_level=None)
    if hold:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM evaluations").fetchone()
    wait_for(out, 12, process)
    older, copy = out.parent / "older", out.parent / "copy"
    older.mkdir()
    for name in (STORE, WAL):
        shutil.copy(out / name, older / name)
    wait_for(out, 28, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    shutil.copytree(out, copy)  # before the reader goes
    reader.close()
    assert (copy / "checkpoint.pkl").is_file()
    return copy


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    return kill_in_the_middle(tmp_path_factory.mktemp("killed") / "run", hold=False)


@pytest.fixture(scope="module")
def killed_with_reader(tmp_path_factory):
    return kill_in_the_middle(tmp_path_factory.mktemp("held") / "run", hold=True)


@pytest.fixture
def out(killed, tmp_path):
    return Path(shutil.copytree(killed, tmp_path / "run"))


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 0x41
    path.write_bytes(content)


def alter(out, statement, *values):
    connection = sqlite3.connect(out / STORE)
    with connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


def lose_log(out, killed):
    (out / WAL).unlink()
    (out / SHM).unlink()


def empty_log(out, killed):
    (out / WAL).write_bytes(b"")


def cut_log(out, killed):
    os.truncate(out / WAL, (out / WAL).stat().st_size // 2)


def flip_log(out, killed):
    flip(out / WAL, (out / WAL).stat().st_size // 2)


def put_back_an_older_copy(out, killed):
    for name in (STORE, WAL):
        shutil.copy(killed.parent / "older" / name, out / name)
    (out / SHM).unlink()


def put_an_older_file_under_a_newer_log(out, killed):
    shutil.copy(killed.parent / "older" / STORE, out / STORE)


def alter_an_objective(out, killed):
    # One value below all others, and a front of nine has four members.
    alter(out, "UPDATE evaluations SET objectives = ? WHERE sequence = 5", '{"f1": 0, "f2": 0}')


def alter_a_genome(out, killed):
    other = "(SELECT genome FROM evaluations WHERE sequence = 4)"
    alter(out, f"UPDATE evaluations SET genome = {other} WHERE sequence = 3")


def cut_a_genome(out, killed):
    alter(out, "UPDATE evaluations SET genome = substr(genome, 1, 9) WHERE sequence = 3")


def alter_a_status(out, killed):
    alter(out, "UPDATE evaluations SET status = 'failed' WHERE sequence = 8")


def move_a_row(out, killed):
    alter(out, "UPDATE evaluations SET generation = 77 WHERE sequence = 2")


def delete_a_row(out, killed):
    alter(out, "DELETE FROM evaluations WHERE sequence = 6")


def exchange_sound_rows(out, killed):
    """A row of another search, with a matching checksum, in place of a missing one."""
    other = out.parent / "other"
    drive(other, generations=1, seed=4)
    alter(out, "DELETE FROM evaluations WHERE generation = 0 AND candidate = 3")
    connection = sqlite3.connect(out / STORE)
    connection.execute("ATTACH ? AS other", (str(other / STORE),))
    names = "checksum, stage, generation, candidate, seed, asked_in, status, rejected, seconds, "
    names += "cpu_seconds, finished_at, genome, objectives, evaluation"
    with connection:
        connection.execute(
            f"INSERT INTO evaluations ({names}) SELECT {names} FROM other.evaluations "
            "WHERE generation = 0 AND candidate = 3"
        )
    connection.close()


def remove_checkpoint(out, killed):
    (out / "checkpoint.pkl").unlink()


def remove_store(out, killed):
    for name in (STORE, WAL, SHM):
        (out / name).unlink()


def empty_store(out, killed):
    (out / STORE).write_bytes(b"")
    lose_log(out, killed)


def no_database(out, killed):
    (out / STORE).write_bytes(b"this is no database, " * 100)
    lose_log(out, killed)


RETRACED = "the search is replayed from its beginning"
ALTERED = r"is damaged: the checksum does not match for candidate \d of generation \d+ \(protocol"

DAMAGE = [
    # What the algorithm was told is in the file itself from each checkpoint on.
    (lose_log, ""),
    (empty_log, ""),
    (cut_log, ""),
    (flip_log, ""),
    (put_back_an_older_copy, RETRACED),
    (put_an_older_file_under_a_newer_log, ""),
    (alter_an_objective, ALTERED),
    (alter_a_genome, ALTERED),
    (cut_a_genome, ALTERED),
    (alter_a_status, ALTERED),
    (move_a_row, ALTERED),
    (delete_a_row, RETRACED),
    (remove_checkpoint, ""),
    (empty_store, RETRACED),
]


def assert_same(out, front, uninterrupted):
    assert toy.rows(out) == uninterrupted[0]
    np.testing.assert_array_equal(front.values, uninterrupted[1])


def test_without_damage_the_run_goes_on_from_its_checkpoint(out, uninterrupted):
    front, notices = drive(out)
    assert notices == []
    assert_same(out, front, uninterrupted)


@pytest.mark.parametrize(("damage", "said"), DAMAGE, ids=lambda each: getattr(each, "__name__", ""))
def test_the_front_is_the_same_to_the_last_bit(out, killed, uninterrupted, damage, said):
    damage(out, killed)
    front, notices = drive(out)
    assert_same(out, front, uninterrupted)
    if said:
        assert re.search(said, "\n".join(notices)), notices
    if said == ALTERED:
        assert (out / f"{STORE}.damaged").is_file()
        # The rows that were dropped had been told: what comes after them is retraced.
        assert RETRACED in notices[-1]
    # And what was repaired is whole.
    front, notices = drive(out)
    assert notices == []
    assert_same(out, front, uninterrupted)


@pytest.mark.parametrize(
    "damage",
    [
        lose_log,
        empty_log,
        cut_log,
        flip_log,
        put_back_an_older_copy,
        put_an_older_file_under_a_newer_log,
    ],
)
def test_a_log_with_nearly_all_rows(killed_with_reader, tmp_path, uninterrupted, damage):
    """SQLite's file without its log may be unusable; then the error says so."""
    out = Path(shutil.copytree(killed_with_reader, tmp_path / "run"))
    damage(out, killed_with_reader)
    try:
        front, notices = drive(out)
    except RunFolderError as error:
        assert "has no readable evaluation. Restore a copy of it" in str(error)
        (out / STORE).rename(tmp_path / "store")  # as it says
        (out / "checkpoint.pkl").unlink()
        front, _ = drive(out)
    else:
        # With the whole log, nothing is lost.
        expected = "" if damage is put_an_older_file_under_a_newer_log else RETRACED
        assert expected in "".join(notices)
    assert_same(out, front, uninterrupted)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove_store, r"evaluations\.sqlite is missing, with the \d+ evaluations that the search"),
        (no_database, r"has no readable evaluation.* move it away together with"),
        (exchange_sound_rows, r"candidate 3 of generation 0 in .* is not the one that the search"),
    ],
)
def test_what_cannot_be_retraced_is_refused(out, killed, damage, message):
    damage(out, killed)
    with pytest.raises(RunFolderError, match=message):
        drive(out)


def test_the_way_out_of_a_missing_store_leads_to_the_same_front(out, killed, uninterrupted):
    remove_store(out, killed)
    remove_checkpoint(out, killed)
    assert_same(out, drive(out)[0], uninterrupted)


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_anywhere_never_change_the_front(out, uninterrupted, seed):
    """Pages, headers, indices: SQLite itself detects some of the damage, the checksums the rest."""
    rng = random.Random(seed)
    connection = sqlite3.connect(out / STORE)
    connection.execute("PRAGMA journal_mode = DELETE")  # all rows in the file itself
    connection.close()
    size = (out / STORE).stat().st_size
    for _ in range(rng.choice([1, 5])):
        flip(out / STORE, rng.randrange(size))
    try:
        front, _ = drive(out)
    except RunFolderError as error:
        assert str(out / STORE) in str(error)
    else:
        assert_same(out, front, uninterrupted)


def test_a_cut_file_is_salvaged_or_refused(out, uninterrupted):
    connection = sqlite3.connect(out / STORE)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    os.truncate(out / STORE, (out / STORE).stat().st_size // 2 // 4096 * 4096)
    try:
        front, notices = drive(out)
    except RunFolderError as error:
        assert "has no readable evaluation" in str(error)
    else:
        assert "pages are inconsistent" in notices[0]
        assert_same(out, front, uninterrupted)


@pytest.mark.parametrize("journal", ["wal", "rollback"])
def test_a_steady_state_keeps_what_is_stored_and_misses_nothing(tmp_path, journal):
    chosen = {"mode": "steady_state", "store_journal": journal}
    out = tmp_path / "run"

    def stop(n):
        if n == 22:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(out, Listener(stop), **chosen)
    alter(out, "DELETE FROM evaluations WHERE sequence = 11")
    alter(out, "UPDATE evaluations SET rejected = 'x' WHERE sequence = 13")
    before = set(toy_rows_without(out, 13))
    front, notices = drive(out, **chosen)
    assert "checksum does not match" in notices[0]
    assert RETRACED in notices[1]
    rows = toy.rows(out)
    assert len(rows) == N_EVALUATIONS == len(front.candidates)
    assert before <= set(rows)
    assert [row[:2] for row in rows] == [(g, i) for g in range(5) for i in range(8)]


def toy_rows_without(out, sequence):
    connection = sqlite3.connect(out / STORE)
    (place,) = connection.execute(
        "SELECT generation, candidate FROM evaluations WHERE sequence = ?", (sequence,)
    ).fetchall()
    connection.close()
    copy = out.parent / "rows"
    shutil.copytree(out, copy)
    alter(copy, "DELETE FROM evaluations WHERE sequence = ?", sequence)
    assert place
    return toy.rows(copy)


def remove(name):
    return lambda out: (out / name).unlink()


def replace(name):
    def do(out):
        content = (out / name).read_bytes()
        (out / name).unlink()
        (out / name).write_bytes(content)

    return do


def delete_row_from_outside(out):
    alter(out, "DELETE FROM evaluations WHERE sequence = 2")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (remove(STORE), r"evaluations\.sqlite was removed or replaced while the search ran"),
        (replace(STORE), r"evaluations\.sqlite was removed or replaced while the search ran"),
        (remove(WAL), r"evaluations\.sqlite-wal was removed or replaced while the search ran"),
        (remove(".lock"), r"\.lock was removed or replaced while the search ran"),
        (replace(".lock"), r"\.lock was removed or replaced while the search ran"),
        (shutil.rmtree, "was removed or replaced while the search ran"),
        (delete_row_from_outside, "was changed while the search ran: it does not hold the 40"),
    ],
)
@pytest.mark.parametrize("when", [13, 40])
def test_what_is_taken_away_ends_the_search(tmp_path, monkeypatch, harm, message, when):
    monkeypatch.setattr(sys.modules["evolution.engine.search"], "WATCH_S", 0.0)
    out, done = tmp_path / "run", []

    def at(n):
        if n == when and not done:
            done.append(n)
            harm(out)

    with pytest.raises(RunFolderError, match=message):
        drive(out, Listener(at))
    assert done


def test_one_process_in_a_folder_also_without_the_lock_file(tmp_path):
    out = tmp_path / "run"
    process = start(out, "--generations", 50)
    wait_for(out, 3, process)
    (out / ".lock").unlink()
    with pytest.raises(RunFolderError, match=rf"in use by process {process.pid}"):
        drive(out)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1, output
    assert "RunFolderError" in output
    assert ".lock was removed or replaced" in output
    drive(out, generations=50)


def test_the_journal_for_network_file_systems(tmp_path, monkeypatch, uninterrupted):
    monkeypatch.setattr("evolution.runs.sqlite_file.file_system_of", lambda _path: "nfs4")
    files = set()

    def at(_n):
        files.update(path.name for path in (tmp_path / "run").glob(f"{STORE}*"))

    front, notices = drive(tmp_path / "run", Listener(at))
    assert "is on a network file system" in notices[0]
    assert_same(tmp_path / "run", front, uninterrupted)
    assert WAL not in files and SHM not in files
    assert {path.name for path in (tmp_path / "run").glob(f"{STORE}*")} == {STORE}
    # A run that moves to another file system goes on with the other journal.
    monkeypatch.undo()
    front, notices = drive(tmp_path / "run", generations=6)
    assert notices == []
    assert (tmp_path / "run" / STORE).read_bytes()[18:20] == b"\x02\x02"
    front, notices = drive(tmp_path / "run", generations=7, store_journal="rollback")
    assert notices == []
    assert (tmp_path / "run" / STORE).read_bytes()[18:20] == b"\x01\x01"
