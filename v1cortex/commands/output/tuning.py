"""`v1cortex simulate --stimulus tuning`: orientation tuning compared with the mouse's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.commands.output.simulation_folder import write_table
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import results
from v1cortex.plots import save, tuning
from v1cortex.simulation import (
    DIRECTIONS_DEG,
    GRATING_MS,
    Tuning,
    TuningRow,
    compare_tuning,
    trial_starts_ms,
)

DEFAULT_REPEATS = 5


def write_trials(shown: NDArray[np.int64], out: Path) -> Path:
    """Write when each direction was shown, so that spikes can be analysed with other tools."""
    starts_ms = trial_starts_ms(len(shown))
    rows = [
        {"start_ms": start, "stop_ms": start + GRATING_MS, "direction_deg": DIRECTIONS_DEG[index]}
        for start, index in zip(starts_ms.tolist(), shown.tolist(), strict=True)
    ]
    return write_table(rows, out / "trials.csv")


def write_tuning(
    measured: Tuning, circuit: Circuit, out: Path, kind: str
) -> tuple[list[TuningRow], dict[str, Path]]:
    """Write the plot and the table of tuning; also return the table's rows."""
    rows = compare_tuning(measured, circuit)
    return rows, {
        "tuning": save(tuning(measured, circuit), out / f"tuning.{kind}"),
        "tuning_table": write_table([asdict(row) for row in rows], out / "tuning.csv"),
    }


def plain_tuning(rows: Sequence[TuningRow]) -> list[dict[str, Any]]:
    """Return the rows for JSON, in which missing numbers are null."""
    return [
        {key: None if value != value else value for key, value in asdict(row).items()}
        for row in rows
    ]


def print_tuning(rows: Sequence[TuningRow]) -> None:
    """Print the table of tuning."""
    columns = ("population", "firing", "OSI", "chance", "mouse", "DSI", "mouse ", "axis", "dir.")
    cells = [
        (
            row.population,
            f"{row.n_firing}/{row.n_neurons}",
            _number(row.osi_median),
            _number(row.chance_osi_median),
            _number(row.mouse_osi_median),
            _number(row.dsi_median),
            _number(row.mouse_dsi_median),
            f"{row.axis_difference_deg:.0f}",
            f"{row.direction_difference_deg:.0f}",
        )
        for row in rows
    ]
    results.print(table(f"tuning to {len(DIRECTIONS_DEG)} directions, medians", columns, cells))
    results.print(
        "axis, dir.: mean difference of the preferred axis and direction from the assigned one in "
        "degrees; 45 and 90 by chance"
    )


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"
