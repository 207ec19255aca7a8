"""Your own plasticity rule in PyNEST, and the same in PyNN, without the cortex model."""

import matplotlib.pyplot as plt
import numpy as np

import v1cortex as v1c
from v1cortex.nest import load_nest, load_pynn

# %% The rule
rule = v1c.Rule.of_terms(("all",), {"S_post*X_pre": 0.95, "S_pre*X_post": -1.0}, tau_E_ms=20.0)
print(rule.formula())

# %% In PyNEST
nest = load_nest()
synapses = v1c.plastic(rule, weight=50.0, delay=1.0, progress=print)  # pA, ms
noise = nest.Create("poisson_generator", params={"rate": 20.0})
inputs, neurons = nest.Create("parrot_neuron", 100), nest.Create(synapses.neuron_model, 10)
nest.Connect(noise, inputs)
nest.Connect(inputs, neurons, "all_to_all", synapses.syn_spec)
nest.Simulate(1000.0)
weights = nest.GetConnections(synapse_model=synapses.synapse_model).weight
print("PyNEST, mean weight in pA:", np.mean(weights))

# %% In PyNN
sim = load_pynn()
sim.setup(timestep=0.1, min_delay=0.1)  # resets the NEST kernel
cell, synapse, receptor = v1c.plastic_pynn(rule, weight=0.05, delay=1.0)  # nA, ms
cells = sim.Population(10, cell())
trains = sim.Population(100, sim.SpikeSourcePoisson(rate=20.0))
projection = sim.Projection(trains, cells, sim.AllToAllConnector(), synapse, receptor_type=receptor)
sim.run(1000.0)
print("PyNN, mean weight in nA:", np.mean(projection.get("weight", format="array")))

# %% Weights after a second, from 50 pA
figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
axes.hist(weights, bins=30, color="0.3")
axes.axvline(50.0, color="#d55e00", label="before")
axes.set(xlabel="weight in PyNEST (pA)", ylabel="synapses")
axes.legend(frameon=False)
figure.savefig("compiled_rule.png", dpi=150)
