"""Where an evaluation's time goes, and ratios to other programs: the chart of `docs/measured.md`.

python benchmarks/time_chart.py profile [--neurons 1000 3000] [--rules none ...] [--trials 20]
python benchmarks/time_chart.py draw

``profile`` samples one evaluation of each kind with Linux's ``perf`` and writes the shares of its
processor time to `benchmarks/results/time_shares.csv`. ``draw`` plots them beside the ratios in
`benchmarks/results/peer_ratios.csv`, whose rows name the command that measured each, to
`docs/images/time.png`. Without an argument the script prints the shares there are, so that
``make bench`` can run it.
"""

import argparse
import csv
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARES, RATIOS = HERE / "results" / "time_shares.csv", HERE / "results" / "peer_ratios.csv"
PICTURE = HERE.parent / "docs" / "images" / "time.png"

PARTS = {
    "random numbers": r"RandomGenerator|mersenne|poisson_distribution",
    "LGN": r"SpikeProjector|spike_generator",
    "neurons": r"glif3_psc_\w+::(update_|set_spiketime)",
    "synapses": r"plastic_synapse|StaticSynapse|send_to_targets",
    "NEST's loops": r"nestkernel|libnest|glif3_psc_",
    "Python": r"",
}
"""Parts of the time, and patterns of their symbols or libraries; the first that fits counts."""


def worker(n_neurons, rule_name, trials):
    """Evaluate once to fill the caches, and again after a line on the standard input."""
    from v1cortex.circuit import build_circuit
    from v1cortex.evaluation import Protocol, evaluate
    from v1cortex.rules import load_rule

    circuit, rule = build_circuit(n_neurons, 1), load_rule(rule_name)

    def protocol(n_trials):
        counts = {"training_trials": n_trials, "validation_trials": n_trials}
        return Protocol(preset="paper", threshold_trials=0, **counts)

    evaluate(circuit, rule, protocol(4), 1)
    print("ready", flush=True)
    for _ in sys.stdin:
        evaluate(circuit, rule, protocol(trials), 1)
        print("done", flush=True)


def profile(n_neurons, rule, trials):
    """Return the share of each part in the processor time of an evaluation."""
    words = [__file__, "worker", "--neurons", n_neurons, "--rules", rule, "--trials", trials]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        wait_for(process, "ready")
        data = f"{folder}/perf.data"
        record = ["perf", "record", "-q", "-F", "999", "-e", "cpu-clock", "-o", data]
        sampler = subprocess.Popen([*record, "-p", str(process.pid)])
        time.sleep(1.0)
        process.stdin.write("go\n")
        process.stdin.flush()
        wait_for(process, "done")
        sampler.send_signal(signal.SIGINT)
        sampler.wait()
        process.stdin.close()
        report = ["perf", "report", "-i", data, "--stdio", "-F", "overhead,dso,sym"]
        text = subprocess.run(report, capture_output=True, text=True, check=True).stdout
    return shares(text)


def wait_for(process, word):
    for line in process.stdout:
        if line.strip() == word:
            return
    sys.exit("the worker ended; its message is above")


def shares(report):
    """Add up the lines of a report of perf by part."""
    found = dict.fromkeys(PARTS, 0.0)
    for percent, line in re.findall(r"^\s*([\d.]+)%\s+(.*)$", report, flags=re.MULTILINE):
        part = next(name for name, pattern in PARTS.items() if re.search(pattern, line))
        found[part] += float(percent)
    total = sum(found.values())
    return {name: value / total for name, value in found.items()}


def measure(options):
    if shutil.which("perf") is None:
        sys.exit("needs Linux's perf (Debian package linux-perf)")
    rows = []
    for n_neurons in options.neurons:
        for rule in options.rules:
            found = profile(n_neurons, rule, options.trials)
            rows += [
                {"neurons": n_neurons, "rule": rule, "part": part, "share": f"{share:.3f}"}
                for part, share in found.items()
            ]
    SHARES.parent.mkdir(exist_ok=True)
    with SHARES.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["neurons", "rule", "part", "share"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def show():
    for row in rows_of(SHARES):
        print(f"{row['neurons']:>5s} neurons, {row['rule']:14s} {row['part']:16s} {row['share']}")


def draw():
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    rows, ratios = rows_of(SHARES), rows_of(RATIOS)
    kinds = list(dict.fromkeys((row["rule"], row["neurons"]) for row in rows))
    labels = [f"{'static' if rule == 'none' else 'learning'}, {n}" for rule, n in kinds]
    figure, (parts, peers) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    left = [0.0] * len(kinds)
    for k, part in enumerate(PARTS):
        own = {(row["rule"], row["neurons"]): row for row in rows if row["part"] == part}
        width = [100 * float(own[kind]["share"]) for kind in kinds]
        parts.barh(labels, width, left=left, color=f"C{k}", label=part)
        left = [a + b for a, b in zip(left, width, strict=True)]
    parts.set(xlabel="% of an evaluation's processor time", xlim=(0, 100))
    parts.invert_yaxis()
    parts.legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    values = [float(row["ratio"]) for row in ratios]
    bars = peers.barh([row["what"] for row in ratios], values, color="C0")
    peers.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    peers.axvline(1.0, color="0.4", linewidth=0.8)
    peers.set(xlabel="processor time, ours / theirs", xlim=(0, 1.2 * max(1.0, *values)))
    peers.invert_yaxis()
    peers.tick_params(labelsize=8)
    figure.savefig(PICTURE, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", nargs="?", choices=("profile", "draw", "worker"))
    parser.add_argument("--neurons", type=int, nargs="+", default=[1000, 3000])
    parser.add_argument("--rules", nargs="+", default=["none", "s_pre_x_post"])
    parser.add_argument("--trials", type=int, default=20)
    options = parser.parse_args()
    if options.action == "worker":
        worker(options.neurons[0], options.rules[0], options.trials)
    elif options.action == "profile":
        measure(options)
    elif options.action == "draw":
        draw()
    else:
        show()


if __name__ == "__main__":
    main()
