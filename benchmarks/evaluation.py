"""Cost of one evaluation relative to the static circuit in raw PyNEST for the same simulated time.

python benchmarks/evaluation.py [--neurons 3000] [--trials 100] [--preset paper] [--rounds 1]

The evaluation contains everything: stimuli, networks, read-out, reward, plasticity, weights,
scoring.
Raw PyNEST only builds the circuit from NEST's own models and simulates it
(`benchmarks/peers/raw_static.py`). Seconds are processor time, which the machine's other work
affects less than wall-clock time; contestants take turns. "Python per trial" is the time that
blocks of trials take outside NEST's Simulate and outside drawing the LGN's spikes, divided by the
number of trials; the spikes of a block are drawn at once.
"""

import argparse
import statistics
import time
from pathlib import Path
from sys import path

path.insert(0, str(Path(__file__).parent))

from peers import raw_static

from v1cortex.circuit import build_circuit
from v1cortex.evaluation import Protocol, Session, evaluate
from v1cortex.lgn import firing_rates_Hz
from v1cortex.nest import load_nest
from v1cortex.network import Network, calibration_for
from v1cortex.rules import load_rule
from v1cortex.stimuli import gray_movie

RULES = ("none", "s_pre", "s_pre_x_post", "five_term")


class Meter:
    """Processor time in blocks of trials, and in NEST's simulation within them."""

    def __init__(self):
        self.block_s = self.nest_s = self.lgn_s = 0.0
        self.n_trials = 0
        run, simulate, draw = Session.run, Network.simulate, Network.set_lgn_rates

        def timed_run(session, block, *arguments, **options):
            start, other_s = time.process_time(), self.nest_s + self.lgn_s
            record = run(session, block, *arguments, **options)
            self.block_s += time.process_time() - start - (self.nest_s + self.lgn_s - other_s)
            self.n_trials += block.n_trials + block.n_warmup_trials
            return record

        def timed_simulate(network, duration_ms):
            start = time.process_time()
            simulate(network, duration_ms)
            self.nest_s += time.process_time() - start

        def timed_draw(network, *arguments):
            start = time.process_time()
            draw(network, *arguments)
            self.lgn_s += time.process_time() - start

        Session.run, Network.simulate = timed_run, timed_simulate
        Network.set_lgn_rates = timed_draw

    def reset(self):
        """Discard measurements."""
        self.block_s = self.nest_s = self.lgn_s = 0.0
        self.n_trials = 0


def evaluation(circuit, name, protocol, meter):
    """Return processor seconds, the evaluation, seconds in NEST, ms per trial in Python and LGN."""
    meter.reset()
    start = time.process_time()
    found = evaluate(circuit, load_rule(name), protocol, 1)
    took = time.process_time() - start
    each_ms = 1e3 / max(1, meter.n_trials)
    return took, found, meter.nest_s, meter.block_s * each_ms, meter.lgn_s * each_ms


def raw(circuit, protocol, biological_s):
    """Return processor seconds and the mean rate in Hz of the circuit in raw PyNEST."""
    rates_Hz = firing_rates_Hz(circuit.lgn_units, circuit.tables, gray_movie(500))[:, -1]
    calibration = calibration_for(circuit, protocol.calibration)
    start = time.process_time()
    recorder = raw_static.build(circuit, calibration, rates_Hz)
    load_nest().Simulate(1e3 * biological_s)
    took = time.process_time() - start
    return took, recorder.n_events / circuit.n_neurons / biological_s


def compare(n_neurons, protocol, rounds):
    circuit, meter = build_circuit(n_neurons, 1), Meter()
    _, warm, *_ = evaluation(circuit, "none", protocol, meter)  # fills the caches
    biological_s = warm.timings["biological"]
    runs = {name: [] for name in ("raw PyNEST", *RULES)}
    for _ in range(rounds):
        runs["raw PyNEST"].append(raw(circuit, protocol, biological_s))
        for name in RULES:
            runs[name].append(evaluation(circuit, name, protocol, meter))
    base_s = statistics.median(run[0] for run in runs["raw PyNEST"])
    rate_Hz = runs["raw PyNEST"][0][1]
    print(f"\n{n_neurons} neurons, {biological_s:.0f} s of biological time")
    print(f"  raw PyNEST     {base_s:7.1f} s, {rate_Hz:.1f} Hz, gray")
    for name in RULES:
        seconds = statistics.median(run[0] for run in runs[name])
        _, found, nest_s, python_ms, lgn_ms = runs[name][0]
        print(
            f"  {name:14s} {seconds:7.1f} s  {seconds / base_s:5.2f} x raw  "
            f"{100 * nest_s / runs[name][0][0]:3.0f} % in NEST, Python {python_ms:.2f} and "
            f"LGN spikes {lgn_ms:.2f} ms per trial, {found.status}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=[3000])
    parser.add_argument("--trials", type=int, default=100, help="training and validation trials")
    parser.add_argument("--preset", default="paper", choices=("paper", "clear"))
    parser.add_argument("--rounds", type=int, default=1, help="the median is reported")
    options = parser.parse_args()
    protocol = Protocol(
        preset=options.preset,
        training_trials=options.trials,
        validation_trials=options.trials,
        threshold_trials=0,
    )
    print(f"preset {options.preset}, {options.trials} + {options.trials} trials on both domains")
    for n_neurons in options.neurons:
        compare(n_neurons, protocol, options.rounds)


if __name__ == "__main__":
    main()
