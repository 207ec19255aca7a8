"""An evaluation to be made, and the key under which its result is stored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from nestml_models.common import SIMULATION, program_versions
from nestml_models.rule import Rule
from v1cortex.circuit import Circuit, build_circuit
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.workers import Evaluator

__all__ = ["Job", "JobEvaluatorFactory", "run_job"]


@dataclass(frozen=True)
class Job:
    """One evaluation of a rule, on a circuit drawn for it.

    Parameters
    ----------
    rule
        The rule.
    protocol
        Tasks, trials and scoring.
    neurons
        Cells of the circuit.
    seed
        Seed of the circuit, the stimuli and the noise.
    """

    rule: Rule
    protocol: Protocol
    neurons: int
    seed: int

    @property
    def name(self) -> str:
        """Its name in messages."""
        return (
            f"{self.rule.name or self.rule.formula()} on {', '.join(self.protocol.tasks)} with "
            f"seed {self.seed}"
        )

    @cached_property
    def key(self) -> str:
        """Key of the result: the same for jobs with the same result, whatever the rule's name."""
        described = json.dumps(self.describe(), sort_keys=True)
        versions = [f"{name} {found}" for name, found in program_versions(SIMULATION).items()]
        sha = hashlib.sha256("\n".join([described, *versions]).encode())
        return sha.hexdigest()[:24]

    def describe(self) -> dict[str, Any]:
        """Return the job as plain data.

        Settings of the protocol that have their default are left out, so that a new setting does
        not invalidate earlier results.
        """
        return {
            "rule": self.rule.digest(),
            "protocol": self.protocol.model_dump(mode="json", exclude_defaults=True),
            "neurons": self.neurons,
            "seed": self.seed,
        }


class JobEvaluatorFactory:
    """Makes the evaluator of a worker of an experiment (an `EvaluatorFactory`)."""

    def __call__(self) -> Evaluator:
        """Compile and load the models, once."""
        from nestml_models.build import compile_general

        compile_general()
        return run_job


def run_job(job: Job) -> Evaluation:
    """Evaluate a job.

    Raises
    ------
    V1CortexError
        If rule, protocol and circuit are inconsistent.
    """
    # NEST is loaded only by processes that simulate.
    from v1cortex.evaluation import evaluate

    return evaluate(_circuit(job.neurons, job.seed), job.rule, job.protocol, job.seed)


@lru_cache(maxsize=4)
def _circuit(neurons: int, seed: int) -> Circuit:
    return build_circuit(neurons, seed)
