"""Where evaluations are made: processes of this machine or of a Dask cluster, within limits.

An `Executor` takes pieces of `Work` (a candidate of a search, a job of an experiment) and returns
an evaluation of each. `make_executor` makes the one that `WorkersConfig` names.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
