"""Options shared by all experiments, and how they are added to a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from nestml_models.common import parse
from v1cortex.commands.options.common import (
    AsJson,
    CalibrationOfProtocol,
    FirstSeed,
    Neurons,
    Seeds,
    ShortTermOfProtocol,
    WeightGain,
)
from v1cortex.commands.options.protocol import (
    Preset,
    ProtocolFile,
    ReadoutOption,
    Tasks,
    TestPlasticity,
    TrainingTrials,
    ValidationTrials,
    protocol_of,
)
from v1cortex.commands.options.workers import (
    ExecutorOption,
    Memory,
    Scheduler,
    Timeout,
    WorkersOption,
    worker_settings,
)
from v1cortex.commands.output.text import print_notes
from v1cortex.evaluation import Protocol
from v1cortex.experiments import FRESH_SEED, ResultStore, Setting
from v1cortex.workers import WorkersConfig

__all__ = ["Options", "with_options"]

TRAINING_TRIALS, TEST_TRIALS = 100, 200
"""Trials of the paper's final assessment."""


@dataclass(frozen=True)
class Options:
    """Size, seeds, protocol and folder of an experiment, as given on the command line."""

    neurons: Neurons = 3000
    seeds: Seeds = 5
    first_seed: FirstSeed = FRESH_SEED
    protocol: ProtocolFile = None
    preset: Preset = None
    task: Tasks = None
    training_trials: TrainingTrials = None
    validation_trials: ValidationTrials = None
    calibration: CalibrationOfProtocol = None
    short_term: ShortTermOfProtocol = None
    weight_gain: WeightGain = None
    readout: ReadoutOption = None
    test_plasticity: TestPlasticity = False
    workers: WorkersOption = None
    executor: ExecutorOption = None
    scheduler: Scheduler = None
    evaluation_timeout: Timeout = None
    evaluation_memory: Memory = None
    out: Annotated[Path, typer.Option("--out", help="Folder to write, or to go on with.")] = Path(
        "experiments"
    )
    as_json: AsJson = False

    def setting(self, *, validation_trials: int = TEST_TRIALS, **changes: Any) -> Setting:  # noqa: ANN401
        """Return protocol, size and seeds.

        Parameters
        ----------
        validation_trials
            Used if neither an option nor the protocol's file gives a number.
        changes
            Settings of the protocol required by the experiment itself. Analyses named in the
            protocol's file take precedence.

        Raises
        ------
        ConfigError
            If the protocol's file or an option is not valid.
        """
        protocol: Protocol = protocol_of(
            self.protocol,
            self.preset,
            self.task,
            self.training_trials,
            self.validation_trials,
            self.calibration,
            short_term=self.short_term,
            gain=self.weight_gain,
            readout=self.readout,
            test_plasticity=self.test_plasticity,
        )
        unless_given = {"training_trials": TRAINING_TRIALS, "validation_trials": validation_trials}
        if "analyses" in changes:
            unless_given["analyses"] = changes.pop("analyses")
        changes |= {k: n for k, n in unless_given.items() if k not in protocol.model_fields_set}
        seeds = tuple(range(self.first_seed, self.first_seed + self.seeds))
        return Setting(protocol.model_copy(update=changes), self.neurons, seeds)

    @property
    def worker_settings(self) -> WorkersConfig:
        """Return where to evaluate: by default, one at a time on this machine.

        Raises
        ------
        ConfigError
            If an option is not valid.
        """
        data = worker_settings(
            {},
            self.executor,
            self.scheduler,
            workers=self.workers,
            evaluation_timeout_s=self.evaluation_timeout,
            evaluation_memory_MB=self.evaluation_memory,
        )
        config = parse(WorkersConfig, data, "options")
        one_at_a_time = config.executor.name == "local" and self.workers is None
        return config.model_copy(update={"workers": 1}) if one_at_a_time else config

    @property
    def store(self) -> ResultStore:
        """Return the store of evaluations."""
        return ResultStore(self.out, lambda line: print_notes([line]))


def with_options(
    *without: str,
    kind: type[Options] = Options,
    **defaults: Any,  # noqa: ANN401
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the shared options after a command's own, and pass them as `options`.

    Parameters
    ----------
    without
        Options that the command does not have.
    kind
        The class of the shared options.
    defaults
        Defaults that differ for this command.
    """
    hints = get_type_hints(kind, include_extras=True)
    shared = [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=defaults.get(each.name, each.default),
            annotation=hints[each.name],
        )
        for each in fields(kind)
        if each.name not in without
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own_hints = get_type_hints(command, include_extras=True)
        own = [
            each.replace(annotation=own_hints[each.name], kind=inspect.Parameter.KEYWORD_ONLY)
            for each in inspect.signature(command).parameters.values()
            if each.name != "options"
        ]

        def run(**given: Any) -> None:  # noqa: ANN401
            arguments = {each.name: given.pop(each.name) for each in own}
            command(**arguments, options=kind(**{**defaults, **given}))

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
        return run

    return decorate
