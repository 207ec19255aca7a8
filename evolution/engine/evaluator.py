"""How a worker of a search evaluates candidates and the jobs of their re-test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evolution.genome import RuleGenome
from evolution.runs import Candidate, Stage
from v1cortex.circuit import Circuit
from v1cortex.evaluation import Evaluation
from v1cortex.experiments import Job, run_job
from v1cortex.sonata import load_circuit
from v1cortex.workers import Evaluator


@dataclass(frozen=True)
class RuleEvaluatorFactory:
    """Creates a worker's evaluator for candidates and jobs (an `EvaluatorFactory`).

    Parameters
    ----------
    stages
        The hurdles and the protocol, by name.
    genome
        The encoding of rules.
    """

    stages: Mapping[str, Stage]
    genome: RuleGenome

    def __call__(self) -> Evaluator:
        """Load the circuits and the compiled models, once."""
        # NEST is loaded in workers only: the driver stays small, and NEST cannot end it.
        from v1cortex.evaluation import evaluate
        from v1cortex.network import compile_models

        compile_models([stage.protocol for stage in self.stages.values()])
        folders = {stage.circuit for stage in self.stages.values()}
        circuits: dict[Path, Circuit] = {folder: load_circuit(folder) for folder in folders}

        def evaluate_rule(candidate: Candidate | Job) -> Evaluation:
            if isinstance(candidate, Job):
                return run_job(candidate)
            rule = self.genome.decode(candidate.genome, candidate.name)
            stage = self.stages[candidate.stage]
            return evaluate(circuits[stage.circuit], rule, stage.protocol, candidate.seed)

        return evaluate_rule
