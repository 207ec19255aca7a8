"""Shared by all packages: files, strict YAML, nearest names, program versions, progress."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
