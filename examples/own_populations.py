"""Your own PyNN population that drives the cortex, and one that listens to it."""

import matplotlib.pyplot as plt
import numpy as np

import v1cortex as v1c
from v1cortex.nest import load_pynn

# %% The cortex
network = v1c.Network.from_circuit(v1c.build_circuit(n_neurons=500, seed=1))
sim = load_pynn()  # the module pyNN.nest
cortex = network.populations["L23_E"]

# %% A population that drives it, and one that listens
feedback = sim.Population(50, sim.SpikeSourcePoisson(rate=10.0, start=500.0), label="feedback")
sim.Projection(
    feedback,
    cortex,
    sim.FixedProbabilityConnector(0.2),
    sim.StaticSynapse(weight=0.02, delay=3.0),  # nA, ms; negative for I->E and I->I
    receptor_type="E->E",  # one of E->E, I->E, E->I, I->I
)
readout = sim.Population(1, sim.IF_curr_exp(tau_m=20.0, tau_syn_E=5.0), label="readout")
sim.Projection(
    cortex,
    readout,
    sim.AllToAllConnector(),
    sim.StaticSynapse(weight=0.3, delay=1.0),
    receptor_type="excitatory",
)
# %% Record and simulate
cortex.record("spikes")
readout.record("spikes")

network.show(v1c.gray_movie(1000))
network.simulate(1001)  # PyNN's recordings end 1 ms, the minimum delay, earlier

# %% Spikes before and with the feedback
figure, axes = plt.subplots(2, sharex=True, figsize=(6, 3.5), layout="constrained")
for panel, population in zip(axes, (cortex, readout), strict=True):
    trains = population.get_data("spikes").segments[0].spiketrains
    times_ms = np.concatenate([train.magnitude for train in trains])
    n_before, n_after = np.count_nonzero(times_ms <= 500), np.count_nonzero(times_ms > 500)
    print(f"{population.label}: {n_before} spikes before the feedback, {n_after} with it")
    panel.hist(times_ms, bins=np.arange(0, 1001, 20), color="0.3")
    panel.axvspan(500, 1000, color="0.9", zorder=0)
    panel.set(ylabel=f"{population.label}\nspikes in 20 ms")
axes[-1].set(xlabel="time (ms); with feedback from 500 ms")
figure.savefig("own_populations.png", dpi=150)
