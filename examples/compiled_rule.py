"""Your own plasticity rule in PyNEST, and the same in PyNN, without the cortex model."""

import numpy as np

import v1cortex as v1c
from v1cortex.nest import CompiledSynapse, cell_type, load_nest, load_pynn

rule = v1c.Rule.of_terms(("all",), {"S_post*X_pre": 0.95, "S_pre*X_post": -1.0}, tau_E_ms=20.0)
print(rule.formula())
compiled = v1c.compile_rule(rule, print, specialised=False)  # True: a model of these terms only
weights = {"reference_weight": 50.0, "maximum_weight": 50.0}  # mean and largest initial, pA

nest = load_nest()
compiled.install()
noise = nest.Create("poisson_generator", params={"rate": 20.0})
inputs, neurons = nest.Create("parrot_neuron", 100), nest.Create(compiled.neuron_model, 10)
transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 100})
model = compiled.copy_model("my_rule", transmitter, **weights)
nest.Connect(noise, inputs)
syn = {"synapse_model": model, "weight": 50, "receptor_type": 1}
nest.Connect(inputs, neurons, "all_to_all", syn)
nest.Simulate(1000.0)
print("PyNEST, mean weight in pA:", np.mean(nest.GetConnections(synapse_model=model).weight))

sim = load_pynn()
sim.setup(timestep=0.1, min_delay=0.1)  # resets the NEST kernel
compiled.install()
transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 1000})
model = compiled.copy_model("my_rule", transmitter, **weights)
cells = sim.Population(10, cell_type(compiled.neuron_model)())
trains = sim.Population(100, sim.SpikeSourcePoisson(rate=20.0))
synapse = CompiledSynapse(f"{model}_lbl")
synapse.parameter_space.update(weight=50.0, delay=1.0)  # pA, as in NEST
projection = sim.Projection(trains, cells, sim.AllToAllConnector(), synapse, receptor_type="E->E")
sim.run(1000.0)
print("PyNN, mean weight in nA:", np.mean(projection.get("weight", format="array")))
