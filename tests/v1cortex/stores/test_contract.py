"""What every store of evaluations does, whatever its file format."""

import multiprocessing

import pytest
from store_kinds import STORES, evaluation, write_all

from evolution.errors import RunFolderError
from v1cortex.errors import ExperimentError, V1CortexError
from v1cortex.evaluation.results import STATUSES


@pytest.fixture(params=STORES, ids=lambda kind: type(kind).__name__)
def kind(request):
    return request.param


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


def same(found, expected):
    return found.to_dict() == expected.to_dict()


def test_an_evaluation_comes_back_to_the_last_bit(kind, folder):
    store = kind.open(folder)
    assert store.get(kind.asked(1)) is None
    store.put(kind.asked(1), evaluation())
    assert same(store.get(kind.asked(1)), evaluation())
    assert store.get(kind.asked(2)) is None
    # Another process, or the same one later, finds it too.
    assert same(kind.open(folder).get(kind.asked(1)), evaluation())


def test_all_evaluations_come_with_their_keys(kind, folder):
    store = kind.open(folder)
    assert list(store.items()) == []
    for number in range(4):
        store.put(kind.asked(number), evaluation(number))
    found = dict(store.items())
    assert set(found) == {store.key(kind.asked(number)) for number in range(4)}
    for number in range(4):
        assert same(found[store.key(kind.asked(number))], evaluation(number))


def test_the_first_evaluation_stays(kind, folder):
    store = kind.open(folder)
    store.put(kind.asked(1), evaluation(0))
    store.put(kind.asked(1), evaluation(1))
    assert same(store.get(kind.asked(1)), evaluation(0))
    assert len(list(store.items())) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_no_result_is_not_kept(kind, folder, status):
    store = kind.open(folder)
    store.put(kind.asked(1), evaluation(status=status))
    assert (store.get(kind.asked(1)) is None) == (status in store.not_kept)


def test_a_damaged_record_is_never_returned(kind, folder):
    store = kind.open(folder)
    for number in (1, 2):
        store.put(kind.asked(number), evaluation())
    kind.damage(folder, 1)
    again = kind.open(folder)
    try:
        found = again.get(kind.asked(1))
    except RunFolderError as error:
        assert "checksum of candidate 2 of generation 1" in str(error)
    else:
        assert found is None
        again.put(kind.asked(1), evaluation(1))
        assert same(again.get(kind.asked(1)), evaluation(1))
    assert same(again.get(kind.asked(2)), evaluation())


def test_a_store_of_version_0_1_is_refused_in_one_sentence(kind, folder):
    store = kind.open(folder)
    store.put(kind.asked(1), evaluation())
    kind.pretend_old(folder)
    with pytest.raises(V1CortexError, match=r"store.* was written by v1cortex 0\.1, which") as told:
        kind.open(folder).get(kind.asked(1))
    assert isinstance(told.value, (RunFolderError, ExperimentError))
    assert "start again in another folder" in str(told.value)


def test_several_processes_write_at_once(kind, folder):
    context = multiprocessing.get_context("spawn")
    begin = context.Barrier(3)
    writers = [
        context.Process(target=write_all, args=(kind, folder, begin), daemon=True) for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    begin.wait(60)
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    found = dict(kind.open(folder).items())
    assert len(found) == 20
    for number in range(20):
        assert same(found[kind.open(folder).key(kind.asked(number))], evaluation(number))
