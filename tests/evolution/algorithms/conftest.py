"""The benchmark of algorithms, of which some tests run a small version."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def benchmark():
    """Return the module benchmarks/algorithms.py."""
    path = Path(__file__).parents[3] / "benchmarks" / "algorithms.py"
    spec = importlib.util.spec_from_file_location("benchmark_of_algorithms", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
