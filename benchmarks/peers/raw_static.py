"""A static circuit in raw PyNEST with NEST's own models, as written without v1cortex.

glif_psc neurons, poisson_generator for background and LGN, static_synapse; no stimulus, no
read-out, no score. An LGN unit fires at its mean rate, and each of its spikes goes to all its
targets, so it needs a parrot_neuron: a poisson_generator alone gives every target its own train.
"""

import nest
import numpy as np

from v1cortex.circuit import LGN_DELAY_MS
from v1cortex.network import neuron_parameters, rounded_delays_ms

DT_MS = 1.0


def build(circuit, calibration, lgn_rates_Hz):
    """Build the circuit; `lgn_rates_Hz` has one rate per LGN unit."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    delays_ms = rounded_delays_ms(circuit, DT_MS)
    nest.set(resolution=DT_MS, rng_seed=1)
    nest.set(min_delay=float(delays_ms.min()), max_delay=20.0)
    neurons = _neurons(circuit, calibration)
    ids = np.asarray(neurons.tolist())
    edges = circuit.edges
    for row in range(len(delays_ms)):
        own = circuit.edges_of(row)
        if own.stop > own.start:
            receptor = circuit.tables.connectivity.receptor[row]
            _connect(
                ids[edges.source[own]],
                ids[edges.target[own]],
                edges.weight_pA[own] * calibration.recurrent_scale[row],
                delays_ms[row],
                np.full(own.stop - own.start, receptor),
            )
    _background(circuit, calibration, neurons)
    generators = nest.Create("poisson_generator", len(lgn_rates_Hz))
    generators.rate = lgn_rates_Hz
    relays = nest.Create("parrot_neuron", len(lgn_rates_Hz))
    nest.Connect(generators, relays, "one_to_one", {"delay": DT_MS})
    lgn = circuit.lgn_edges
    delay_ms = max(DT_MS, round(LGN_DELAY_MS / DT_MS) * DT_MS)
    relay_ids = np.asarray(relays.tolist())
    _connect(relay_ids[lgn.source], ids[lgn.target], lgn.weight_pA, delay_ms, lgn.receptor)
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    return recorder


def _neurons(circuit, calibration):
    values = neuron_parameters(circuit, calibration)
    shared = ("C_m", "g", "E_L", "V_reset", "V_th", "t_ref")
    neurons = nest.Create(
        "glif_psc",
        circuit.n_neurons,
        {
            "spike_dependent_threshold": False,
            "after_spike_currents": True,
            "adapting_threshold": False,
            "tau_syn": [5.5, 8.5, 2.8, 5.8],
        },
    )
    neurons.set(
        [
            {
                **{name: float(values[name][k]) for name in shared},
                "V_m": float(values["E_L"][k]),
                "asc_init": [0.0, 0.0],
                "asc_amps": [float(values[f"asc_amp_{a}"][k]) for a in (1, 2)],
                "asc_decay": [1 / float(values[f"asc_tau_{a}"][k]) for a in (1, 2)],
                "asc_r": [1.0, 1.0],
            }
            for k in range(circuit.n_neurons)
        ]
    )
    return neurons


def _background(circuit, calibration, neurons):
    values = neuron_parameters(circuit, calibration)
    source = nest.Create("poisson_generator", params={"rate": calibration.background_rate_Hz})
    ids = np.asarray(neurons.tolist())
    for receptor in (1, 3):
        weight_pA = values[f"background_weight_{receptor}"]
        chosen = weight_pA > 0
        _connect(
            np.full(np.count_nonzero(chosen), source.tolist()[0]),
            ids[chosen],
            weight_pA[chosen],
            DT_MS,
            np.full(np.count_nonzero(chosen), receptor),
        )


def _connect(source, target, weight_pA, delay_ms, receptor):
    nest.Connect(
        source,
        target,
        "one_to_one",
        {
            "synapse_model": "static_synapse",
            "weight": weight_pA,
            "delay": np.full(len(target), float(delay_ms)),
            "receptor_type": np.asarray(receptor, dtype=np.int64),
        },
    )
