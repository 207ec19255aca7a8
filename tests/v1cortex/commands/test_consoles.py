"""What users read, with any name on any terminal."""

import os
import subprocess
import sys

import pytest
from rich.text import Text

from v1cortex.commands.output.consoles import LiteralConsole, bold
from v1cortex.commands.output.progress import status
from v1cortex.commands.output.tables import table


def v1cortex(*arguments, **environment):
    """Run the command line in a separate process; return its exit code, output and messages."""
    command = [sys.executable, "-m", "v1cortex.commands.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, env=os.environ | environment, check=False)
    return done.returncode, done.stdout, done.stderr


def test_square_brackets_are_no_markup_and_lines_are_not_wrapped(capsys):
    name = "/" + "long/" * 30 + "[/x][bold]a[/]:smile:.h5"
    results = LiteralConsole()
    results.print(f"written {name}")
    results.print(bold("title"), name)
    with results.status(Text(name)):
        pass
    results.print(table("[/t]", ["[/c]"], [["[/x]"]]))
    out = capsys.readouterr().out
    assert out.startswith(f"written {name}\ntitle {name}\n")
    for cell in ("[/t]", "[/c]", "[/x]"):
        assert cell in out


def test_a_spinner_takes_any_text(capsys):
    with status("[/reading]") as report:
        report("[/x]")


def test_what_an_encoding_lacks_is_spelled():
    script = (
        "from v1cortex.commands.output.consoles import print_any_text; import sys; "
        "print_any_text();"
        r"print('1 \xb1 2 \u2192 \u65e5 \udcff'); print('\xb1', file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env=environment, check=True
    )
    assert done.stdout == rb"1 +- 2 -> \u65e5 \udcff" + b"\n"
    assert done.stderr == b"+-\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "[/x].h5"),
        ("validate", "µ.h5", "--circuit", "[/x]"),
        ("simulate", "[/x]", "--stimulus", "movie", "--file", "[/x].npy"),
    ],
)
def test_names_in_errors_on_an_ascii_terminal(arguments):
    code, _, err = v1cortex(*arguments, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert code == 1
    assert err.startswith(b"error:")
    assert b"[/x]" in err or b"u.h5" in err
