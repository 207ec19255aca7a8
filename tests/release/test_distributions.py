"""What is released is complete, and works where only the wheel is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_both_distributions_and_the_installed_wheel():
    done = subprocess.run(
        [sys.executable, ROOT / "release" / "dist_check.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pip install 'v1cortex[search]'" in done.stdout
    assert "[all]: " in done.stdout
