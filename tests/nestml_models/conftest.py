"""The compiled general module, once for all tests, and an empty simulator for each."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("PYNEST_QUIET", "1")

import pytest

from nestml_models.compiler import CompiledModule, compile_general


@pytest.fixture(scope="session")
def module() -> CompiledModule:
    return compile_general()


@pytest.fixture
def simulator(module):
    """NEST with an empty network and the models installed."""
    import nest

    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    module.install()
    yield nest
    nest.ResetKernel()
