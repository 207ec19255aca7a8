"""Published figures of the model, as typed tables; sources are in ``SOURCES.md`` next to them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
