"""Cost of an evaluation here compared with another checkout, and whether all bits are the same.

python benchmarks/against.py CHECKOUT [--neurons 1000 3000] [--rules s_pre_x_post] [--trials 20]
                             [--rounds 5] [--dt 1.0] [--threads 1] [--network-ms MS]

CHECKOUT is a folder with another state of this repository (``git worktree add CHECKOUT v0.1.0``);
its modules are compiled into a separate cache. One worker process of each runs the same evaluation
in turn, both with huge pages, or with ``--plain-pages`` only the one here, as its searches have
them and those of early states had not. Seconds are processor time; the ratio of each round is
taken, then their median. With ``--network-ms`` they simulate pieces of one network instead, which
also gives a ratio on a busy machine; both ratios are then the same. "Outside" is an evaluation's
time outside NEST's simulation: building, stimuli, reading, scoring. Digests are those of all
spikes, by neuron, and of the objectives, which any two states have in common. Without an argument
the script only prints its usage, so that ``make bench`` can run it.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]


def digest_spikes(digest, recorder, steps, ids):
    """Add spikes to a digest, whatever the ids of neurons and the order within a step."""
    import numpy as np

    neurons = np.searchsorted(recorder.network.node_ids, ids)
    order = np.lexsort((neurons, steps))
    digest.update(steps[order].tobytes() + neurons[order].tobytes())


def worker(options):
    """Evaluate whenever a line is read; answer with seconds and a digest."""
    from v1cortex.circuit import build_circuit
    from v1cortex.evaluation import Protocol, evaluate
    from v1cortex.network import Network, SpikeRecorder
    from v1cortex.rules import load_rule

    digest, nest_s = hashlib.sha256(), [0.0]
    take, simulate = SpikeRecorder.take, Network.simulate

    def digested_take(recorder):
        steps, ids = take(recorder)
        digest_spikes(digest, recorder, steps, ids)
        return steps, ids

    def timed_simulate(network, duration_ms):
        start = time.process_time()
        simulate(network, duration_ms)
        nest_s[0] += time.process_time() - start

    SpikeRecorder.take, Network.simulate = digested_take, timed_simulate
    circuit = build_circuit(options.neurons[0], 1)
    protocol = Protocol(
        preset="paper",
        training_trials=options.trials,
        validation_trials=options.trials,
        threshold_trials=0,
        dt_ms=options.dt,
        threads=options.threads,
    )
    for line in sys.stdin:
        rule = load_rule(line.strip())
        nest_s[0], start = 0.0, time.process_time()
        found = evaluate(circuit, rule, protocol, 1)
        total_s = time.process_time() - start
        digest.update(json.dumps(dict(found.objectives), sort_keys=True).encode())
        print(json.dumps([total_s, nest_s[0], digest.hexdigest()[:16]]), flush=True)


def network_worker(options):
    """Simulate a piece of one network whenever a line is read; answer as the other worker."""
    import numpy as np

    from v1cortex.circuit import build_circuit
    from v1cortex.network import Network, SpikeRecorder
    from v1cortex.rules import load_rule

    circuit = build_circuit(options.neurons[0], 1)
    rng = np.random.default_rng(1)
    rate_Hz = rng.gamma(2.0, 4.0, (len(circuit.lgn_units), 1))  # choice: 8 Hz on average
    rates_Hz = np.repeat(rate_Hz, round(options.network_ms), axis=1).astype(np.float32)
    networks, digest = {}, hashlib.sha256()
    for line in sys.stdin:
        name = line.strip()
        if name not in networks:
            rule = None if name == "none" else load_rule(name)
            settings = {"dt_ms": options.dt, "threads": options.threads}
            network = Network.from_circuit(circuit, rule, **settings)
            networks = {name: (network, SpikeRecorder(network))}
        network, recorder = networks[name]
        network.set_lgn_rates(rates_Hz, rng)
        start = time.process_time()
        network.simulate(options.network_ms)
        seconds = time.process_time() - start
        digest_spikes(digest, recorder, *recorder.take())
        print(json.dumps([seconds, seconds, digest.hexdigest()[:16]]), flush=True)


def start(checkout, n_neurons, options):
    """Start a worker that runs a checkout's package."""
    from v1cortex.workers.environment import HUGE_PAGES

    pages = {} if options.plain_pages and checkout != HERE else HUGE_PAGES
    environment = {**os.environ, **pages, "PYTHONPATH": str(checkout)}
    environment["V1CORTEX_CACHE"] = str(checkout / ".cache-of-benchmark")
    words = [sys.executable, __file__, "--worker", "--neurons", n_neurons]
    words += ["--trials", options.trials, "--dt", options.dt, "--threads", options.threads]
    words += ["--network-ms", options.network_ms]
    return subprocess.Popen(
        list(map(str, words)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=checkout,
    )


def ask(process, rule):
    process.stdin.write(f"{rule}\n")
    process.stdin.flush()
    while not (line := process.stdout.readline()).startswith("["):
        if not line:
            sys.exit("a worker ended; its message is above")
    return json.loads(line)


def compare(n_neurons, options):
    processes = [start(each, n_neurons, options) for each in (options.checkout.resolve(), HERE)]
    for rule in options.rules:
        for process in processes:
            ask(process, rule)  # fills the caches
        rounds = [[ask(each, rule) for each in processes] for _ in range(options.rounds)]
        total, nest = (statistics.median(new[k] / old[k] for old, new in rounds) for k in range(2))
        outside = ""
        if not options.network_ms:
            spent = [[(each[0] - each[1]) for each in pair] for pair in rounds]
            ratio = statistics.median(new / old for old, new in spent)
            outside = f", outside {ratio:.2f} ({spent[-1][0]:.1f} s there)"
        same = all(old[2] == new[2] for old, new in rounds)
        print(
            f"{n_neurons:5d} neurons, {rule:14s} here / there: NEST {nest:.2f} "
            f"({rounds[-1][0][1]:.1f} s there){outside}, whole {total:.2f}; "
            f"bits {'the same' if same else 'DIFFER'}",
            flush=True,
        )
    for process in processes:
        process.stdin.close()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, nargs="?")
    parser.add_argument("--neurons", type=int, nargs="+", default=[1000, 3000])
    parser.add_argument("--rules", nargs="+", default=["none", "s_pre", "s_pre_x_post"])
    parser.add_argument(
        "--trials", type=int, default=20, help="training and validation trials; even, 4 or more"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dt", type=float, default=1.0, help="time step in ms")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--network-ms",
        type=float,
        default=0.0,
        help="compare pieces of this length of one network, in place of whole evaluations",
    )
    parser.add_argument(
        "--plain-pages", action="store_true", help="no huge pages for the other checkout"
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        (network_worker if options.network_ms else worker)(options)
    elif options.checkout is None:
        print("needs the folder of another checkout: python benchmarks/against.py CHECKOUT")
    else:
        for n_neurons in options.neurons:
            compare(n_neurons, options)


if __name__ == "__main__":
    main()
