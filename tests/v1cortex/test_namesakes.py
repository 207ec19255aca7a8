"""Another package named as one of ours is noticed: what, where, and what to do."""

import json
import subprocess
import sys

import pytest

COMMAND_LINE = (
    "import sys; sys.argv = ['v1cortex', *{!r}]; from v1cortex.commands.cli import main; main()"
)


def python(folder, program):
    """Run a program in a folder, which comes first on Python's path."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


def test_the_face_warns_and_refuses_what_needs_it(tmp_path):
    place = tmp_path / "evolution"
    place.mkdir()
    (place / "__init__.py").write_text("MINE = 1\n")
    program = """
import v1cortex as v1c
print(v1c.load_rule("stdp").name)
try:
    v1c.evolve
except v1c.V1CortexError as error:
    print("refused:", error)
"""
    output, errors = python(tmp_path, program)
    message = f"Python finds another package named 'evolution', {place}, before v1cortex's own"
    assert f"RuntimeWarning: {message}" in errors
    assert output.startswith("stdp\n"), errors
    assert f"refused: {message}" in output
    assert f"remove {tmp_path} from PYTHONPATH" in output


def test_nothing_works_without_our_statistics(tmp_path):
    place = tmp_path / "validation.py"
    place.write_text("MINE = 1\n")
    output, errors = python(tmp_path, "import v1cortex as v1c; v1c.load_rule")
    assert not output
    assert f"ConfigError: Python finds another package named 'validation', {place}," in errors


@pytest.mark.parametrize("name", ["evolution", "validation"])
def test_the_doctor_says_it_and_other_verbs_refuse(tmp_path, name):
    place = tmp_path / name
    place.mkdir()
    (place / "__init__.py").write_text("MINE = 1\n")
    output, errors = python(tmp_path, COMMAND_LINE.format(["doctor", "--json"]))
    (check,) = [each for each in json.loads(output) if each["name"] == "names"]
    assert not check["ok"], errors
    assert f"'{name}', {place}," in check["text"]
    assert check["remedy"].startswith("Rename that folder")
    output, errors = python(tmp_path, COMMAND_LINE.format(["rules", "list"]))
    assert not output
    assert f"error: Python finds another package named '{name}', {place}," in errors
    assert "Traceback" not in errors


def test_ours_are_no_namesakes(tmp_path):
    _, errors = python(tmp_path, "import v1cortex; import evolution")
    assert not errors
