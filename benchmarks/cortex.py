"""Building and simulating the circuit, compared with other tools and as it grows.

    python benchmarks/cortex.py [PART ...] [--brian2] [--program FOLDER] [--rounds 3]

Parts:

    build    3000 neurons from tables to a network in NEST, compared with plain NumPy sampling and
             nest.Connect, PyNN's stock connectors, and BMTK's NetworkBuilder with PointNet
    brian2   the same network with the same pair rule in Brian2's cpp_standalone, one thread each
    growth   time and memory from 500 neurons up, plotted in docs/images/growth.png
    core     the 51,978-neuron core with plastic synapses: build, and 1 s simulated
    full     the full model of 230,924 neurons, static: build, and 1 s simulated

Without a part: build and growth. Brian2 needs its own environment; --brian2 makes it in the
cache folder. Contestants take turns, each measurement is the shortest of its rounds, and ratios are
of figures from the same run. For the comparison with Brian2 both should have huge pages, as
searches have them: GLIBC_TUNABLES=glibc.malloc.hugetlb=1.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PARTS = ("build", "brian2", "growth", "core", "full")
GROWTH = (500, 1000, 3000, 10_000, 30_000)
CORE, FULL = 51_978, 230_924
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "growth.png"


def seconds(call):
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def shortest(rounds, contestants):
    """Let contestants take turns; return the shortest time of each."""
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            times[name].append(seconds(call)[0])
    return {name: min(found) for name, found in times.items()}


# ---- build ---------------------------------------------------------------------------------------


def compare_build(n_neurons, rounds):
    """Print how long other tools take for the same circuit, relative to ours."""
    from peers import bmtk_pointnet, pynn_stock, raw

    from nestml_models.build import compile_general
    from v1cortex.circuit import build_circuit
    from v1cortex.nest import load_nest
    from v1cortex.network import Network, calibration_for
    from v1cortex.rules import load_rule

    module, circuit = compile_general(), build_circuit(n_neurons, 1)
    calibration, nest = calibration_for(circuit, "mouse-classes"), load_nest()
    Network.from_circuit(build_circuit(500, 1), load_rule("s_pre"))  # imports and loads all

    def plain():
        nest.ResetKernel()
        nest.resolution = 1.0
        raw.connect(*raw.sample(n_neurons, 1, circuit.tables), n_neurons)

    def bmtk():
        with tempfile.TemporaryDirectory() as folder:
            bmtk_pointnet.write(circuit, calibration, folder)
            bmtk_pointnet.load(folder)
        assert nest.num_connections == len(circuit.edges)

    def stock():
        pynn_stock.build(circuit, calibration, module)
        assert nest.num_connections == len(circuit.edges) + len(circuit.lgn_edges)

    fast = {
        "sampling": lambda: build_circuit(n_neurons, 1),
        "static": lambda: Network.from_circuit(circuit),
        "plastic": lambda: Network.from_circuit(circuit, load_rule("s_pre")),
        "plain": plain,
    }
    slow = {
        "lists": stock,
        "distance": lambda: pynn_stock.sample_and_build(circuit, calibration, module),
        "bmtk": bmtk,
    }
    before = shortest(rounds, fast)
    took = shortest(1, slow)
    took |= {name: min(before[name], after) for name, after in shortest(rounds, fast).items()}
    sampled = took["sampling"]
    print(f"{n_neurons} neurons, {len(circuit.edges):,} + {len(circuit.lgn_edges):,} connections")
    for name in ("static", "plastic"):
        ratio = (sampled + took[name]) / took["plain"]
        print(f"tables to {name} network / plain NumPy and nest.Connect = {ratio:.2f}")
    rows = (
        ("PyNN FromListConnector", took["lists"], took["static"]),
        ("PyNN FromListConnector, sampling on both sides", *_plus(took, "lists", sampled)),
        ("PyNN DistanceDependentProbabilityConnector", took["distance"], _ours(took)),
        ("BMTK NetworkBuilder + PointNet (no LGN)", took["bmtk"], took["static"]),
        ("BMTK, sampling on both sides", *_plus(took, "bmtk", sampled)),
    )
    for name, theirs, ours in rows:
        print(f"{name} / ours = {theirs / ours:.0f}")
    print("seconds in this run: " + ", ".join(f"{k} {v:.2f}" for k, v in took.items()))


def _ours(took):
    return took["sampling"] + took["static"]


def _plus(took, name, sampled):
    return took[name] + sampled, _ours(took)


# ---- Brian2 --------------------------------------------------------------------------------------


def compare_brian2(n_neurons, ms, rounds, create, program):
    """Print how long NEST with our models takes for a plastic network, relative to Brian2.

    Both in seconds of the processor for the run alone, after all synapses have been created.
    """
    from peers import brian2_program as brian2

    from v1cortex.circuit import build_circuit

    python = brian2.environment(create)
    if python is None:
        print("Brian2 is not there: add --brian2 to install it in the cache folder")
        return
    circuit = build_circuit(n_neurons, 1)
    spikes = lgn_spikes(circuit, ms)
    with tempfile.TemporaryDirectory() as work:
        network, program = pair_rule_network(circuit), program or Path(work) / "program"
        brian2.export(network, spikes, ms, f"{work}/arrays.npz")
        if not (program / "main").exists():
            took_s, _ = seconds(
                lambda: brian2.compile_program(python, f"{work}/arrays.npz", program)
            )
            print(f"Brian2 took {took_s:.0f} s to write and compile its program")
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(run_pair_rule(circuit, spikes, ms))
            theirs.append(brian2.run(program))
    ours_s, theirs_s = (min(each[0] for each in found) for found in (ours, theirs))
    print(f"{n_neurons} neurons, {len(circuit.edges):,} plastic connections, pair rule, {ms:g} ms")
    ratios = [mine[0] / other[0] for mine, other in zip(ours, theirs, strict=True)]
    print(
        f"NEST, our models / Brian2 cpp_standalone = {statistics.median(ratios):.2f} "
        f"(rounds {min(ratios):.2f} to {max(ratios):.2f}, shortest {ours_s / theirs_s:.2f})"
    )
    for name, took_s, (_, n_spikes, mean_pA) in (
        ("NEST", ours_s, ours[0]),
        ("Brian2", theirs_s, theirs[0]),
    ):
        rate_Hz = n_spikes / n_neurons / ms * 1e3
        print(
            f"{name}: {took_s / ms * 1e3:.3f} s a biological second, {rate_Hz:.2f} Hz, "
            f"mean weight {mean_pA:.2f} pA afterwards"
        )


def lgn_spikes(circuit, ms):
    """Return unit and step of LGN spikes under a drifting grating, at most one a step."""
    from v1cortex.lgn import firing_rates_Hz, poisson_spikes

    rates_Hz = firing_rates_Hz(circuit.lgn_units, circuit.tables, grating(ms))
    unit, step = poisson_spikes(rates_Hz, 1.0, np.random.default_rng(1))
    code = np.unique(unit.astype(np.int64) * int(ms) + step)
    return (code // int(ms)).astype(np.int32), code % int(ms)


def grating(ms):
    from v1cortex.stimuli import drifting_grating

    return drifting_grating(0.0, int(ms))


def pair_rule_network(circuit):
    """Return a network of additive pair-based plasticity with hard bounds, and no cap."""
    from nestml_models.rule import PlasticitySettings
    from v1cortex.network import Network
    from v1cortex.rules import load_rule

    uncapped = PlasticitySettings(max_fraction=None)
    return Network.from_circuit(circuit, load_rule("stdp"), plasticity=uncapped)


def run_pair_rule(circuit, spikes, ms):
    """Return processor seconds, spikes, and the mean weight of a sample afterwards, in pA."""
    from v1cortex.nest import load_nest, record_spikes

    network, nest = pair_rule_network(circuit), load_nest()
    recorder = nest.Create("spike_recorder")
    record_spikes(network.neurons, recorder)
    nest.Prepare()  # Brian2's time is that of its run, after all synapses have been created
    network.lgn.set_spikes(*spikes, network.time_ms)
    begin = time.process_time()
    nest.Run(ms)
    took_s = time.process_time() - begin
    nest.Cleanup()
    samples = [network.plastic.sample(row, 1000) for row in network.plastic.models]
    sizes = np.diff(circuit.edges.type_offsets)[list(network.plastic.models)]
    mean_pA = float(np.average([sample.weight_pA.mean() for sample in samples], weights=sizes))
    return took_s, recorder.n_events, mean_pA


# ---- growth --------------------------------------------------------------------------------------


def measure(n_neurons, rule_name, ms, threads):
    """Return time and memory of one network, measured in this process."""
    from v1cortex.circuit import build_circuit
    from v1cortex.lgn import firing_rates_Hz, poisson_spikes
    from v1cortex.nest import load_nest, load_pynn, record_spikes
    from v1cortex.network import Network
    from v1cortex.rules import load_rule

    nest, _ = load_nest(), load_pynn()
    programs_MB, start_cpu_s = memory_MB("RssAnon"), time.process_time()
    sample_s, circuit = seconds(lambda: build_circuit(n_neurons, 1))
    network_s, network = seconds(
        lambda: Network.from_circuit(circuit, load_rule(rule_name), threads=threads)
    )
    prepare_s, _ = seconds(lambda: network.simulate(1.0))
    build_cpu_s = time.process_time() - start_cpu_s
    built_MB, peak_build_MB = memory_MB("RssAnon"), memory_MB("VmHWM")
    recorder = nest.Create("spike_recorder")
    record_spikes(network.neurons, recorder)
    lgn_s, rates_Hz = seconds(
        lambda: firing_rates_Hz(circuit.lgn_units, circuit.tables, grating(ms), cache=False)
    )
    unit, step = poisson_spikes(rates_Hz, 1.0, np.random.default_rng(1))
    network.lgn.set_spikes(unit, step, network.time_ms)
    recorder.n_events = 0
    before_s = time.process_time()
    run_s, _ = seconds(lambda: network.simulate(ms))
    run_cpu_s = time.process_time() - before_s
    return {
        "neurons": n_neurons,
        "connections": len(circuit.edges),
        "lgn_connections": len(circuit.lgn_edges),
        "rule": rule_name,
        "threads": threads,
        "sample_s": sample_s,
        "build_s": sample_s + network_s + prepare_s,
        "build_cpu_s": build_cpu_s,
        "lgn_s": lgn_s,
        "run_s": run_s,
        "run_cpu_s": run_cpu_s,
        "ms": ms,
        "rate_Hz": recorder.n_events / n_neurons / ms * 1e3,
        "programs_MB": programs_MB,
        "built_MB": built_MB,
        "peak_build_MB": peak_build_MB,
        "peak_MB": memory_MB("VmHWM"),
    }


def memory_MB(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def measured_apart(n_neurons, rule_name, ms, threads):
    """Measure in a separate process, so that the memory is its own; print a line."""
    command = [sys.executable, __file__, "--one", str(n_neurons), rule_name, str(ms), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found = json.loads(done.stdout.splitlines()[-1])
    print(described(found), flush=True)
    return found


def described(found):
    """Return a line that describes one measured network."""
    per_second = 1e3 / found["ms"]
    GB = {name: found[f"{name}_MB"] / 1024 for name in ("peak_build", "built", "peak")}
    parts = (
        f"{found['neurons']:,} neurons, {found['connections']:,} connections",
        f"rule {found['rule']}, {found['threads']} thread(s)",
        f"build {found['build_s']:.1f} s (processor {found['build_cpu_s']:.1f} s)",
        f"sampling {found['sample_s']:.1f} s",
        f"{GB['peak_build']:.2f} GB at most, {GB['built']:.2f} GB held",
        f"LGN {found['lgn_s']:.1f} s",
        f"a biological second {found['run_s'] * per_second:.1f} s "
        f"(processor {found['run_cpu_s'] * per_second:.2f} s)",
        f"{found['rate_Hz']:.1f} Hz",
        f"with recording {GB['peak']:.2f} GB at most",
    )
    return "; ".join(parts)


def plot_growth(rows, path):
    """Plot time and memory against the number of neurons."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, (times, memory) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for rule_name, label, style in (("none", "static", "o-"), ("s_pre_x_post", "plastic", "s--")):
        own = sorted((row for row in rows if row["rule"] == rule_name), key=lambda r: r["neurons"])
        if not own:
            continue
        neurons = [row["neurons"] for row in own]
        per_second = [row["run_cpu_s"] / row["ms"] * 1e3 for row in own]
        times.loglog(
            neurons, [row["build_cpu_s"] for row in own], f"C0{style}", label=f"build, {label}"
        )
        times.loglog(neurons, per_second, f"C1{style}", label=f"1 s simulated, {label}")
        peak_GB = [row["peak_MB"] / 1024 for row in own]
        memory.loglog(neurons, peak_GB, f"C2{style}", label=f"at most, {label}")
    every = sorted({(row["neurons"], row["connections"]) for row in rows})
    neurons, connections = zip(*every, strict=True)
    memory.loglog(
        neurons, np.array(connections) * 32 / 2**30, "k:", label="32 B a connection (NEST, static)"
    )
    times.set(xlabel="neurons", ylabel="seconds", title="time of the processor")
    memory.set(xlabel="neurons", ylabel="GB", title="memory")
    for axes in (times, memory):
        axes.legend(frameon=False, fontsize=8)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
    print(f"written {path}")


def growth(include):
    """Measure and plot how time and memory grow, up to the sizes of the given parts."""
    rows = []
    for n_neurons in GROWTH if "growth" in include else ():
        for rule_name in ("none", "s_pre_x_post"):
            rows.append(measured_apart(n_neurons, rule_name, 500.0, 1))
    if "core" in include:
        for rule_name in ("none", "s_pre_x_post"):
            rows.append(measured_apart(CORE, rule_name, 1000.0, 1))
    if "full" in include:
        rows.append(measured_apart(FULL, "none", 1000.0, 2))
    if "growth" in include:
        plot_growth(rows, PICTURE)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=["build", "growth"], metavar="PART")
    parser.add_argument("--brian2", action="store_true", help="install Brian2 if it is missing")
    parser.add_argument(
        "--program",
        type=Path,
        help="folder of Brian2's program for these neurons and this time; compiled if it is empty",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--neurons", type=int, default=3000, help="for build and brian2")
    parser.add_argument("--ms", type=float, default=2000.0, help="biological time, for brian2")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        n_neurons, rule_name, ms, threads = options.one
        print(json.dumps(measure(int(n_neurons), rule_name, float(ms), int(threads))))
        return
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if "build" in options.parts:
        compare_build(options.neurons, options.rounds)
    if "brian2" in options.parts or options.brian2:
        compare_brian2(options.neurons, options.ms, options.rounds, options.brian2, options.program)
    growth(options.parts)


if __name__ == "__main__":
    main()
