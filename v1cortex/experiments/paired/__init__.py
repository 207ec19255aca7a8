"""Paired searches: what raises a score by less than networks differ, found by antithetic pairs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
