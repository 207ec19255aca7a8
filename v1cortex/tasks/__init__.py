"""Tasks: what the animal is shown, when its answer is read, and which cells give it.

A task is one file of this package with one class, derived from `Task` or one of its subclasses
`ChangeDetection` and `Classification`. It is found by its name.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
