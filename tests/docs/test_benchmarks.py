"""Benchmarks start, and find the packages that they measure."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))


def test_no_script_hides_a_package():
    """A script's folder comes first in the path of modules."""
    packages = {"nestml_models", "v1cortex", "evolution", "validation", "nest", "numpy"}
    assert not packages & {Path(name).stem for name in SCRIPTS}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_each_script_explains_itself(name):
    command = [sys.executable, str(FOLDER / name), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout
