"""A spiking model of mouse V1: build it, write plasticity rules, simulate, evaluate, search.

The names that scripts need, each loaded when it is first used: ``import v1cortex as v1c``.
"""

import lazy_loader

from v1cortex._namesakes import refuse_namesakes, warn_of_namesakes

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

warn_of_namesakes()


def __getattr__(name: str) -> object:
    if name in __all__:
        refuse_namesakes("nestml_models", "validation")
    return _load(name)
