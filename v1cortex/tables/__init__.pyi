from .columns import (
    POPULATIONS,
    BackgroundTable,
    CellTable,
    ConnectivityTable,
    LabelTable,
    LgnConnectivityTable,
    LgnUnitTable,
    PopulationTable,
    Tables,
    is_excitatory,
)
from .groups import GROUPINGS, group_of, members, pairs, populations_of_pair
from .reader import load_tables

__all__ = [
    "GROUPINGS",
    "POPULATIONS",
    "BackgroundTable",
    "CellTable",
    "ConnectivityTable",
    "LabelTable",
    "LgnConnectivityTable",
    "LgnUnitTable",
    "PopulationTable",
    "Tables",
    "group_of",
    "is_excitatory",
    "load_tables",
    "members",
    "pairs",
    "populations_of_pair",
]
