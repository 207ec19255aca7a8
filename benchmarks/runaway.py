"""Cost of random rules, which may drive the network too hard, compared with quiet ones.

python benchmarks/runaway.py [--neurons 1000] [--rules 100] [--trials 100]

A rule whose network exceeds the protocol's limit in one trial is stopped there. Seconds are
processor time. A quiet rule is one of the random rules whose network has a mean rate of 2 to 15 Hz;
the static network, which has no plastic synapses to simulate, is measured between random rules.
"""

import argparse
import statistics
import time
from collections import Counter

from v1cortex.circuit import build_circuit
from v1cortex.evaluation import Protocol, evaluate
from v1cortex.rules import load_rule

N_QUIET = 5
PLAUSIBLE_HZ = 2, 15


def mean_rate_Hz(found):
    rates = found.statistics.rates
    return float("nan") if rates is None else rates.mean


def is_quiet(found):
    rate_Hz = mean_rate_Hz(found)
    return found.status == "ok" and PLAUSIBLE_HZ[0] <= rate_Hz <= PLAUSIBLE_HZ[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--trials", type=int, default=100, help="training and validation trials")
    options = parser.parse_args()
    protocol = Protocol(
        training_trials=options.trials, validation_trials=options.trials, threshold_trials=0
    )
    circuit = build_circuit(options.neurons, 1)

    def cost(name):
        start = time.process_time()
        found = evaluate(circuit, load_rule(name), protocol, 1)
        return time.process_time() - start, found

    cost("none")  # fills the caches
    quiet, random = [], []
    for seed in range(options.rules):
        if seed % max(1, options.rules // N_QUIET) == 0:
            quiet.append(cost("none")[0])
        random.append(cost(f"random:{seed}"))
    static_s = statistics.median(quiet)
    seconds = [took for took, _ in random]
    base_s = statistics.mean(took for took, found in random if is_quiet(found))
    status = Counter(found.status for _, found in random)
    print(f"{options.neurons} neurons, {options.trials} + {options.trials} trials on both domains")
    print(
        f"{sum(is_quiet(found) for _, found in random)} quiet rules, mean {base_s:.2f} s, "
        f"{base_s / static_s:.2f} x the static network's"
    )
    print(
        f"{options.rules} random rules: mean {statistics.mean(seconds) / base_s:.3f}, median "
        f"{statistics.median(seconds) / base_s:.2f}, largest {max(seconds) / base_s:.2f} x quiet; "
        f"mean {statistics.mean(seconds) / static_s:.2f} x static"
    )
    for name, count in status.most_common():
        own = [took for took, found in random if found.status == name]
        print(f"  {name:8s} {count:4d}, mean {statistics.mean(own) / base_s:.2f} x quiet")
    for seed, (took, found) in enumerate(random):
        if took > 2 * base_s:
            rate_Hz = mean_rate_Hz(found)
            print(f"  random:{seed} {took / base_s:.1f} x quiet, {found.status}, {rate_Hz:.0f} Hz")


if __name__ == "__main__":
    main()
