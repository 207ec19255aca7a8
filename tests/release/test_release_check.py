"""A release with placeholders, without a date or with two versions is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "release" / "release_check.py"
FILES = ("setup.cfg", "CITATION.cff", "README.md", "CHANGELOG.md", "docs/install.md")


@pytest.fixture
def finished(tmp_path):
    """The metadata as they would be released."""
    for name in FILES:
        text = (ROOT / name).read_text(encoding="utf-8")
        text = text.replace("v1cortex.invalid", "lab.example.org").replace(
            "(unreleased)", "(2027-01-31)"
        )
        if name == "CITATION.cff":
            text += "date-released: 2027-01-31\n"
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def check(root):
    done = subprocess.run(
        [sys.executable, SCRIPT, root], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_these_sources_cannot_be_released_yet():
    code, output = check(ROOT)
    assert code == 1
    assert "setup.cfg, line" in output and "CITATION.cff, line" in output
    assert "a placeholder instead of an address" in output


def test_finished_metadata_pass(finished):
    assert check(finished) == (0, "ready for a release\n")


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("setup.cfg", "lab.example.org", "v1cortex.invalid", "a placeholder"),
        ("setup.cfg", "\nversion = ", "\nversion = 9.", "but 9."),
        ("CITATION.cff", 'name: "The v1cortex developers"', 'alias: "x"', "without a name"),
        ("CITATION.cff", "repository-code", "repository", "no repository-code"),
        ("CITATION.cff", "date-released", "date", "no date-released"),
        ("CHANGELOG.md", "(2027-01-31)", "(unreleased)", "has no date"),
    ],
)
def test_each_omission_is_refused(finished, name, old, new, message):
    path = finished / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    code, output = check(finished)
    assert code == 1
    assert message in output
