"""Tables as comma-separated text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["csv_text"]


def csv_text(rows: Sequence[Mapping[str, Any]], empty: Sequence[str] = ("rule",)) -> str:
    """Return rows as CSV, with the union of their columns.

    Parameters
    ----------
    rows
        Values by column name.
    empty
        Column names of a table without rows.
    """
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or empty, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
