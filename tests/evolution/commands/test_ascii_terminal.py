"""Every verb that is quick, on a terminal that knows ASCII only."""

import io
import sys

import pytest
import typer

from v1cortex.commands.cli import app, main


def helps(command=None, words=()):
    """Yield the words that print each page of help."""
    command = command or typer.main.get_command(app)
    yield [*words, "--help"]
    context = typer.Context(command, info_name="v1cortex")
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from helps(command.get_command(context, name), (*words, name))


GOOD = [
    ["rules", "list"],
    ["rules", "show", "five_term", "--by-type"],
    ["tasks", "list"],
    ["tasks", "show", "gratings", "-n", "1000"],
    ["runs", "list", "."],
    *(["runs", verb, "RUN"] for verb in ("show", "front")),
    ["runs", "rule", "RUN", "rule_001"],
    ["report", "RUN"],
    ["report", "RUN", "--json"],
]
BAD = [
    ["families", "none"],
    ["validate", "none \N{MICRO SIGN}.h5"],
    ["simulate", "none", "--stimulus", "image", "--file", "\N{PLUS-MINUS SIGN}"],
    ["evaluate", "none", "--protocol", "none \N{RIGHTWARDS ARROW}.yaml"],
    ["rules", "show", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"],
]


@pytest.fixture
def ascii_terminal(monkeypatch):
    """The command line on such a terminal: takes words, returns exit code and what is printed."""

    def run(*words):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, "argv", ["v1cortex", *words])
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
            patch.setattr(sys, "stdout", stream)
            patch.setattr(sys, "stderr", stream)
            main()
        stream.flush()
        return end.value.code or 0, stream.buffer.getvalue().decode("ascii")

    return run


def test_every_page_of_help(ascii_terminal):
    pages = list(helps())
    assert ["experiment", "retest", "--help"] in pages
    assert ["runs", "front", "--help"] in pages
    for words in pages:
        code, text = ascii_terminal(*words)
        assert code == 0, words
        assert " ".join(words[:-1]) in text


def test_quick_commands(ascii_terminal, run, monkeypatch):
    name = "run \N{MICRO SIGN}"
    run.rename(run.with_name(name))
    monkeypatch.chdir(run.parent)
    for command in GOOD:
        code, text = ascii_terminal(*(name if word == "RUN" else word for word in command))
        assert code == 0, (command, text)
        assert text.strip(), command


def test_messages(ascii_terminal):
    for command in BAD:
        code, text = ascii_terminal(*command)
        assert code == 1, (command, text)
        assert text.startswith("error: "), command


def test_a_network_is_built(ascii_terminal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, text = ascii_terminal("build", "-n", "100", "--out", "circuit \N{MICRO SIGN}")
    assert code == 0
    assert "written to circuit u" in text
