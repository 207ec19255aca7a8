"""Pairing windows of the first rules of a front, simulated once and stored in the run's folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from evolution.errors import RunFolderError
from evolution.reports.run import Run
from evolution.runs import RunFolder, rule_name
from nestml_models.rule import Rule

__all__ = ["WINDOWS", "read_windows", "simulate_windows"]

WINDOWS = "windows.json"

PAIR = ("L23_E", "L23_E")
"""Neuron types of the synapse whose window is shown, as in `v1cortex rules show`."""

TIMEOUT_S = 600.0


def read_windows(path: Path) -> dict[str, Any]:
    """Return the windows in the folder of a run by digest of the rule; empty if there are none."""
    try:
        found = json.loads((path / WINDOWS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def simulate_windows(path: Path, most: int) -> None:
    """Simulate missing windows in a separate process.

    NEST thus neither writes to this process's output nor ends it. A window takes about 2 s of
    processor time (`nestml_models.compiled.simulate_window`, with the general model).

    Parameters
    ----------
    path
        Folder of the run.
    most
        Number of rules, from the first of the front; those without terms have no window.

    Raises
    ------
    RunFolderError
        If it failed.
    """
    words = [sys.executable, "-m", "evolution.reports.windows", str(path), str(most)]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=TIMEOUT_S, errors="replace", check=False
        )
    except subprocess.TimeoutExpired:
        raise RunFolderError(
            f"the pairing windows of {path} were not finished within {TIMEOUT_S:g} s; finished "
            "ones are kept, and v1cortex report --windows continues"
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise RunFolderError(f"the pairing windows of {path} could not be simulated: {last}")


def _simulate(path: Path, most: int) -> None:
    run, windows, folder = Run(path), read_windows(path), RunFolder(path)
    members = run.pareto_front().members[:most]
    for number, member in enumerate(members, start=1):
        rule = run.config.genome.decode(member.genome, rule_name(number))
        if rule.n_active and rule.digest() not in windows:
            windows[rule.digest()] = _window(rule, run)
            folder.write(WINDOWS, json.dumps(windows) + "\n")


def _window(rule: Rule, run: Run) -> dict[str, Any]:
    from nestml_models.compiled import (  # here, since reading does not need NEST
        N_PAIRINGS,
        compile_rule,
        simulate_window,
    )

    found = simulate_window(
        compile_rule(rule, specialised=False), *PAIR, settings=run.config.protocol.plasticity
    )
    return {
        "pair": " → ".join(PAIR),
        "pairings": N_PAIRINGS,
        "lag_ms": found.lag_ms.tolist(),
        "change": {
            f"{delta:g}": change.round(6).tolist() for delta, change in found.change.items()
        },
    }


if __name__ == "__main__":
    _simulate(Path(sys.argv[1]), int(sys.argv[2]))
