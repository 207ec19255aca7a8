"""Time of the compiled neuron and synapse compared with NEST's own, in one run.

3000 neurons, 420,000 synapses, dt 1 ms, all synapses updated every 300 ms; processor time of the
single thread, which other work on the machine affects less than wall-clock time. Resting potentials
above threshold make every neuron fire regularly, at about 5 Hz on average, and the weights are too
small to matter: all variants thus have exactly the same spikes and differ only in their models.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("PYNEST_QUIET", "1")

import nest
import numpy as np

from nestml_models.build import CompiledModule, compile_general
from nestml_models.compiled import CompiledRule, compile_rule
from nestml_models.rule import TERMS, PlasticitySettings, Rule, ShortTerm, synapse_parameters

N_NEURONS, N_SYNAPSES = 3000, 420_000
WARM_UP_MS = 300.0
NEURON = {"C_m": 100.0, "g": 1.0, "E_L": -75.0, "V_reset": -75.0, "V_th": -45.0, "t_ref": 3.0}
SPECIALISED = (["S_pre"], ["S_pre*X_post"], ["X_pre"])
BACKGROUND_HZ, BACKGROUND_PA = 1000.0, 10.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", type=float, default=3000.0, help="biological time, ms")
    parser.add_argument("--repeats", type=int, default=3, help="the median is reported")
    arguments = parser.parse_args()
    module = compile_general(print)
    report_synapses(module, arguments.duration, arguments.repeats)
    report_neurons(module, arguments.duration, arguments.repeats)


def report_synapses(module: CompiledModule, duration_ms: float, repeats: int) -> None:
    """Print the times of all synapse variants."""
    variants = {
        "static_synapse": lambda: build_synapses("glif_psc", "static_synapse"),
        "stdp_synapse": lambda: build_synapses("glif_psc", "stdp_synapse"),
    }
    for label, names in {
        "nothing active": [],
        "S_pre": ["S_pre"],
        "S_pre*X_post": ["S_pre*X_post"],
        "X_pre": ["X_pre"],
        "all 25 terms": [term.name for term in TERMS],
    }.items():
        variants[f"general, {label}"] = lambda names=names: build_general(module, names)
    for names in SPECIALISED:
        compiled = compile_rule(Rule.of_terms(("all",), dict.fromkeys(names, 0.5)), print)
        label = f"specialised, {', '.join(names)}"
        variants[label] = lambda compiled=compiled: build_compiled(compiled)
    seconds = measure(variants, duration_ms, repeats)
    print(
        f"\n{N_NEURONS} neurons, {N_SYNAPSES} synapses, {duration_ms / 1000:g} s of biological time"
    )
    for name, (value, spikes, size) in seconds.items():
        static, stdp = seconds["static_synapse"][0], seconds["stdp_synapse"][0]
        print(
            f"  {name:26s} {value:6.2f} s  {value / static:5.2f} x static  "
            f"{value / stdp:5.2f} x stdp  {size:4d} B a synapse  {spikes:5.2f} Hz"
        )


def report_neurons(module: CompiledModule, duration_ms: float, repeats: int) -> None:
    """Print the times of the neuron with background, without synapses."""
    variants = {
        "glif_psc": lambda: build_neurons(module, "glif_psc"),
        "glif3_psc": lambda: build_neurons(module, module.neuron_model),
        "glif_psc + poisson_generator": lambda: build_with_generator("glif_psc"),
        "glif3_psc, own background": lambda: build_with_own_background(module),
    }
    seconds = measure(variants, duration_ms, repeats)
    print(f"\n{N_NEURONS} neurons, no synapses, {duration_ms / 1000:g} s of biological time")
    for name, (value, rate, _) in seconds.items():
        base = seconds["glif_psc"][0]
        print(f"  {name:30s} {value:6.2f} s  {value / base:5.2f} x glif_psc  {rate:5.2f} Hz")


def measure(variants, duration_ms, repeats) -> dict[str, tuple[float, float, int]]:
    """Return the median time, the mean rate and the bytes per synapse of each variant.

    The variants take turns, so that a change in the machine's load affects all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in variants}
    facts: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, build in variants.items():
            took_s, *facts[name] = measured(build, duration_ms)
            times[name].append(took_s)
    return {name: (statistics.median(times[name]), *facts[name]) for name in variants}


def measured(build, duration_ms: float) -> tuple[float, float, int]:
    """Return the processor time in s, the mean rate in Hz and the bytes of a synapse."""
    reset()
    model = build()
    nest.Simulate(WARM_UP_MS)
    start = time.process_time()
    nest.Simulate(duration_ms)
    took_s = time.process_time() - start
    # The counter begins anew with every Simulate.
    rate_Hz = nest.local_spike_counter / N_NEURONS / duration_ms * 1000
    return took_s, rate_Hz, nest.GetDefaults(model)["sizeof"] if model else 0


def reset() -> None:
    """Reset the simulator."""
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.set(resolution=1.0, rng_seed=1, min_delay=1.0, max_delay=5.0)


def create(neuron_model: str):
    """Create neurons that fire regularly, with intervals of 100 to 300 ms."""
    rng = np.random.default_rng(1)
    parameters = glif_psc_parameters() if neuron_model == "glif_psc" else NEURON
    neurons = nest.Create(neuron_model, N_NEURONS, parameters)
    tau_ms = NEURON["C_m"] / NEURON["g"]
    span_mV = NEURON["V_th"] - NEURON["V_reset"]
    interval_ms = rng.uniform(100.0, 300.0, N_NEURONS)
    neurons.E_L = NEURON["V_th"] + span_mV / np.expm1(interval_ms / tau_ms)
    neurons.V_m = rng.uniform(NEURON["V_reset"], NEURON["V_th"], N_NEURONS)
    return neurons


def connect(neurons, synapse_model: str) -> str:
    """Connect random pairs with weights too small to matter."""
    rng = np.random.default_rng(2)
    first = neurons[0].global_id
    nest.Connect(
        np.sort(rng.integers(0, N_NEURONS, N_SYNAPSES)) + first,
        rng.integers(0, N_NEURONS, N_SYNAPSES) + first,
        "one_to_one",
        {
            "synapse_model": synapse_model,
            "weight": np.full(N_SYNAPSES, 5e-7),
            "delay": rng.integers(1, 4, N_SYNAPSES).astype(float),
            "receptor_type": np.full(N_SYNAPSES, 1),
        },
    )
    return synapse_model


def build_synapses(neuron_model: str, synapse_model: str) -> str:
    """Build a network with NEST's own models."""
    neurons = create(neuron_model)
    if synapse_model == "stdp_synapse":
        nest.CopyModel(synapse_model, "small_stdp_synapse", {"Wmax": 1e-6, "lambda": 1e-5})
        synapse_model = "small_stdp_synapse"
    return connect(neurons, synapse_model)


def build_general(module: CompiledModule, names: list[str]) -> str:
    """Build a network with the compiled models and some terms active."""
    module.install()
    neurons = create(module.neuron_model)
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 300})
    rule = Rule.of_terms(("all",), dict.fromkeys(names, 0.5))
    settings = PlasticitySettings(learning_rate=1e-3)
    parameters = synapse_parameters(rule, "all", "all", settings, 1e-6, 1e-6, False)
    model = "plastic"
    nest.CopyModel(module.synapse_model, model, {**parameters, "volume_transmitter": transmitter})
    return connect(neurons, model)


def build_compiled(compiled: CompiledRule, short_term: ShortTerm | None = None) -> str:
    """Build a network whose synapses follow a compiled rule."""
    compiled.install()
    neurons = create(compiled.neuron_model)
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 300})
    settings = PlasticitySettings(learning_rate=1e-3)
    if "uses_X_pre" in nest.GetDefaults(compiled.synapse_model):  # the general synapse
        own = synapse_parameters(
            compiled.rule, "all", "all", settings, 1e-6, 1e-6, False, short_term
        )
        model = smallest_copy(compiled.module, own | {"volume_transmitter": transmitter})
    else:
        model = compiled.copy_model(
            "plastic",
            transmitter,
            reference_weight=1e-6,
            maximum_weight=1e-6,
            settings=settings,
            short_term=short_term,
        )
    return connect(neurons, model)


def smallest_copy(module: CompiledModule, parameters: dict) -> str:
    """Copy the general synapse in the variant that networks take for a rule without reward."""
    uses = {flag: parameters[flag] > 0 for flag in ("uses_X_pre", "uses_X_post", "uses_R")}
    nest.CopyModel(module.smallest_variant(**uses, has_rewards=False), "plastic", parameters)
    return "plastic"


def build_neurons(module: CompiledModule, neuron_model: str) -> None:
    """Build neurons without any input."""
    module.install()
    create(neuron_model)


def build_with_generator(neuron_model: str) -> None:
    """Build neurons, each with a Poisson generator."""
    neurons = nest.Create(neuron_model, N_NEURONS, glif_psc_parameters())
    generator = nest.Create("poisson_generator", params={"rate": BACKGROUND_HZ})
    nest.Connect(
        generator, neurons, syn_spec={"weight": BACKGROUND_PA, "delay": 1.0, "receptor_type": 1}
    )


def build_with_own_background(module: CompiledModule) -> None:
    """Build neurons that generate their own background."""
    module.install()
    background = {"background_rate": BACKGROUND_HZ, "background_weight_1": BACKGROUND_PA}
    nest.Create(module.neuron_model, N_NEURONS, {**NEURON, **background})


def glif_psc_parameters() -> dict[str, object]:
    """Return the parameters of glif_psc that make it the same neuron."""
    return {
        **NEURON,
        "spike_dependent_threshold": False,
        "after_spike_currents": True,
        "adapting_threshold": False,
        "asc_init": [0.0, 0.0],
        "asc_amps": [0.0, 0.0],
        "asc_decay": [0.1, 0.01],
        "asc_r": [1.0, 1.0],
        "tau_syn": [5.5, 8.5, 2.8, 5.8],
    }


if __name__ == "__main__":
    main()
