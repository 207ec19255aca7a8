"""Tables of a search over gains."""

from __future__ import annotations

from rich.console import Console

from v1cortex.commands.output.experiment import WIDTH
from v1cortex.commands.output.text import results, table
from v1cortex.experiments.ascent import Length
from v1cortex.experiments.gains import GainLevel, GainSearch

__all__ = ["print_gains"]

N_SHOWN = 12
"""Gains of a level that are shown, those that differ most from 1 (*choice*)."""


def print_gains(found: GainSearch) -> None:
    """Print for each level the steps that were tried and the gains that were taken."""
    console = results if results.is_terminal else Console(width=WIDTH)
    for level in found.levels:
        steps = [_cells(each) for each in level.ascent.lengths]
        title = (
            f"gains of {len(level.pairs)} pairs of {level.grouping}: steps up the gradient of "
            f"{level.ascent.n_pairs} antithetic pairs"
        )
        console.print(table(title, ("step", "difference", "limits broken"), steps))
        results.print(_sentence(level), highlight=False, soft_wrap=True)
    results.print(
        f"{found.n_evaluations} evaluations. step: root mean square of log gains; difference: "
        "score minus that of the step's start on the same networks, ± standard error. The best of "
        "several steps is partly luck; the figures to report are those of the test below.",
        highlight=False,
        soft_wrap=True,
    )


def _cells(length: Length) -> tuple[str, str, str]:
    estimate = length.difference.estimate
    error = f" ± {estimate.standard_error:.3f}" if estimate.standard_error is not None else ""
    broken = ", ".join(f"{limit} ({n})" for limit, n in length.failed.items())
    return f"{length.size:g}", f"{estimate.mean:+.3f}{error}", broken


def _sentence(level: GainLevel) -> str:
    if not level.gain:
        return f"No step was better than none: gains of {level.grouping} stay 1."
    furthest = sorted(level.gain.items(), key=lambda each: -abs(each[1] - 1))[:N_SHOWN]
    listed = ", ".join(f"{pair} {value:.2f}" for pair, value in furthest)
    more = f" and {len(level.gain) - N_SHOWN} nearer to 1" if len(level.gain) > N_SHOWN else ""
    slope = level.ascent.gradient
    rise, sd = slope.rise(level.ascent.point)
    return f"Taken: {listed}{more}. The gradient alone predicts {rise:+.3f} ± {sd:.3f}."
