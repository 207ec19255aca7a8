"""The last rank fails while the others wait for it in NEST."""

from v1cortex.nest import ranks
from v1cortex.nest.kernel import load_nest

nest = load_nest()
nest.Create("parrot_neuron", 4)
if ranks.rank() == ranks.size() - 1:
    raise RuntimeError("this rank alone has failed")
nest.Simulate(10.0)
