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
from .reader import load_tables

__all__ = [
    "POPULATIONS",
    "BackgroundTable",
    "CellTable",
    "ConnectivityTable",
    "LabelTable",
    "LgnConnectivityTable",
    "LgnUnitTable",
    "PopulationTable",
    "Tables",
    "is_excitatory",
    "load_tables",
]
