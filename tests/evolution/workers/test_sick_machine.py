"""A faulty machine is not stored as a bad rule: the run ends, and continues once it is fixed."""

import numpy as np
import pytest
import toy_search as toy

from evolution.errors import SearchInterrupted
from evolution.runs import RunFolder, Silent

SETTINGS = toy.settings(5, 8, reevaluations=3)


class FillsTheDisk(Silent):
    """Fills the disk after some evaluations."""

    def __init__(self, full, after):
        self._full, self._after = full, after

    def update(self, snapshot):
        if snapshot.n_evaluations == self._after:
            self._full.touch()


@pytest.fixture
def factory(tmp_path):
    (tmp_path / "marks").mkdir()
    return toy.FullDisk(tmp_path / "full", tmp_path / "marks")


def test_a_full_disk_ends_the_run_and_leaves_no_result(factory, tmp_path):
    expected = toy.in_process(tmp_path / "truth", SETTINGS)
    out = tmp_path / "run"
    # In the third generation, whose survivors are re-evaluated.
    with pytest.raises(SearchInterrupted, match=r"tried 5 times in a row.*No space left") as end:
        toy.run(out, 2, SETTINGS, factory, progress=FillsTheDisk(factory.full, 25))
    assert end.value.exit_code == SearchInterrupted.UNFINISHED == 75
    stored = toy.rows(out)
    assert 25 <= len(stored) <= 27
    assert {row[5] for row in stored} == {"ok"}
    factory.full.unlink()
    found = toy.run(out, 2, SETTINGS, factory, resume=True)
    assert toy.rows(out) == toy.rows(tmp_path / "truth")
    np.testing.assert_array_equal(found.values, expected.values)


def test_a_disk_that_is_full_now_and_then_costs_time_only(factory, tmp_path):
    expected = toy.in_process(tmp_path / "truth", SETTINGS)
    out = tmp_path / "run"
    found = toy.run(out, 2, SETTINGS, toy.FullDisk(factory.full, factory.marks, share=0.1))
    assert len(list(factory.marks.iterdir())) >= 2
    assert toy.rows(out) == toy.rows(tmp_path / "truth")
    np.testing.assert_array_equal(found.values, expected.values)
    with RunFolder(out).store(read_only=True) as store:
        assert store.count() == len(toy.rows(out))
