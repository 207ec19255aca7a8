"""How a worker evaluates rules on the circuit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evolution.genome import RuleGenome
from evolution.results import Candidate
from evolution.worker import Evaluator
from v1cortex.config import ProtocolConfig
from v1cortex.results import Evaluation
from v1cortex.sonata import load_circuit


@dataclass(frozen=True)
class RuleEvaluatorFactory:
    """Makes the evaluator of a worker (an `EvaluatorFactory`).

    Parameters
    ----------
    circuit
        Folder of the circuit.
    protocol
        What an evaluation does.
    genome
        How rules are encoded.
    """

    circuit: Path
    protocol: ProtocolConfig
    genome: RuleGenome

    def __call__(self) -> Evaluator:
        """Load the circuit and the compiled models, once."""
        # NEST is loaded in workers only: the driver stays small and cannot be ended by it.
        from nestml_models.compiler import compile_general
        from v1cortex.evaluation import evaluate

        compile_general()
        circuit = load_circuit(self.circuit)

        def evaluate_rule(candidate: Candidate) -> Evaluation:
            rule = self.genome.decode(candidate.genome, candidate.name)
            return evaluate(circuit, rule, self.protocol, candidate.seed)

        return evaluate_rule
