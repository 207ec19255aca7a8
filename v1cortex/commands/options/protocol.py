"""Options that change a protocol, and the resulting protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nestml_models.common import parse
from v1cortex.commands.options.common import PROTOCOLS
from v1cortex.commands.output.text import print_notes
from v1cortex.errors import ConfigError
from v1cortex.tasks import PRESETS, TASKS

if TYPE_CHECKING:
    from v1cortex.evaluation import Protocol
    from v1cortex.network import Synapses

__all__ = [
    "PRESET",
    "Preset",
    "ProtocolFile",
    "ReadoutOption",
    "Tasks",
    "TestPlasticity",
    "TrainingTrials",
    "ValidationTrials",
    "network_changes",
    "protocol_of",
    "synapses_of",
    "weight_gain",
]

PRESET = f"Time line and stimuli of tasks: {', '.join(PRESETS)}."

ProtocolFile = Annotated[
    Path | None,
    typer.Option(
        "--protocol", help="YAML file of protocol settings.", show_default="built-in settings"
    ),
]
Preset = Annotated[str | None, typer.Option("--preset", help=PRESET, show_default=PROTOCOLS)]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        "--task",
        help=f"Task: {', '.join(TASKS)} (see `v1cortex tasks list`); repeatable.",
        show_default=PROTOCOLS,
    ),
]
TrainingTrials = Annotated[
    int | None,
    typer.Option(
        "--training-trials",
        help="Trials with plasticity, per task; even.",
        show_default=PROTOCOLS,
    ),
]
ValidationTrials = Annotated[
    int | None,
    typer.Option(
        "--validation-trials",
        help="Scored trials with frozen weights, per task; even.",
        show_default=PROTOCOLS,
    ),
]
ReadoutOption = Annotated[
    str | None,
    typer.Option(
        "--readout",
        help="Cells whose AUC is the score: pool, pools (disjoint ones) or all (L5 E).",
        show_default=PROTOCOLS,
    ),
]
TestPlasticity = Annotated[
    bool,
    typer.Option(
        "--test-plasticity",
        help="Leave plasticity and reward on after training.",
        show_default=PROTOCOLS,
    ),
]


def protocol_of(
    path: Path | None,
    preset: str | None,
    tasks: list[str] | None,
    training_trials: int | None,
    validation_trials: int | None,
    calibration: str | None,
    threads: int | None = None,
    short_term: str | None = None,
    gain: list[str] | None = None,
    *,
    readout: str | None = None,
    test_plasticity: bool = False,
) -> Protocol:
    """Return the protocol in a file, or the default one, with settings replaced by options.

    A calibration that was fitted for other short-term dynamics is said in a note.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a setting is unknown or not allowed.
    """
    from v1cortex.evaluation import Protocol, load_yaml  # here: the help does not need it
    from v1cortex.network import calibration_notes

    given = {
        "preset": preset,
        "tasks": tasks,
        "training_trials": training_trials,
        "validation_trials": validation_trials,
        "calibration": calibration,
        "threads": threads,
    }
    given |= network_changes(short_term, gain, readout, test_plasticity)
    base = load_yaml(path, Protocol) if path else Protocol()
    changes = {key: value for key, value in given.items() if value is not None}
    protocol = parse(Protocol, base.model_dump(exclude_unset=True) | changes, "protocol")
    print_notes(calibration_notes(protocol.calibration, protocol.short_term))
    return protocol


def network_changes(
    short_term: str | None, gain: list[str] | None, readout: str | None, test_plasticity: bool
) -> dict[str, Any]:
    """Return the options that protocols of searches have, too, None where not given.

    Raises
    ------
    ConfigError
        As for `weight_gain`.
    """
    return {
        "short_term": short_term,
        "weight_gain": weight_gain(gain),
        "readout": readout,
        "test_plasticity": test_plasticity or None,
    }


def synapses_of(calibration: str, short_term: str | None, gain: list[str] | None) -> Synapses:
    """Return the synapses of a network: those that its calibration was fitted for, or as given.

    Raises
    ------
    ConfigError
        If there is no such calibration, setting or file, or as for `weight_gain`.
    TableError
        If the table of short-term dynamics is damaged.
    """
    from v1cortex.network import Synapses, fitted_synapses, short_term_rows

    fitted, own_gain = fitted_synapses(calibration), weight_gain(gain)
    synapses = Synapses(
        fitted.short_term if short_term is None else short_term,
        fitted.weight_gain if own_gain is None else own_gain,
    )
    short_term_rows(synapses.short_term)
    return synapses


def weight_gain(texts: list[str] | None) -> dict[str, float] | None:
    """Return factors on weights by kind of connection, from options like ``E->E=1.5``.

    Raises
    ------
    ConfigError
        If an option is malformed, a kind is unknown, or a factor is not a positive number.
    """
    if not texts:
        return None
    from v1cortex.network import check_gain, parse_gain

    gain = {}
    for text in texts:
        try:
            kind, factor = parse_gain(text)
        except ConfigError as error:
            raise ConfigError(f"--weight-gain {text}: {error}") from None
        gain[kind] = factor
    check_gain(gain)
    return gain
