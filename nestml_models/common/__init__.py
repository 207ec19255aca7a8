"""What all packages share: files written whole, near names, program versions, progress, strict YAML."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
