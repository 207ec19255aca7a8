"""Membrane potentials during a drifting grating, and the effect of an injected current."""

import matplotlib.pyplot as plt
import numpy as np

import v1cortex as v1c
from v1cortex.nest import load_pynn

# %% A live network
circuit = v1c.build_circuit(n_neurons=500, seed=1)  # or: v1c.load_circuit("circuit")
network = v1c.Network.from_circuit(circuit)
sim = load_pynn()  # the module pyNN.nest

# %% Record ten cells, and inject a current into five of them
cells = network.populations["L4_E"]
cells[:10].record(["V_m", "spikes"])
current = sim.DCSource(amplitude=0.2, start=500.0, stop=1000.0)  # nA, ms
current.inject_into(cells[:5])

network.show(v1c.drifting_grating(45, 1000), seed=1)
network.simulate(1001)  # PyNN's recordings end 1 ms, the minimum delay, earlier

# %% What was recorded
segment = cells.get_data().segments[0]  # a Neo Segment
(potential,) = segment.analogsignals
print(f"potential: {potential.shape} samples in {potential.units.dimensionality}")
for name, chosen in (("with current", slice(0, 5)), ("without", slice(5, 10))):
    times_ms = np.concatenate([train.magnitude for train in segment.spiketrains[chosen]])
    first, then = np.count_nonzero(times_ms <= 500) / 5, np.count_nonzero(times_ms > 500) / 5
    print(f"{name}: {first:.1f} spikes a cell in the first 500 ms, then {then:.1f}")

# %% One cell with the current, and one without
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
for cell, name in ((0, "with current"), (9, "without")):
    axes.plot(potential.times.rescale("ms"), potential[:, cell], linewidth=0.8, label=name)
axes.axvspan(500, 1000, color="0.9", zorder=0)
axes.set(xlabel="time (ms)", ylabel="membrane potential (mV)")
axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
figure.savefig("record_and_inject.png", dpi=150)
