"""Names that `import v1cortex` offers from the other packages, loaded on demand.

`evolution` builds on this package, which therefore must not import it: its names are looked up
when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from v1cortex._namesakes import refuse_namesakes

if TYPE_CHECKING:
    from evolution.loop import evolve
    from evolution.reports import Run
    from evolution.runs import EvolveConfig
    from nestml_models.compiled import compile_rule
    from nestml_models.errors import V1CortexError
    from nestml_models.rule import Rule
    from validation.spikes import SpikeTrains

__all__ = [
    "EvolveConfig",
    "Rule",
    "Run",
    "SpikeTrains",
    "V1CortexError",
    "compile_rule",
    "evolve",
]

_MODULES = {
    "EvolveConfig": "evolution.runs",
    "Rule": "nestml_models.rule",
    "Run": "evolution.reports",
    "SpikeTrains": "validation.spikes",
    "V1CortexError": "nestml_models.errors",
    "compile_rule": "nestml_models.compiled",
    "evolve": "evolution.loop",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _MODULES[name]
    refuse_namesakes(module.partition(".")[0])
    return getattr(import_module(module), name)
