"""Run rewarded trials on a plastic network; the first rank writes its spikes and all weights.

Usage: plastic_trials.py VIRTUAL_PROCESSES FILE, alone or under an MPI launcher.
"""

import sys

import numpy as np

from v1cortex.circuit import build_circuit
from v1cortex.evaluation import Session
from v1cortex.lgn import firing_rates_Hz
from v1cortex.nest import load_nest, ranks
from v1cortex.network import Network, NetworkSettings
from v1cortex.rules import load_rule
from v1cortex.tasks import load, pool

EVERY = 10**9


def run(virtual_processes: int) -> dict[str, np.ndarray]:
    """Return spikes, counts of the pool, weights before and after, and connections per rank."""
    circuit, task = build_circuit(500, 2), load("gratings", "clear")
    settings = NetworkSettings(threads=virtual_processes, flush_ms=task.trial_ms)
    network = Network(circuit, load_rule("five_term"), settings)
    session = Session(network, pool(circuit))
    block = task.block(6, "training", 1)
    rates_Hz = firing_rates_Hz(circuit.lgn_units, circuit.tables, block.movie)
    rewards = iter([1.0, -0.5, 0.25, 0.0, 0.75, -1.0])
    record = session.run(
        block, [rates_Hz], np.random.default_rng(2), judge=lambda *_: next(rewards), record=True
    )
    samples = [network.plastic.sample(row, EVERY) for row in sorted(network.plastic.models)]
    own = np.array([len(load_nest().GetConnections(target=network.neurons))])
    return {
        "times_ms": record.spikes.times_ms,
        "senders": record.spikes.senders,
        "pool_counts": record.pool_counts,
        "mean_rates_Hz": record.mean_rates_Hz,
        "initial_pA": np.concatenate([sample.initial_pA for sample in samples]),
        "weight_pA": np.concatenate([sample.weight_pA for sample in samples]),
        "connections": ranks.gather(own)[0],
        "edges": np.array([len(circuit.edges)]),
    }


if __name__ == "__main__":
    results = run(int(sys.argv[1]))
    if ranks.is_first():
        np.savez(sys.argv[2], **results)
