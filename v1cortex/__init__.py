"""A spiking model of mouse V1: build it, write plasticity rules, simulate, evaluate, search.

The names that scripts need, each loaded when it is first used: ``import v1cortex as v1c``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
