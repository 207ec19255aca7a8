"""A PyNN connector that passes whole edge arrays to NEST in one call."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import CircuitError
from v1cortex.nest import ranks
from v1cortex.nest.kernel import load_nest, load_pynn, set_defaults

load_pynn()

from pyNN.connectors import Connector  # noqa: E402


class BulkConnector(Connector):
    """Connects according to explicit edge arrays.

    PyNN's own list connector loops in Python over postsynaptic cells; this one makes a single
    ``nest.Connect`` call per projection, whatever its size. Recording, ``get``, ``set`` and ``len``
    of the projection work as usual.

    Parameters
    ----------
    source, target
        Presynaptic and postsynaptic index of each connection within its population; int, shape
        (n,).
    weight_pA
        Weight of each connection in pA, NEST's unit (PyNN reports weights in nA); shape (n,).
    delay_ms
        Delay of all connections; a multiple of the time step.

    Raises
    ------
    CircuitError
        If the arrays differ in length, or an index lies outside its population.
    """

    parameter_names = ("source", "target", "weight_pA", "delay_ms")

    def __init__(
        self,
        source: NDArray[np.integer[Any]],
        target: NDArray[np.integer[Any]],
        weight_pA: NDArray[np.float64],
        delay_ms: float,
    ) -> None:
        super().__init__()
        if not len(source) == len(target) == len(weight_pA):
            raise CircuitError(
                f"edge arrays differ in length: {len(source)} sources, {len(target)} targets, "
                f"{len(weight_pA)} weights"
            )
        self.source = source
        self.target = target
        self.weight_pA = weight_pA
        self.delay_ms = delay_ms

    def connect(self, projection: Any) -> None:  # noqa: ANN401
        """Create the connections of a PyNN projection.

        Raises
        ------
        CircuitError
            If arrays and populations do not match; see the message.
        """
        if not len(self.source):
            return
        for side, index, population in (
            ("source", self.source, projection.pre),
            ("target", self.target, projection.post),
        ):
            if index.min() < 0 or index.max() >= population.size:
                raise CircuitError(
                    f"{side} index {index.min()} to {index.max()} lies outside population "
                    f"'{population.label}' of {population.size} cells"
                )
        pre = _node_ids(projection.pre)[self.source]
        post = _node_ids(projection.post)[self.target]
        nest = load_nest()
        if ranks.size() > 1:
            mine = ranks.owns(post, nest.total_num_virtual_procs)
            pre, post = pre[mine], post[mine]
            # The projection keeps its connector, so drop the connections of other ranks.
            self.source, self.target = self.source[mine], self.target[mine]
            self.weight_pA = self.weight_pA[mine]
        if not len(post):
            return
        receptor = projection.post.celltype.get_receptor_type(projection.receptor_type)
        same = {"synapse_label": projection.nest_synapse_label, "receptor_type": receptor}
        synapses = {
            "synapse_model": projection.nest_synapse_model,
            "weight": self.weight_pA,
            "delay": np.full(len(post), self.delay_ms),
        }
        if getattr(projection.synapse_type, "is_own_model", False):
            # As defaults of the model: NEST looks for every parameter of every connection by name.
            set_defaults(projection.nest_synapse_model, same)
        else:
            synapses |= {key: np.full(len(post), value) for key, value in same.items()}
        nest.Connect(pre, post, "one_to_one", synapses)
        # PyNN keeps a set of the sources to look up connections; a range takes no memory.
        projection._sources = range(int(pre.min()), int(pre.max()) + 1)
        projection._simulator.state.stale_connection_cache = True

    def release(self) -> None:
        """Release the arrays, which the projection would otherwise keep."""
        self.source, self.target = self.source[:0].copy(), self.target[:0].copy()
        self.weight_pA = self.weight_pA[:0].copy()


def _node_ids(population: Any) -> NDArray[np.int64]:  # noqa: ANN401
    # PyNN's own list of ids; getting them from NEST takes as long as connecting.
    return np.asarray(population.all_cells, dtype=np.int64)
