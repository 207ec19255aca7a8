"""Weights of a plastic network: as arrays, as SONATA edges, and for starting a new network."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import v1cortex as v1c
from v1cortex.network import save_weights

# %% A network with a plasticity rule
out = Path("weights")
circuit = v1c.build_circuit(n_neurons=500, seed=1)
rule = v1c.load_rule("s_pre_x_post")
network = v1c.Network.from_circuit(circuit, rule, plastic="E->E", flush_ms=200.0)
network.show(v1c.drifting_grating(0, 1000))

# %% Weights while it runs
v1c.save_circuit(circuit, out / "before")
before = network.weights("L4_E", "L23_E")
for second in ("0.2", "0.6", "1.0"):
    # Weights are up to date whenever the network's time is a multiple of flush_ms.
    network.simulate(1000 * float(second) - network.time_ms)
    synapses = network.weights("L4_E", "L23_E")  # source, target, weight_pA
    print(f"{second} s: L4_E -> L23_E {np.mean(synapses.weight_pA):.3f} pA on average")
    save_weights(network.to_circuit(), out / f"weights_{second}s.h5")  # SONATA edges

# %% A circuit with these weights, and a network built from it
v1c.save_circuit(network.to_circuit(), out / "after")  # a whole circuit folder
again = v1c.Network.from_circuit(v1c.load_circuit(out / "after"))
same = np.allclose(again.weights("L4_E", "L23_E").weight_pA, synapses.weight_pA)
print(f"a network built from the saved circuit has these weights: {same}")

# %% How they moved
change = 100 * (synapses.weight_pA / before.weight_pA - 1)
figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
axes.hist(change[change != 0], bins=40, color="0.3")
axes.axvline(0.0, color="#d55e00", linewidth=1)
axes.set(xlabel="change of weights L4_E -> L23_E in 1 s (%)", ylabel="changed synapses")
figure.savefig("weights.png", dpi=150)
