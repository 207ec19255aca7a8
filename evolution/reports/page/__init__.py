"""The page of a run: one HTML file that needs no other, to look at, to print and to click on."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
