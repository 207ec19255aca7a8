"""The compiled general module, once for all tests, and an empty simulator for each."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("PYNEST_QUIET", "1")

import pytest

from nestml_models.build import CompiledModule, compile_general
from nestml_models.compiled import CompiledRule, compile_rules
from nestml_models.rule import Rule

SPECIAL_ONE = Rule.of_terms(("all",), {"S_pre": 0.4, "X_pre^2": 0.3}, tau_E_ms=15.0)
SPECIAL_OTHER = Rule.of_terms(
    ("all",),
    {
        "X_post": 0.4,
        "S_pre*S_post": 0.2,
        "S_post*X_pre": -0.3,
        "S_pre*X_post": 0.5,
        "X_post*R": 0.4,
    },
    tau_E_ms=15.0,
    tau_R_ms=60.0,
)
"""Without and with postsynaptic spikes and reward."""


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


@pytest.fixture(scope="session")
def specialised() -> tuple[CompiledRule, ...]:
    """Two rules with their own models, compiled in one batch."""
    return compile_rules([SPECIAL_ONE, SPECIAL_OTHER])
