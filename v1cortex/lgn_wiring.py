"""LGN input of the circuit."""

import numpy as np

from v1cortex.circuit_arrays import LgnEdges, LgnUnits, Nodes
from v1cortex.tables import Tables


def connect_lgn(nodes: Nodes, seed: int, tables: Tables) -> tuple[LgnUnits, LgnEdges]:
    """Return the LGN units that reach the circuit, and their connections."""
    number, index = np.empty(0), np.empty(0, np.int32)
    small = np.empty(0, np.int8)
    return LgnUnits(small, number, number, number, number), LgnEdges(index, index, number, small)
