"""The plastic network of a circuit in Brian2: environment, arrays and results."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from nestml_models.build import cache_directory
from v1cortex.network import neuron_parameters
from v1cortex.tables import POPULATIONS

REQUIREMENTS = ("brian2>=2.9,<3", "numpy<2.4")
SCRIPT = Path(__file__).with_name("brian2_network.py")
TAU_SYN_MS = {1: 5.5, 2: 8.5, 3: 2.8, 4: 5.8}
LGN_DELAY_MS = 2.0


def environment(create):
    """Return the environment's Python with Brian2; None if missing and not to be created."""
    folder = cache_directory() / "brian2"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        if not create:
            return None
        print(f"installing Brian2 in {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *REQUIREMENTS], check=True, env=_environment())
        (folder / "installed").touch()
    return python


def _environment():
    """Return the variables of this process without the path to this program's packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def propagators(circuit, calibration, dt_ms=1.0):
    """Return the constants of every neuron's exact update, as in the NESTML model."""
    p = neuron_parameters(circuit, calibration)
    tau_m = p["C_m"] / p["g"]
    decay = np.exp(-dt_ms / tau_m)
    constants = {
        "E_L": p["E_L"],
        "V_th": p["V_th"],
        "P_V": decay,
        "P_ext": (1 - decay) / p["g"],
        "refractory_steps": np.round(p["t_ref"] / dt_ms),
        "background_1": p["background_weight_1"] * np.e / TAU_SYN_MS[1],
        "background_3": p["background_weight_3"] * np.e / TAU_SYN_MS[3],
    }
    for k, tau_ms in TAU_SYN_MS.items():
        x = dt_ms / tau_ms - dt_ms / tau_m
        x = np.where(np.abs(x) < 1e-4, 1e-4, x)
        constants[f"P_V_I_{k}"] = -np.expm1(-x) / x * decay * dt_ms / p["C_m"]
        constants[f"P_V_D_{k}"] = (1 - (1 + x) * np.exp(-x)) / x**2 * decay * dt_ms**2 / p["C_m"]
    for k in (1, 2):
        tau_ms = p[f"asc_tau_{k}"]
        constants[f"P_asc_{k}"] = np.exp(-dt_ms / tau_ms)
        constants[f"mean_{k}"] = tau_ms / dt_ms * -np.expm1(-dt_ms / tau_ms)
        constants[f"rest_{k}"] = np.exp(-p["t_ref"] / tau_ms)
        constants[f"amp_{k}"] = p[f"asc_amp_{k}"]
    return constants


def export(network, lgn_spikes, duration_ms, file):
    """Write a plastic network with the pair rule `stdp` for the script to read.

    Parameters
    ----------
    network
        The network in NEST, with steps of 1 ms and no cap on weight changes.
    lgn_spikes
        Unit and step of each LGN spike.
    duration_ms
        Simulated time.
    file
        File to write.
    """
    circuit, calibration = network.circuit, network.calibration
    table, edges, lgn = circuit.tables.connectivity, circuit.edges, circuit.lgn_edges
    per_type = np.diff(edges.type_offsets)
    scale = network.settings.plasticity.scale("spike_trace")
    bounds = [network.plastic.bounds_pA(row) if n else (0, 0) for row, n in enumerate(per_type)]
    reference_pA, largest_pA = np.array(bounds).T
    w_max = network.settings.plasticity.bound_factor * largest_pA
    rule, (pre, post) = network.plastic.rule, POPULATIONS[:2]
    unit, step = lgn_spikes
    background_per_ms = calibration.background_rate_Hz * 1e-3
    np.savez(
        file,
        **{f"n_{name}": values for name, values in propagators(circuit, calibration).items()},
        **{f"P_{k}": np.exp(-1.0 / tau_ms) for k, tau_ms in TAU_SYN_MS.items()},
        **{f"rise_{k}": np.e / tau_ms for k, tau_ms in TAU_SYN_MS.items()},
        P_x=np.exp(-1.0 / rule.tau_E_ms[0]),
        background=background_per_ms,
        source=edges.source,
        target=edges.target,
        weight=np.abs(edges.weight_pA) * np.repeat(calibration.recurrent_scale, per_type),
        delay=np.repeat(network._delays_ms, per_type),
        receptor=np.repeat(table.receptor, per_type),
        A=np.repeat(scale * reference_pA, per_type),
        w_max=np.repeat(w_max, per_type),
        ratio=_ratio(rule, pre, post),
        n_units=len(circuit.lgn_units),
        lgn_unit=unit,
        lgn_step=step,
        lgn_source=lgn.source,
        lgn_target=lgn.target,
        lgn_weight=lgn.weight_pA,
        lgn_receptor=lgn.receptor,
        lgn_delay=LGN_DELAY_MS,
        duration_ms=duration_ms,
    )


def _ratio(rule, pre, post):
    """Return the ratio of potentiation to depression of the pair rule."""
    from nestml_models.rule import TERMS

    terms = {each.name: each for each in TERMS}
    pair = rule.type_index(pre), rule.type_index(post)
    return -rule.coefficient(terms["S_post*X_pre"], *pair) / rule.coefficient(
        terms["S_pre*X_post"], *pair
    )


def compile_program(python, file, folder):
    """Make Brian2 write and compile the network's program."""
    command = [str(python), str(SCRIPT), str(file), str(folder)]
    subprocess.run(command, check=True, env=_environment())


def run(folder):
    """Run the program; return processor seconds of its run, spikes, and the mean weight in pA."""
    subprocess.run(["./main"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found = Path(folder) / "results"
    seconds = float((found / "processor_s.txt").read_text())
    (spikes,) = found.glob("_dynamic_array_spikemonitor_t_*")
    weights = [
        np.fromfile(path)
        for path in found.glob("_dynamic_array_plastic_*_w_*")
        if "w_max" not in path.name
    ]
    return seconds, spikes.stat().st_size // 8, float(np.concatenate(weights).mean())
