"""The scripts in examples/, shown in the tutorials, run as a reader would run them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))
SLOW = ("change_detection",)
CHECKED = ("record_and_inject", "own_populations", "weights")
"""Run by `test_live_network`, which checks their output."""


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem in SLOW))
        for path in SCRIPTS
        if path.stem not in CHECKED
    ],
)
def test_runs(script, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    numbers = [float(text) for text in re.findall(r"\d+(?:\.\d+)?", done.stdout)]
    assert numbers, done.stdout
    assert any(numbers), done.stdout


def test_they_use_what_is_offered():
    """Scripts import the top-level package or a subpackage, not the modules in it."""
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        inside = re.findall(
            r"(?:from|import) ((?:v1cortex|evolution|nestml_models)\.\w+\.\w+)", text
        )
        assert not inside, script.name


def test_tutorials_show_them():
    pages = "\n".join(path.read_text() for path in (ROOT / "docs" / "tutorials").glob("*.md"))
    for script in SCRIPTS:
        assert f"examples/{script.name}" in pages, script.name
