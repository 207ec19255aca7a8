"""Published figures of the model, as typed tables; sources are in ``SOURCES.md`` beside them."""

from v1cortex.tables.columns import (
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
from v1cortex.tables.reader import load_tables

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
