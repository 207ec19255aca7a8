"""Estimate the cost of the paper's search: 600,000 evaluations at 3000 neurons.

python benchmarks/search_cost.py [--neurons 500 1000 3000] [--trials 6 26]

Processor time, which other programs on the machine affect little. Each size is evaluated with few
and with more trials: the slope is the cost of a simulated second, the rest is building the network
and scoring. The estimate is a linear extrapolation to the paper's protocol, not a measurement.
"""

import argparse
import time

from v1cortex.circuit import build_circuit
from v1cortex.evaluation import Protocol, evaluate
from v1cortex.rules import load_rule

PAPER_EVALUATIONS = 600_000
"""Population 4000, 150 generations (Ye et al., ICLR 2026)."""

PAPER_TASKS, PAPER_BIOLOGICAL_S = 2, 122.0
"""Networks built, and time simulated, in 100 + 100 trials on both domains, including settling."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, nargs="+", default=[500, 1000, 3000])
    parser.add_argument("--trials", type=int, nargs=2, default=[6, 26])
    parser.add_argument("--rule", default="s_pre_x_post")
    given = parser.parse_args()
    for neurons in given.neurons:
        circuit = build_circuit(neurons, 1)
        cost(circuit, given.rule, 4)  # fills the caches of modules and LGN rates
        (short, short_s), (long, long_s) = (cost(circuit, given.rule, n) for n in given.trials)
        slope = (long - short) / (long_s - short_s)
        fixed = short - slope * short_s
        whole = PAPER_TASKS * fixed + PAPER_BIOLOGICAL_S * slope
        print(
            f"{neurons} neurons, {len(circuit.edges.source)} connections: {fixed:.2f} core-seconds "
            f"to build and score, {slope:.3f} a biological second; paper's protocol {whole:.0f} "
            f"core-seconds; {PAPER_EVALUATIONS} evaluations "
            f"{whole * PAPER_EVALUATIONS / 3600:.3g} core-hours"
        )


def cost(circuit, name, trials):
    """Return processor time and simulated time of one evaluation of one task, in seconds."""
    protocol = Protocol(
        preset="paper",
        tasks=["gratings"],
        pool_size=20,
        training_trials=trials,
        validation_trials=trials,
        threshold_trials=0,
    )
    began = time.process_time()
    evaluation = evaluate(circuit, load_rule(name), protocol, 1)
    return time.process_time() - began, evaluation.timings["biological"]


if __name__ == "__main__":
    main()
