"""The model's published parameters as typed tables; for their sources see ``SOURCES.md``."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
