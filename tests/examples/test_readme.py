"""The README's Python example runs as printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_five_lines(tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert sum(bool(line) for line in example.splitlines()) == 5
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rates, scores = done.stdout.split("n_trials")
    assert len(re.findall(r"^L\d+_\w+ ", rates, flags=re.MULTILINE)) == 17
    assert re.search(r"^gratings +20 +0\.\d+", scores, flags=re.MULTILINE)
