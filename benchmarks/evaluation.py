"""Cost of one evaluation, split into build, simulate and score, static and plastic.

python benchmarks/evaluation.py [--neurons 1000 3000] [--trials 100] [--preset paper]
"""

import argparse

from v1cortex.circuit import build_circuit
from v1cortex.config import ProtocolConfig
from v1cortex.evaluation import evaluate
from v1cortex.rule_library import rule

RULES = ("none", "s_pre", "s_pre_x_post", "five_term")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, nargs="+", default=[1000, 3000])
    parser.add_argument("--trials", type=int, default=100, help="training and validation trials")
    parser.add_argument("--preset", default="paper", choices=("paper", "clear"))
    options = parser.parse_args()
    protocol = ProtocolConfig(
        preset=options.preset,
        training_trials=options.trials,
        validation_trials=options.trials,
        threshold_trials=0,
    )
    print(f"preset {options.preset}, {options.trials} + {options.trials} trials on both domains")
    for n_neurons in options.neurons:
        circuit = build_circuit(n_neurons, 1)
        evaluate(circuit, rule("none"), protocol, 1)  # fills the caches of modules and LGN rates
        static_s = None
        for name in RULES:
            seconds = dict(evaluate(circuit, rule(name), protocol, 1).timings)
            biological_s = seconds.pop("biological", float("nan"))
            per_second = seconds["simulate"] / biological_s
            static_s = static_s or per_second
            parts = ", ".join(f"{part} {value:.1f} s" for part, value in seconds.items())
            print(
                f"{n_neurons} neurons, {name}: {parts}; {biological_s:.0f} s of biological time; "
                f"simulation / static = {per_second / static_s:.2f}"
            )


if __name__ == "__main__":
    main()
