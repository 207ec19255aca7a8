"""Evolutionary search over plasticity rules."""

from nestml_models.common import require

require("pymoo", "sklearn")
