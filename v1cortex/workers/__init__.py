"""Runs evaluations within limits, in processes on this machine or on a Dask cluster.

An `Executor` takes pieces of `Work` (a candidate of a search, a job of an experiment) and returns
an evaluation for each. `make_executor` creates the one named by `WorkersConfig`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
