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
from .groups import GROUPINGS, group_of, members, pairs, populations_of_pair
from .reader import load_tables
from .short_term import SHORT_TERM_TABLES, ShortTermRow, load_short_term, short_term_of_types

__all__ = [
    "GROUPINGS",
    "POPULATIONS",
    "SHORT_TERM_TABLES",
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
    "group_of",
    "is_excitatory",
    "load_short_term",
    "load_tables",
    "members",
    "pairs",
    "populations_of_pair",
    "short_term_of_types",
]
