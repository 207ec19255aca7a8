"""Recorded spikes, from this and other programs: file formats, nodes, groups of cells."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
