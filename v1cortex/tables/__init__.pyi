from .columns import (
    POPULATIONS,
    BackgroundTable,
    CellTable,
    ConnectivityTable,
    LabelTable,
    LgnConnectivityTable,
    LgnUnitTable,
    PopulationTable,
    SynapseDynamics,
    Tables,
    is_excitatory,
)
from .reader import load_tables
from .short_term import ShortTermRow, load_short_term, short_term_of_types

__all__ = [
    "POPULATIONS",
    "BackgroundTable",
    "CellTable",
    "ConnectivityTable",
    "LabelTable",
    "LgnConnectivityTable",
    "LgnUnitTable",
    "PopulationTable",
    "ShortTermRow",
    "SynapseDynamics",
    "Tables",
    "is_excitatory",
    "load_short_term",
    "load_tables",
    "short_term_of_types",
]
