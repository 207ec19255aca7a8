"""The README's example in Python runs as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_five_lines(tmp_path):
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL
    )
    assert len(example.splitlines()) == 5
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table, scores = (
        done.stdout.split("\ntask", maxsplit=1)
        if "\ntask" in done.stdout
        else (done.stdout.rsplit("n_trials", maxsplit=1))
    )
    assert len(re.findall(r"^L\d+_\w+ ", table, flags=re.MULTILINE)) == 17
    assert re.search(r"gratings +20 +0?\.\d+|gratings +20 ", scores)
