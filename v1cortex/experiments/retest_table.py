"""The table of a re-test and its files, the same for searches and experiments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nestml_models.common import csv_text, read_json
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Protocol
from v1cortex.experiments.retest import RetestResult
from v1cortex.experiments.rows import Row

NEEDED = frozenset({"score", "by_chance", "rows", "seeds", "n_tried"})
"""Columns of a re-test's table."""

__all__ = ["read_retest", "retest_data", "retest_rows", "write_retest"]


def retest_rows(
    result: RetestResult, trials: int, found: Mapping[str, float] | None = None
) -> list[dict[str, Any]]:
    """Return the table: one row per condition, with empty cells without a comparison.

    Conditions that failed come last, with the reason in the column ``failed`` and no result.

    Parameters
    ----------
    result
        The result of the re-test.
    trials
        Trials of each test and task.
    found
        Error of each rule in the search that selected it, by name.
    """
    errors, n_tried = found or {}, result.by_chance.n_tried
    rows = [_columns(row, errors, trials, n_tried) for row in result.rows]
    nothing: dict[str, Any] = dict.fromkeys(rows[0], "")
    return rows + [
        nothing
        | {
            "condition": each.condition,
            "formula": each.formula,
            "error_in_search": errors.get(each.condition, ""),
            "control": each.control,
            "seeds": len(result.rows[0].seeds),
            "trials": trials,
            "rules_tried": n_tried,
            "failed": each.message,
        }
        for each in result.failed
    ]


def retest_data(result: RetestResult, protocol: Protocol, trials: int) -> dict[str, Any]:
    """Return a complete re-test as plain data.

    Parameters
    ----------
    result
        The result of the re-test.
    protocol
        The protocol used to select rules.
    trials
        Trials of each test and task in the re-test.
    """
    tested = protocol.model_copy(update={"validation_trials": trials})
    first = result.rows[0]
    return {
        "protocol": tested.model_dump(mode="json"),
        "neurons": first.neurons,
        "seeds": list(first.seeds),
        "n_tried": result.by_chance.n_tried,
        **result.to_dict(),
    }


def write_retest(
    write: Callable[[str, str], object],
    name: str,
    data: Mapping[str, Any],
    rows: list[dict[str, Any]],
) -> None:
    """Write a re-test as a table and as data.

    Parameters
    ----------
    write
        Writes a file of a given name whole, or raises its own error.
    name
        Name of both files, without ``.csv`` and ``.json``.
    data, rows
        Results of `retest_data` and `retest_rows`.
    """
    write(f"{name}.csv", csv_text(rows, ("condition",)))
    write(f"{name}.json", json.dumps(data, indent=2, default=_plain) + "\n")


def read_retest(path: Path) -> dict[str, Any] | None:
    """Return the data of a re-test; None if there is no such file.

    Raises
    ------
    ExperimentError
        If it cannot be read.
    """
    try:
        data = read_json(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ExperimentError(f"{path} cannot be read: {error}") from None
    if not isinstance(data, dict) or not data.keys() >= NEEDED:
        raise ExperimentError(
            f"{path} contains no re-test; remove it, and the same command writes it again from the "
            "stored evaluations"
        )
    return data


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _columns(row: Row, found: Mapping[str, float], trials: int, n_tried: int) -> dict[str, Any]:
    difference = row.difference
    interval = difference.estimate if difference else None
    return {
        "condition": row.condition,
        "formula": row.formula,
        "error_in_search": found.get(row.condition, ""),
        "auc": row.auc.mean,
        "auc_standard_error": row.auc.standard_error,
        "accuracy": row.accuracy.mean,
        "accuracy_standard_error": row.accuracy.standard_error,
        "control": row.control,
        "difference": interval.mean if interval else "",
        "difference_low": interval.low if interval else "",
        "difference_high": interval.high if interval else "",
        "p_value": difference.p_value if difference else "",
        "p_corrected": "" if row.p_corrected is None else row.p_corrected,
        "rate_Hz": row.rate_Hz,
        "seeds": len(row.seeds),
        "trials": trials,
        "rules_tried": n_tried,
        "failed": "",
    }
