"""The page of a run: a self-contained HTML file, interactive and printable."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
