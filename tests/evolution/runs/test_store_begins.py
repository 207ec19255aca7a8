"""Several programs may begin the same store at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from evolution.runs.store import SearchStore


@pytest.mark.parametrize("journal", ["wal", "rollback"])
def test_a_store_that_several_begin_at_once(tmp_path, journal):
    """Whoever comes first creates the tables; nobody finds half of them, or gives up."""
    for number in range(60):
        path, together = tmp_path / f"{number}.sqlite", threading.Barrier(4)

        def begin(_, path=path, together=together):
            together.wait(30)
            SearchStore(path, journal=journal).close()

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(begin, range(4))) == [None] * 4
