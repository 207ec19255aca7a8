"""Bulk connector against PyNN's stock connectors and raw nest.Connect, on the same circuit.

    python benchmarks/connector.py [--neurons 3000] [--stock-projections 12]

The stock connector (FromListConnector) is timed on some of the projections, evenly chosen by size,
and compared with the bulk connector on the same ones; raw nest.Connect and the whole network, from
tables to a network that is ready to run, are timed on all.
"""

import argparse
import time

import numpy as np

from nestml_models.compiler import compile_general
from v1cortex.bulk_connector import BulkConnector
from v1cortex.circuit import build_circuit
from v1cortex.network import Network, NetworkSettings
from v1cortex.pynn_models import CompiledSynapse, cell_type
from v1cortex.rule_library import rule
from v1cortex.simulator import RECEPTORS, reset
from v1cortex.tables import POPULATIONS


def seconds(call):
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def empty_network(circuit, module):
    """Return populations without connections."""
    nest, sim = reset(dt_ms=1.0, min_delay_ms=1.0, seed=1, threads=1)
    module.install()
    glif3 = cell_type(module.neuron_model)
    populations = {}
    for name in POPULATIONS:
        cells = circuit.population_slice(name)
        populations[name] = sim.Population(cells.stop - cells.start, glif3(), label=name)
    return nest, sim, populations


def connect(circuit, rows, sim, populations, connector):
    table = circuit.tables.connectivity
    receptor = {number: name for name, number in RECEPTORS.items()}
    for row in rows:
        pre, post = POPULATIONS[table.pre[row]], POPULATIONS[table.post[row]]
        own = circuit.edges_of(row)
        arrays = (
            circuit.edges.source[own] - circuit.population_slice(pre).start,
            circuit.edges.target[own] - circuit.population_slice(post).start,
            circuit.edges.weight_pA[own],
        )
        sim.Projection(
            populations[pre],
            populations[post],
            connector(sim, *arrays),
            CompiledSynapse("static_synapse_lbl"),
            receptor_type=receptor[int(table.receptor[row])],
        )


def bulk(_sim, source, target, weight_pA):
    return BulkConnector(source, target, weight_pA, 2.0)


def stock(sim, source, target, weight_pA):
    rows = np.column_stack([source, target, weight_pA, np.full(len(source), 2.0)])
    return sim.FromListConnector(rows.tolist())


def raw(nest, circuit):
    n = len(circuit.edges)
    receptor = circuit.tables.connectivity.receptor
    per_edge = np.repeat(receptor, np.diff(circuit.edges.type_offsets)).astype(np.int64)
    nest.Connect(
        circuit.edges.source.astype(np.int64) + 1,
        circuit.edges.target.astype(np.int64) + 1,
        "one_to_one",
        {"weight": circuit.edges.weight_pA, "delay": np.full(n, 2.0), "receptor_type": per_edge},
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=3000)
    parser.add_argument("--stock-projections", type=int, default=12)
    options = parser.parse_args()
    module = compile_general()
    sampling_s, circuit = seconds(lambda: build_circuit(options.neurons, 1))
    sizes = np.diff(circuit.edges.type_offsets)
    by_size = np.argsort(sizes)[sizes[np.argsort(sizes)] > 0]
    rows = by_size[np.linspace(0, len(by_size) - 1, options.stock_projections).astype(int)]

    _, sim, populations = empty_network(circuit, module)
    stock_s, _ = seconds(lambda: connect(circuit, rows, sim, populations, stock))
    _, sim, populations = empty_network(circuit, module)
    bulk_s, _ = seconds(lambda: connect(circuit, rows, sim, populations, bulk))
    nest, _, _ = empty_network(circuit, module)
    raw_s, _ = seconds(lambda: raw(nest, circuit))
    whole_s, _ = seconds(lambda: Network(circuit, rule("s_pre"), NetworkSettings()))

    n = sizes[rows].sum()
    print(f"{options.neurons} neurons, {len(circuit.edges):,} connections")
    print(f"same {n:,} connections: stock connector / bulk connector = {stock_s / bulk_s:.1f}")
    print(f"rates: stock {n / stock_s / 1e3:.0f} k/s, bulk {n / bulk_s / 1e3:.0f} k/s")
    whole = (sampling_s + whole_s) / (sampling_s + raw_s)
    print(f"tables to plastic network / (sampling + raw nest.Connect) = {whole:.1f}")
    parts = f"sampling {sampling_s:.2f}, raw {raw_s:.2f}, network {whole_s:.2f}"
    print(f"seconds in this run: {parts}")


if __name__ == "__main__":
    main()
