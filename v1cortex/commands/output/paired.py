"""Tables of searches by antithetic pairs."""

from __future__ import annotations

from collections.abc import Sequence

from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import results
from v1cortex.experiments.paired import Length, Level

__all__ = ["print_levels"]

N_SHOWN = 12
"""Number of dimensions of a level that are shown, those with the largest steps (*choice*)."""


def print_levels(levels: Sequence[Level], n_evaluations: int, score: str) -> None:
    """Print the steps tried and taken for each level.

    Parameters
    ----------
    levels, n_evaluations
        The search's.
    score
        The score in words.
    """
    for level in levels:
        steps = [_cells(each) for each in level.ascent.lengths]
        title = (
            f"{level.grouping}: steps up the gradient of {level.ascent.n_pairs} antithetic pairs "
            f"in {len(level.names)} dimensions"
        )
        results.print(table(title, ("step", "difference", "rate", "limits broken"), steps))
        results.print(_sentence(level), highlight=False, soft_wrap=True)
    results.print(
        f"{n_evaluations} evaluations. step: root mean square over dimensions; difference: "
        f"{score} minus that of the step's start on the same networks, ± standard error; rate: "
        "mean rate relative to the start's. The best of several steps is partly luck; the figures "
        "to report are those of the test below.",
        highlight=False,
        soft_wrap=True,
    )


def _cells(length: Length) -> tuple[str, str, str, str]:
    estimate = length.difference.estimate
    error = f" ± {estimate.standard_error:.3f}" if estimate.standard_error is not None else ""
    broken = ", ".join(f"{limit} ({n})" for limit, n in length.failed.items())
    rate = "" if length.rate_ratio is None else f"x {length.rate_ratio:.2f}"
    return f"{length.size:g}", f"{estimate.mean:+.3f}{error}", rate, broken


def _sentence(level: Level) -> str:
    if not level.moved:
        return f"No step was better than none at the level of {level.grouping}."
    furthest = sorted(level.values.items(), key=lambda each: -abs(each[1]))[:N_SHOWN]
    listed = ", ".join(f"{name} {value:+.2f}" for name, value in furthest)
    left = len(level.names) - len(furthest)
    more = f" and {left} smaller ones" if left else ""
    rise, sd = level.ascent.gradient.rise(level.ascent.point)
    return f"Taken: {listed}{more}. The gradient alone predicts {rise:+.3f} ± {sd:.3f}."
