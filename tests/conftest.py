"""Fixtures shared by all tests."""

import os
import shutil
import sys
from pathlib import Path

import pytest

NEW_PICTURES = "V1CORTEX_NEW_PICTURES"
"""Environment variable that, if set, stores this run's pictures instead of comparing them."""

TOLERANCE = 4.0
"""Largest root mean square difference of 8-bit pixel values due to versions of Matplotlib and
FreeType; moving the bars of a single population causes more."""


@pytest.fixture
def assert_as_stored(request):
    """Compare a picture with the one stored under its name in ``pictures`` next to the test."""

    def compare(picture: Path, name: str, renew: bool = bool(os.environ.get(NEW_PICTURES))) -> None:
        from matplotlib.testing.compare import compare_images

        stored = request.path.parent / "pictures" / f"{name}.png"
        if renew:
            stored.parent.mkdir(exist_ok=True)
            shutil.copyfile(picture, stored)
        assert stored.is_file(), f"no picture {stored}; set {NEW_PICTURES}=1 to store one"
        difference = compare_images(str(stored), str(picture), TOLERANCE)
        assert difference is None, difference

    return compare


@pytest.fixture
def cli(monkeypatch, capsys):
    """The command line in this process: takes words, returns exit code, stdout and stderr."""

    def run(*words):
        from v1cortex.commands.cli import main

        monkeypatch.setattr(sys, "argv", ["v1cortex", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return run
