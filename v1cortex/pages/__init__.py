"""Pages for people: self-contained HTML files with interactive figures, which can be printed."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
