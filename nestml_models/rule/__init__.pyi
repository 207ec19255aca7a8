from .evidence import Evidence
from .parameters import PlasticitySettings, synapse_parameters
from .rule import (
    LONGEST_TAU_MS,
    MAX_TAU_MS,
    MAX_THRESHOLD_HZ,
    Rule,
    vector_layout,
    vector_length,
)
from .short_term import ShortTerm
from .terms import N_TERMS, TERMS, Term, term

__all__ = [
    "LONGEST_TAU_MS",
    "MAX_TAU_MS",
    "MAX_THRESHOLD_HZ",
    "N_TERMS",
    "TERMS",
    "Evidence",
    "PlasticitySettings",
    "Rule",
    "ShortTerm",
    "Term",
    "synapse_parameters",
    "term",
    "vector_layout",
    "vector_length",
]
