from .arrays import Edges, LgnEdges, LgnUnits, Nodes
from .circuit import Circuit, build_circuit
from .connection_rules import (
    Retinotopy,
    connection_rule,
    direction_difference_deg,
    orientation_difference_deg,
    phase_exponent,
    weights_pA,
)
from .full_model import FULL_NEURONS
from .lgn_wiring import LGN_DELAY_MS, connect_lgn
from .memory import require_for_circuit, require_for_network
from .placement import place, radius_um
from .wiring import expected_connections

__all__ = [
    "FULL_NEURONS",
    "LGN_DELAY_MS",
    "Circuit",
    "Edges",
    "LgnEdges",
    "LgnUnits",
    "Nodes",
    "Retinotopy",
    "build_circuit",
    "connect_lgn",
    "connection_rule",
    "direction_difference_deg",
    "expected_connections",
    "orientation_difference_deg",
    "phase_exponent",
    "place",
    "radius_um",
    "require_for_circuit",
    "require_for_network",
    "weights_pA",
]
