"""The command line does not load what it does not need, and other packages can add commands."""

import subprocess
import sys

import pytest

HEAVY = (
    "bmtk",
    "distributed",
    "filelock",
    "h5py",
    "neo",
    "plotly",
    "skimage",
    "scipy",
    "sklearn",
    "matplotlib",
    "pandas",
    "pymoo",
    "dask",
    "nest",
    "pyNN",
    "elephant",
)
NOT_FOR_HELP = ("numpy", "yaml")
"""What only commands that compute or read files need."""

LIGHT_COMMANDS = (
    ["--help"],
    ["--version"],
    ["rules", "list"],
    ["simualte"],
    ["rules", "--help"],
    ["tasks", "list"],
    ["runs", "--help"],
)

NOT_FOR_RUNS = ("h5py", "matplotlib", "nest", "pandas", "plotly", "pyNN", "sklearn")
"""What reading a run's configuration and store does not need."""

LISTING = """
import sys
sys.argv = ["v1cortex", *{arguments!r}]
from v1cortex.commands.cli import main
try:
    main()
except SystemExit:
    pass
print("loaded:", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def in_a_fresh_process(*arguments, path=""):
    code = LISTING.format(arguments=list(map(str, arguments)))
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    output, _, loaded = done.stdout.partition("loaded:")
    return output, done.stderr, set(loaded.split())


@pytest.mark.parametrize("arguments", LIGHT_COMMANDS, ids=" ".join)
def test_only_what_is_needed_is_imported(arguments):
    _, _, loaded = in_a_fresh_process(*arguments)
    assert "typer" in loaded
    assert not loaded & set(HEAVY)
    if arguments[0] not in ("rules", "tasks", "runs"):
        assert not loaded & set(NOT_FOR_HELP)


@pytest.mark.parametrize("verb", ["list", "show"])
def test_reading_runs_needs_no_plots(verb, tmp_path):
    output, errors, loaded = in_a_fresh_process("runs", verb, tmp_path)
    assert "0 runs" in output or "no run" in errors
    assert "evolution" in loaded
    assert not loaded & set(NOT_FOR_RUNS)


def test_the_help_lists_every_verb_with_its_summary():
    output, _, _ = in_a_fresh_process("--help")
    for verb in ("doctor", "build", "simulate", "evolve", "runs", "families", "report", "rules"):
        assert verb in output
    assert "Sample a circuit of mouse V1" in output
    assert "List, show and compile plasticity rules." in output


def test_a_misspelt_verb():
    _, errors, _ = in_a_fresh_process("simualte")
    assert "no verb 'simualte'" in errors
    assert "Did you mean 'simulate'?" in errors


@pytest.fixture
def other_package(tmp_path):
    """A package that adds a command, as installed by pip."""
    (tmp_path / "shouting.py").write_text(
        'import typer\n\n\ndef shout(word: str) -> None:\n    """Say a word loudly.\n\n'
        '    And nothing else.\n    """\n    typer.echo(word.upper())\n'
    )
    folder = tmp_path / "shouting-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[v1cortex.commands]\nshout = shouting:shout\n")
    return tmp_path


def test_another_package_adds_a_verb(other_package):
    output, _, _ = in_a_fresh_process("shout", "spikes", path=other_package)
    assert output.strip() == "SPIKES"
    output, _, loaded = in_a_fresh_process("--help", path=other_package)
    assert "Say a word loudly." in output
    assert "shouting" not in loaded


def test_two_packages_with_the_same_verb(other_package):
    points = other_package / "shouting-1.0.dist-info" / "entry_points.txt"
    points.write_text("[v1cortex.commands]\nbuild = shouting:shout\n")
    _, errors, _ = in_a_fresh_process("build", "x", path=other_package)
    assert "two installed packages add the verb 'build'" in errors
    assert "Traceback" not in errors
