"""A run folder stores what it is given, and rejects what does not belong to its run."""

import json
import sys

import numpy as np
import pytest
from sample_results import firing_at, task_result

from evolution.errors import RunFolderError
from evolution.runs import (
    CHECKPOINT,
    VERSIONS,
    Candidate,
    Checkpoint,
    EvolveConfig,
    RunFolder,
    SearchStore,
)
from v1cortex.evaluation import Evaluation
from v1cortex.workers.records import failure
from validation.objectives import worst_values


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "run")
    with made.locked():
        made.begin(EvolveConfig(generations=3), resume=False)
    return made


def candidate(generation=0, index=0, seed=5):
    genome = np.random.default_rng(index).normal(size=2645)
    return Candidate(generation, index, seed, genome)


def where(asked):
    return asked.generation, asked.index, asked.seed


def evaluation(**others):
    return Evaluation(
        "ok",
        {name: 0.1 + k / 3 for k, name in enumerate(worst_values())},
        5,
        tasks={"gratings": task_result(1 / 3, np.float64(0.25))},
        statistics=firing_at(0.1),
        timings={"simulate": 1.5},
        versions={"numpy": "2"},
        **others,
    )


def test_an_evaluation_comes_back_exactly(folder):
    asked = candidate()
    with folder.store() as store:
        store.put(asked, evaluation())
    with folder.store(read_only=True) as store:
        (record,) = store.all()
    assert record.candidate.genome.tobytes() == asked.genome.tobytes()
    found = record.evaluation
    assert found.objectives == evaluation().objectives
    assert found.tasks == {"gratings": task_result(1 / 3, 0.25)}
    assert found.statistics == firing_at(0.1)
    assert (found.status, found.seed, found.timings, found.versions) == (
        "ok", 5, {"simulate": 1.5}, {"numpy": "2"},
    )  # fmt: skip


def test_evaluations_come_in_order_and_none_twice(folder):
    with folder.store() as store:
        for generation, index, seed in [(1, 0, 5), (0, 1, 5), (0, 0, 6), (0, 0, 5)]:
            store.put(candidate(generation, index, seed), evaluation())
        order = [where(record.candidate) for record in store.scores()]
        assert order == [(0, 0, 5), (0, 0, 6), (0, 1, 5), (1, 0, 5)]
        assert where(store.all()[0].candidate) == (1, 0, 5)
        assert store.n_candidates() == 3
        store.put(candidate(), failure("failed", "again", 5, worst_values()))
        assert store.get(candidate()).status == "ok"
        assert store.count() == 4


def test_others_read_while_one_writes(folder):
    with folder.store() as writer, folder.store(read_only=True) as reader:
        writer.put(candidate(), evaluation())
        assert reader.count() == 1
        with pytest.raises(RunFolderError, match="readonly"):
            reader.put(candidate(index=1), evaluation())


def test_damaged_or_foreign_stores_are_named(tmp_path):
    path = tmp_path / "evaluations.sqlite"
    path.write_bytes(b"this is no database, " * 100)
    with pytest.raises(
        RunFolderError, match=r"evaluations\.sqlite cannot be opened.*not a database"
    ):
        SearchStore(path)
    path.unlink()
    store = SearchStore(path)
    store._connection.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(RunFolderError, match="format 99"):
        SearchStore(path)
    with pytest.raises(RunFolderError, match="contains no run"):
        RunFolder(tmp_path / "nowhere").store(read_only=True)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_store_whose_schema_is_damaged_is_named(tmp_path, read_only):
    path = tmp_path / "evaluations.sqlite"
    SearchStore(path).close()
    content = path.read_bytes()
    position = content.index(b"CREATE TABLE") + 7
    path.write_bytes(content[:position] + b"\xff" + content[position + 1 :])
    with pytest.raises(RunFolderError, match=r"evaluations\.sqlite cannot be .*\\xff"):
        SearchStore(path, read_only=read_only)


def test_a_run_is_not_overwritten(folder):
    with pytest.raises(RunFolderError, match="already contains a run; resume it with --resume"):
        folder.begin(EvolveConfig(), resume=False)


def test_without_a_run_there_is_no_configuration_and_resuming_begins(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(RunFolderError, match="no run in"):
        folder.config()
    folder.begin(EvolveConfig(generations=7), resume=True)
    assert folder.config().generations == 7


def test_another_configuration_is_refused_with_what_differs(folder):
    other = EvolveConfig(population_size=8, protocol={"training_trials": 2})
    with pytest.raises(RunFolderError) as caught:
        folder.begin(other, resume=True)
    message = str(caught.value)
    assert "population_size is 40 in the run, 8 now" in message
    assert "protocol.training_trials is 100 in the run, 2 now" in message
    assert "generations" not in message


def test_a_run_may_go_on_longer_and_faster(folder):
    folder.begin(EvolveConfig(generations=9, workers=7, evaluation_timeout_s=5), resume=True)
    assert folder.config().generations == 9


def test_other_versions_are_refused(folder):
    path = folder.path / VERSIONS
    versions = json.loads(path.read_text())
    assert versions["nest-simulator"].startswith("3.")
    path.write_text(json.dumps(versions | {"nest-simulator": "2.20"}))
    with pytest.raises(RunFolderError, match=r"nest-simulator is '2\.20' in the run"):
        folder.begin(EvolveConfig(generations=3), resume=True)


@pytest.mark.parametrize("content", [b"", b"[" * 200_000, b"[1]", b"\xff\xfe\x00"])
def test_damaged_versions_are_one_error(folder, content):
    (folder.path / VERSIONS).write_bytes(content)
    with pytest.raises(RunFolderError, match=rf"{VERSIONS} cannot be read"):
        folder.begin(EvolveConfig(generations=3), resume=True)


def test_a_run_of_version_0_1_is_refused_whatever_its_settings_are(folder, monkeypatch):
    # If the checkout was not reinstalled, its metadata still say 0.1.
    here = {"v1cortex": "0.2.0"}
    monkeypatch.setattr(sys.modules["evolution.runs.folder"], "program_versions", lambda _: here)
    (folder.path / VERSIONS).write_text(json.dumps({"v1cortex": "0.1.0"}))
    (folder.path / "config.yaml").write_text("a_setting_of_old: 1\n")
    message = r"run was written by v1cortex 0\.1, which this version does not read; continue with"
    with pytest.raises(RunFolderError, match=message):
        folder.config()
    with pytest.raises(RunFolderError, match=message):
        folder.begin(EvolveConfig(generations=3), resume=True)


def test_a_damaged_checkpoint_is_noticed(folder):
    assert folder.load() is None
    folder.save(Checkpoint(3, {"any": "thing"}))
    assert folder.load() == Checkpoint(3, {"any": "thing"})
    path = folder.path / CHECKPOINT
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"checkpoint\.pkl is damaged; remove it"):
        folder.load()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunFolderError, match=r"file.run cannot be written or locked"),
        RunFolder(tmp_path / "file" / "run").locked(),
    ):
        pass
