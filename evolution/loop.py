"""Evolve plasticity rules: from a configuration to a front and its files."""

from __future__ import annotations

from pathlib import Path

from evolution.config import EvolveConfig
from evolution.errors import RunFolderError, SearchInterrupted
from evolution.evaluator import RuleEvaluatorFactory
from evolution.executor import LocalExecutor
from evolution.front import Front, front_of, write_rules
from evolution.genome import RuleGenome
from evolution.operators import RuleSpace
from evolution.plots import plot_front, plot_generations
from evolution.progress import Progress, Silent
from evolution.run_folder import RunFolder
from evolution.search import SearchSettings, search
from v1cortex.circuit import Circuit, build_circuit
from v1cortex.config import ProtocolConfig
from v1cortex.protocol import check_circuit
from v1cortex.rule_library import rule
from v1cortex.sonata import load_circuit, save_circuit
from v1cortex.tables import POPULATIONS
from validation.objectives import OBJECTIVES, worst_values

CIRCUIT = "circuit"
"""Folder of the circuit within the run folder; `v1cortex evaluate` takes it."""


def evolve(
    config: EvolveConfig | None,
    out: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
) -> Front:
    """Search for plasticity rules.

    Parameters
    ----------
    config
        Settings; None takes those of the run that is resumed, or the defaults.
    out
        Folder of the run.
    resume
        Go on with the run in the folder, or begin it if there is none (so that one command line
        serves a batch job that is queued again and again).
    progress
        Is told how far the search is.

    Returns
    -------
    Front
        The front; its table, rules and pictures are in the folder.

    Raises
    ------
    SearchInterrupted
        If the user stopped it; the message says how to go on.
    V1CortexError
        If the configuration, the folder or the workers cannot be used.
    """
    folder, progress = RunFolder(out), progress or Silent()
    with folder.locked():
        if resume and not folder.exists:
            progress.notice(f"no run in {out} yet: beginning one")
        if config is None:
            config = folder.config() if resume and folder.exists else EvolveConfig()
        space = rule_space(config)
        folder.check(config, resume=resume)
        circuit = _circuit(config, folder, progress)
        folder.begin(config, resume=resume)
        if not (out / CIRCUIT).exists():
            save_circuit(circuit, out / CIRCUIT)
        del circuit  # workers read it from the folder
        factory = RuleEvaluatorFactory(out / CIRCUIT, config.protocol, space.genome)
        executor = LocalExecutor(
            factory,
            worst_values(),
            workers=config.resolved_workers,
            timeout_s=config.evaluation_timeout_s,
            threads=config.protocol.threads,
            log=folder.log,
        )
        try:
            with executor:
                front = search(space, search_settings(config), folder, executor, progress)
        except SearchInterrupted as error:
            write_front(folder, space.genome)
            raise SearchInterrupted(f"{error}. Go on with: {resume_command(out)}") from None
        return write_front(folder, space.genome, front)


def rule_space(config: EvolveConfig) -> RuleSpace:
    """Return the space of rules of a configuration.

    Raises
    ------
    RuleError
        If a rule to start with is not there.
    """
    genome = RuleGenome(POPULATIONS, reads_threshold=reads_threshold(config.protocol))
    given = tuple(genome.encode(rule(name)) for name in config.start.rules)
    return RuleSpace(genome, config.start, config.variation, given)


def reads_threshold(protocol: ProtocolConfig) -> bool:
    """Return whether an evaluation uses the rule's own read-out threshold."""
    return protocol.resolved_threshold == "rule"


def search_settings(config: EvolveConfig) -> SearchSettings:
    """Return what the search needs to know of a configuration."""
    return SearchSettings(
        worst=worst_values(),
        seed=config.seed,
        population_size=config.population_size,
        generations=config.generations,
        algorithm=config.algorithm.name,
        options=config.algorithm.options,
        max_hours=config.max_hours,
        evaluation_seeds=config.evaluation_seeds,
        seeds_per_rule=config.seeds_per_rule,
    )


def read_front(out: Path) -> Front:
    """Return the front of a run from its stored evaluations, also while it goes on.

    Raises
    ------
    RunFolderError
        If there is no run.
    """
    folder = RunFolder(out)
    genome = RuleGenome(POPULATIONS, reads_threshold=reads_threshold(folder.config().protocol))
    with folder.store(read_only=True) as store:
        return front_of(store, worst_values(), genome.key)


def write_front(folder: RunFolder, genome: RuleGenome, front: Front | None = None) -> Front:
    """Write the front's table, rules and pictures; without one, that of what is stored."""
    if front is None:
        front = read_front(folder.path)
    write_rules(front, genome, folder)
    if any(candidate.viable for candidate in front.candidates):
        plot_front(front, OBJECTIVES, genome, folder.path / "front.png")
        plot_generations(front, OBJECTIVES, folder.path / "generations.png")
    return front


def resume_command(out: Path) -> str:
    """Return the command that goes on with a run."""
    return f"v1cortex evolve --out {out} --resume"


def _circuit(config: EvolveConfig, folder: RunFolder, progress: Progress) -> Circuit:
    """Return the run's circuit, from its folder if it is there.

    Raises
    ------
    RunFolderError
        If the circuit there is another one.
    TaskError
        If the circuit has too few cells for the read-out pool.
    """
    path = folder.path / CIRCUIT
    progress.notice(f"preparing the circuit of {config.neurons} neurons")
    if path.exists():
        circuit = load_circuit(path)
        if (circuit.n_neurons, circuit.seed) != (config.neurons, config.circuit_seed):
            raise RunFolderError(
                f"{path} holds a circuit of {circuit.n_neurons} neurons and seed {circuit.seed}, "
                f"not of {config.neurons} and {config.circuit_seed}; choose another --out"
            )
    else:
        circuit = build_circuit(config.neurons, config.circuit_seed)
    check_circuit(circuit, config.protocol)
    return circuit
