"""The stores with which the contract is tested, also in processes started by the tests."""

import json
import sqlite3
from dataclasses import dataclass

import numpy as np

from evolution.runs import Candidate, SearchStore
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments import Job, ResultStore
from v1cortex.rules import load_rule
from validation.objectives import worst_values


@dataclass(frozen=True)
class Wal:
    """The store of a search on a local disk."""

    journal = "wal"

    def open(self, folder):
        folder.mkdir(exist_ok=True)
        return SearchStore(folder / "evaluations.sqlite", journal=self.journal)

    def asked(self, number):
        return Candidate(number, 2, 7, np.random.default_rng(number).normal(size=20))

    def damage(self, folder, number):
        """Change a digit of the stored data."""
        with sqlite3.connect(folder / "evaluations.sqlite") as connection:
            changed = connection.execute(
                "UPDATE evaluations SET objectives = replace(objectives, '0.1', '0.2') "
                "WHERE generation = ?",
                (number,),
            )
            assert changed.rowcount == 1
        connection.close()

    def pretend_old(self, folder):
        with sqlite3.connect(folder / "evaluations.sqlite") as connection:
            connection.execute("PRAGMA user_version = 2")
        connection.close()


@dataclass(frozen=True)
class Rollback(Wal):
    """The store of a search on a network file system."""

    journal = "rollback"


@dataclass(frozen=True)
class Json:
    """The store of experiments."""

    def open(self, folder):
        return ResultStore(folder)

    def asked(self, number):
        protocol = Protocol(tasks=("gratings",))
        return Job(load_rule("s_pre"), protocol, 500, number)

    def damage(self, folder, number):
        path = ResultStore(folder).path(self.asked(number))
        text = path.read_text()
        assert "0.1" in text
        path.write_text(text.replace("0.1", "0.2", 1))

    def pretend_old(self, folder):
        for path in (folder / "results").iterdir():
            data = json.loads(path.read_text())
            del data["format"], data["checksum"]
            path.write_text(json.dumps(data))


STORES = [Wal(), Rollback(), Json()]


def evaluation(number=0, status="ok"):
    objectives = dict.fromkeys(worst_values(), 0.1) | {"error": 1 / (3 + number)}
    return Evaluation(
        status, objectives, 7, timings={"total": 0.25}, versions={"numpy": "2"}, message="é ± \x00"
    )


def write_all(kind, folder, begin):
    store = kind.open(folder)
    begin.wait(60)
    for number in range(20):
        store.put(kind.asked(number), evaluation(number))
