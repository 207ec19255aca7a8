"""Experiments: rules and their controls on several seeds, with statistics.

A `Condition` is a rule under a protocol; it becomes one `Job` for each task and seed, whose
evaluations a `ResultStore` keeps. `run_conditions` runs what is missing and returns a `Row` for
each condition, compared with its control on the same seeds.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
