"""Sampling, saving and loading circuits, compared with raw nest.Connect with the same arrays.

    python benchmarks/circuit.py [--neurons 1000 3000 5000 51978]

Each size runs in a separate process, so that its peak memory is its own. The ratios divide by the
time that nest.Connect takes, in the same process, for the same recurrent connections.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def seconds(call):
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def peak_MB():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def connect_raw(circuit):
    """Make all recurrent connections with one nest.Connect, static synapses."""
    import nest

    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.resolution = 1.0
    nest.Create("glif_psc", circuit.n_neurons, {"tau_syn": [5.5, 8.5, 2.8, 5.8]})
    table = circuit.tables.connectivity
    per_type = np.diff(circuit.edges.type_offsets)
    arrays = {
        "weight": circuit.edges.weight_pA,
        "delay": np.maximum(np.repeat(table.delay_ms, per_type), 1.0),
        "receptor_type": np.repeat(table.receptor.astype(np.int64), per_type),
    }
    source = circuit.edges.source.astype(np.int64) + 1
    target = circuit.edges.target.astype(np.int64) + 1
    elapsed, _ = seconds(
        lambda: nest.Connect(
            source, target, "one_to_one", {"synapse_model": "static_synapse", **arrays}
        )
    )
    return elapsed


def measure(n_neurons, seed):
    """Return the figures for one size, measured in this process."""
    from v1cortex.circuit import build_circuit
    from v1cortex.sonata import load_circuit, save_circuit

    build_circuit(10, seed)
    before = peak_MB()
    build, circuit = seconds(lambda: build_circuit(n_neurons, seed))
    built = peak_MB()
    with tempfile.TemporaryDirectory() as folder:
        save, _ = seconds(lambda: save_circuit(circuit, Path(folder) / "circuit"))
        size = sum(file.stat().st_size for file in (Path(folder) / "circuit").iterdir())
        load, loaded = seconds(lambda: load_circuit(Path(folder) / "circuit"))
    assert loaded.digest() == circuit.digest()
    return {
        "neurons": n_neurons,
        "connections": len(circuit.edges),
        "lgn_connections": len(circuit.lgn_edges),
        "build_s": build,
        "build_MB": built - before,
        "save_s": save,
        "load_s": load,
        "file_MB": size / 2**20,
        "connect_s": connect_raw(circuit),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=[1000, 3000, 5000, 51_978])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measure(arguments.one, arguments.seed)))
        return
    print(
        "neurons  connections  build s  s per million  peak MB  B/edge  save s  load s  "
        "nest.Connect s  build/Connect  load/Connect"
    )
    for n in arguments.neurons:
        command = [sys.executable, __file__, "--one", str(n), "--seed", str(arguments.seed)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        m = json.loads(output.splitlines()[-1])
        print(
            f"{m['neurons']:7d}  {m['connections']:11d}  {m['build_s']:7.2f}  "
            f"{m['build_s'] / m['connections'] * 1e6:13.2f}  {m['build_MB']:7.0f}  "
            f"{m['build_MB'] * 2**20 / m['connections']:6.0f}  {m['save_s']:6.2f}  "
            f"{m['load_s']:6.2f}  {m['connect_s']:14.2f}  "
            f"{m['build_s'] / m['connect_s']:13.1f}  {m['load_s'] / m['connect_s']:12.1f}"
        )


if __name__ == "__main__":
    main()
