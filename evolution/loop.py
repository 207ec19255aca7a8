"""Evolves plasticity rules: from a configuration to a front and its files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evolution.engine import RuleEvaluatorFactory, driven, search
from evolution.errors import SearchInterrupted
from evolution.genome import Exposure, RuleGenome, RuleSpace
from evolution.phases import carried_rules, carry, carry_gains, is_complete, phase_folder
from evolution.reports import (
    Run,
    plot_front,
    plot_generations,
    read_retest,
    retest_front,
    simulate_windows,
    write_report,
)
from evolution.runs import (
    Candidate,
    EvolveConfig,
    Front,
    Lines,
    Progress,
    RunFolder,
    load_config,
    run_circuits,
    save_circuits,
    write_rules,
)
from nestml_models.rule import Rule
from v1cortex.circuit import require_for_circuit
from v1cortex.errors import RuleError, TryLaterError, V1CortexError
from v1cortex.experiments import Job
from v1cortex.plots import save_alone
from v1cortex.rules import load_rule
from v1cortex.tables import load_tables
from v1cortex.workers import Setup, make_executor
from validation.objectives import OBJECTIVES, worst_values


def evolve(
    config: EvolveConfig | Mapping[str, Any] | Path | str | None,
    out: Path | str,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    max_hours: float | None = None,
    figure_format: str = "png",
) -> Run:
    """Search for plasticity rules.

    Parameters
    ----------
    config
        Settings, as an object, a mapping, a YAML file or the name of a shipped configuration
        (``demo``); None for those of the resumed run, or the defaults.
    out
        Folder of the run.
    resume
        Continue the run in the folder, or begin it if there is none (so that the same command can
        be used for a batch job that is queued repeatedly).
    progress
        Reports the progress of the search. Default: one line per generation on standard error;
        `evolution.runs.progress.Silent` shows nothing.
    max_hours
        Length of this session, in place of the configuration's.
    figure_format
        Format of plots: ``png``, ``svg`` or ``pdf``.

    Returns
    -------
    Run
        The run; table, rules and plots of its front are in the folder.

    Raises
    ------
    SearchInterrupted
        If the user stopped it; the message says how to continue.
    V1CortexError
        If the configuration, the folder or the workers cannot be used.
    """
    folder, progress = RunFolder(Path(out)), progress or Lines()
    given = None if config is None else load_config(config)
    try:
        with folder.locked():
            if resume and not folder.exists:
                progress.notice(f"no run in {out} yet: beginning one")
            config = given or (folder.config() if resume and folder.exists else EvolveConfig())
            _run(config, folder, progress, figure_format, resume=resume, max_hours=max_hours)
    except SearchInterrupted:
        _report(folder, progress)
        raise
    _report(folder, progress)
    return Run(out)


def _run(
    config: EvolveConfig,
    folder: RunFolder,
    progress: Progress,
    figure_format: str,
    *,
    resume: bool,
    max_hours: float | None,
    carried: Sequence[str] = (),
    command: str = "",
) -> None:
    """Search and re-test, for the process that holds the folder's lock.

    `carried` are rules of an earlier phase, `command` is what continues the whole search.
    """
    rule_space(config)  # complains of rules that do not exist
    folder.check(config, resume=resume)
    command = command or resume_command(folder.path)
    max_hours = config.max_hours if max_hours is None else max_hours
    started = time.monotonic()
    progress.notice(f"score: {config.protocol.score_name}")
    circuits = run_circuits(config, folder, progress)
    folder.begin(config, resume=resume)
    stages = save_circuits(config, folder, circuits)
    del circuits  # workers read them from the folder
    hours = _hours_left(max_hours, started)
    carried = _phases(config, folder, progress, figure_format, hours, command) or carried
    space = rule_space(config, carried)
    factory = RuleEvaluatorFactory(stages, space.genome)
    setup = Setup[Candidate | Job](factory, worst_values(), folder.log)
    settings = config.model_copy(update={"max_hours": _hours_left(max_hours, started)})
    try:
        with (
            driven(folder),
            make_executor(config, setup, config.protocol.threads) as executor,
        ):
            front = search(space, settings, folder, executor, progress)
            write_front(folder, space.genome, front, figure_format)
            if config.retest.seeds and front.members:
                hours = _hours_left(max_hours, started)
                retest_front(front, config, folder, space.genome, executor, progress, hours)
    except (SearchInterrupted, TryLaterError) as error:
        write_front(folder, space.genome, kind=figure_format)
        raise _continued(error, command) from None


def _phases(
    config: EvolveConfig,
    folder: RunFolder,
    progress: Progress,
    figure_format: str,
    max_hours: float | None,
    command: str,
) -> Sequence[str]:
    """Run the phases of a search that are not complete, and return the rules that it starts with.

    A phase is complete when its rules are written; a later session takes them from there.
    """
    started = time.monotonic()
    for phase in config.schedule:
        require_for_circuit(config.of_phase(phase).neurons, load_tables())
    carried: Sequence[str] = ()
    for phase in config.schedule:
        own = phase_folder(folder, phase)
        if not is_complete(own):
            progress.notice(f"phase {phase.name}")
            with own.locked():
                settings = config.of_phase(phase)
                if phase.gains is not None:
                    hours = _hours_left(max_hours, started)
                    try:
                        carry_gains(
                            settings, phase.gains, own, progress, exposure_of(config), hours
                        )
                    except (SearchInterrupted, TryLaterError) as error:
                        raise _continued(error, command) from None
                else:
                    _run(
                        settings,
                        own,
                        progress,
                        figure_format,
                        resume=True,
                        max_hours=_hours_left(max_hours, started),
                        carried=carried,
                        command=command,
                    )
                    carry(Run(own.path), phase.carry)
        carried = carried_rules(own)
    return carried


def _report(folder: RunFolder, progress: Progress) -> None:
    """Write the page of a run; a search is not lost if that fails."""
    try:
        if read_retest(folder) is not None:
            simulate_windows(folder.path, folder.config().retest.max_rules)
    except V1CortexError as error:
        progress.notice(str(error))
    try:
        write_report(folder.path)
    except V1CortexError as error:
        progress.notice(f"no report was written: {error}")


def rule_space(config: EvolveConfig, carried: Sequence[str] = ()) -> RuleSpace:
    """Return the space of rules of a configuration.

    Parameters
    ----------
    config
        The configuration.
    carried
        Files of rules to start with, before those of the configuration.

    Raises
    ------
    RuleError
        If an initial rule does not exist, or lies outside the space: its time constants are too
        long, or it has other scales than the rules of the search.
    """
    genome = config.genome
    rules = {name: load_rule(name) for name in (*carried, *config.start.rules)}
    for name, rule in rules.items():
        _require_in_space(name, rule, config)
    given = tuple(genome.encode(rule) for rule in rules.values())
    return RuleSpace(genome, config.start, config.variation, given, exposure_of(config))


def exposure_of(config: EvolveConfig) -> Exposure:
    """Return the training of a search's evaluations."""
    protocol = config.protocol
    duration_ms = float(protocol.training_trials * protocol.load_tasks()[0].trial_ms)
    return Exposure(max(duration_ms, 1.0), protocol.plasticity, protocol.plastic)


def _require_in_space(name: str, rule: Rule, config: EvolveConfig) -> None:
    """Raise `RuleError` for a rule that the search would silently change."""
    longest, limit = max(rule.tau_E_ms.max(), rule.tau_R_ms.max()), config.start.max_tau_ms
    if rule.n_active and longest > limit:
        raise RuleError(
            f"start.rules: {name} has a time constant of {longest:g} ms, and start.max_tau_ms is "
            f"{limit:g}; raise it to let all rules of the search have such time constants"
        )
    if rule.settings is not None and rule.settings != config.protocol.plasticity:
        raise RuleError(
            f"start.rules: {name} has scales of its own, which the rules of a search share; set "
            f"protocol: {{plasticity: {rule.settings.model_dump()}}}"
        )


def write_front(
    folder: RunFolder, genome: RuleGenome, front: Front | None = None, kind: str = "png"
) -> Front:
    """Write table, rules and plots of a front; by default the front of the stored evaluations."""
    if front is None:
        front = Run(folder.path).pareto_front()
    write_rules(front, genome, folder)
    if any(candidate.viable for candidate in front.candidates):
        drawn = {"front": plot_front, "generations": plot_generations}
        for name, plot in drawn.items():
            save_alone(plot(front, OBJECTIVES, genome), folder.path / f"{name}.{kind}")
    return front


def resume_command(out: Path) -> str:
    """Return the command that continues a run."""
    return f"v1cortex evolve --out {out} --resume"


def _continued(error: SearchInterrupted | TryLaterError, command: str) -> SearchInterrupted:
    """Return the error that ends a session, with the command that continues the search."""
    return SearchInterrupted(f"{error}. Continue with: {command}", error.exit_code)


def _hours_left(max_hours: float | None, started: float) -> float | None:
    if max_hours is None:
        return None
    return max(0.0, max_hours - (time.monotonic() - started) / 3600)
