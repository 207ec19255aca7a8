"""Circuits shared by the tests of the cortex."""

import pytest

from v1cortex.circuit import build_circuit


@pytest.fixture(scope="session")
def small_circuit():
    """500 neurons: the smallest with every population."""
    return build_circuit(500, 2)
