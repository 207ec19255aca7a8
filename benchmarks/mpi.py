"""Memory per rank and speed: the same plastic network in one process and on several MPI ranks.

python benchmarks/mpi.py [--neurons 10000] [--ranks 1 2] [--ms 500]

Needs a NEST with MPI: `make nest-mpi` makes one, which is used if this environment's NEST has none.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MPI_PYTHON = Path(__file__).parents[1] / ".venv-mpi" / "bin" / "python"
LAUNCHER = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}


def private_MB():
    """Return the private memory of this process, without shared mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def measure(folder, virtual_processes, ms):
    """Build and run a circuit's network on this rank; the first rank prints all results."""
    import numpy as np

    from v1cortex.nest import load_nest, load_pynn, ranks
    from v1cortex.network import Network, NetworkSettings
    from v1cortex.rules import load_rule
    from v1cortex.sonata import load_circuit

    load_nest(), load_pynn()
    programs_MB = private_MB()
    begin = time.perf_counter()
    circuit = load_circuit(folder, mapped=ranks.size() > 1)
    settings = NetworkSettings(threads=virtual_processes)
    network = Network(circuit, load_rule("s_pre_x_post"), settings)
    network.simulate(50.0)
    built_s = time.perf_counter() - begin
    begin = time.perf_counter()
    network.simulate(ms)
    run_s = time.perf_counter() - begin
    row = np.array([[programs_MB, private_MB() - programs_MB, built_s, run_s]])
    rows = ranks.gather(row)[0]
    if ranks.is_first():
        print(json.dumps(rows.tolist()))


def run(python, number, folder, virtual_processes, ms):
    launcher = ["mpirun", "-n", str(number)] if number > 1 else []
    program = [python, __file__, "--measure", folder, str(virtual_processes), str(ms)]
    done = subprocess.run(
        [*launcher, *program], env={**os.environ, **LAUNCHER}, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    rows = json.loads(done.stdout.splitlines()[-1])
    programs_MB, network_MB, built_s, run_s = (max(column) for column in zip(*rows, strict=True))
    return programs_MB, network_MB, built_s, run_s


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--ms", type=float, default=500.0, help="biological time")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        folder, virtual_processes, ms = options.measure
        return measure(folder, int(virtual_processes), float(ms))

    from nestml_models.build import find_nest
    from v1cortex.circuit import build_circuit
    from v1cortex.sonata import save_circuit

    python = sys.executable if find_nest().has_mpi else str(MPI_PYTHON)
    if not Path(python).exists():
        print("NEST has no MPI here: run `make nest-mpi` first")
        return None
    compile_ = "from nestml_models.build.compiler import compile_general; compile_general()"
    subprocess.run([python, "-c", compile_], check=True)
    virtual_processes = max(options.ranks)
    with tempfile.TemporaryDirectory() as work:
        circuit = build_circuit(options.neurons, 1)
        save_circuit(circuit, f"{work}/circuit")
        print(
            f"{options.neurons} neurons, {len(circuit.edges):,} plastic connections, "
            f"{virtual_processes} virtual processes, {os.cpu_count()} cores"
        )
        del circuit
        first = None
        for number in options.ranks:
            row = run(python, number, f"{work}/circuit", virtual_processes, options.ms)
            first = first or row
            programs_MB, network_MB, built_s, run_s = row
            print(
                f"{number} rank(s) x {virtual_processes // number} thread(s): network "
                f"{network_MB:.0f} MB a rank (ratio {network_MB / first[1]:.2f}), programs "
                f"{programs_MB:.0f} MB; built in {built_s:.1f} s (ratio {built_s / first[2]:.2f}); "
                f"{run_s / options.ms * 1e3:.2f} s a biological second "
                f"(ratio {run_s / first[3]:.2f})"
            )
    return None


if __name__ == "__main__":
    main()
