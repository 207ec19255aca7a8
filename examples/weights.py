"""Weights of a plastic network: as arrays, as SONATA edges, and as the start of a new network."""

import sys
from pathlib import Path

import numpy as np

from v1cortex.circuit import build_circuit
from v1cortex.network import Network, save_weights
from v1cortex.rules import load_rule
from v1cortex.sonata import load_circuit, save_circuit
from v1cortex.stimuli import drifting_grating

out = Path(sys.argv[1] if len(sys.argv) > 1 else "weights")
circuit = build_circuit(n_neurons=500, seed=1)
network = Network.from_circuit(circuit, load_rule("s_pre_x_post"), plastic="E->E", flush_ms=200.0)
network.show(drifting_grating(0, 1000))

save_circuit(circuit, out / "before")
for second in ("0.2", "0.6", "1.0"):
    # Weights are up to date whenever the network's time is a multiple of flush_ms.
    network.simulate(1000 * float(second) - network.time_ms)
    synapses = network.weights("L4_E", "L23_E")  # source, target, weight_pA
    print(f"{second} s: L4_E -> L23_E {np.mean(synapses.weight_pA):.3f} pA on average")
    save_weights(network.to_circuit(), out / f"weights_{second}s.h5")  # SONATA edges

save_circuit(network.to_circuit(), out / "after")  # a whole circuit folder
again = Network.from_circuit(load_circuit(out / "after"))
same = np.allclose(again.weights("L4_E", "L23_E").weight_pA, synapses.weight_pA)
print(f"a network built from the saved circuit has these weights: {same}")
