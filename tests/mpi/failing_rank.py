"""The last rank fails while the others wait for it in NEST."""

from v1cortex.nest import load_nest, ranks

nest = load_nest()
nest.Create("parrot_neuron", 4)
if ranks.rank() == ranks.size() - 1:
    raise RuntimeError("this rank alone has failed")
nest.Simulate(10.0)
