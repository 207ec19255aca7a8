"""NEST and PyNN: setting them up, in one process or on several MPI ranks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
