"""`v1cortex simulate --stimulus tuning`: orientation tuning beside the mouse's."""

from __future__ import annotations

import math
from pathlib import Path

from v1cortex import ranks
from v1cortex.circuit import Circuit
from v1cortex.commands.common import print_json, progress_bar, results, table
from v1cortex.tuning import compare_tuning, measure_tuning
from v1cortex.tuning_plots import tuning

DEFAULT_REPEATS = 5


def show_tuning(
    circuit: Circuit,
    trials: int,
    seed: int,
    threads: int,
    dt_ms: float,
    calibration: str,
    out: Path,
    as_json: bool,
) -> None:
    """Measure tuning, write the picture and print the table; one trial means the default."""
    repeats = trials if trials > 1 else DEFAULT_REPEATS
    with progress_bar("simulating") as report:
        measured = measure_tuning(
            circuit,
            repeats=repeats,
            seed=seed,
            threads=threads,
            dt_ms=dt_ms,
            calibration=calibration,
            report=report,
        )
    if not ranks.is_first():
        return
    rows = compare_tuning(measured, circuit)
    path = tuning(measured, circuit, out / "tuning.png")
    if as_json:
        plain = [
            {key: None if value != value else value for key, value in vars(row).items()}
            for row in rows
        ]
        print_json({"files": {"tuning": str(path)}, "repeats": repeats, "populations": plain})
        return
    columns = ("population", "firing", "OSI", "chance", "mouse", "DSI", "mouse ", "axis off deg")
    results.print(
        table(
            f"tuning to {len(measured.directions_deg)} directions, medians; axis off: mean "
            "difference from the assigned axis, 45 by chance",
            columns,
            [
                (
                    row.population,
                    f"{row.n_firing}/{row.n_neurons}",
                    _number(row.osi_median),
                    _number(row.chance_osi_median),
                    _number(row.mouse_osi_median),
                    _number(row.dsi_median),
                    _number(row.mouse_dsi_median),
                    f"{row.axis_difference_deg:.0f}",
                )
                for row in rows
            ],
        )
    )
    results.print(f"written {path}")


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"
