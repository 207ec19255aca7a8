"""Every verb with hostile options and files: one message, no traceback, little memory.

`validate` and movies have tests of their own (`test_hostile_files.py`). A command that is still
running after some seconds was accepted, and is stopped.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer

from v1cortex.circuit import build_circuit
from v1cortex.commands.cli import app
from v1cortex.sonata import save_circuit

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parents[2] / "support" / "forked_commands.py"
PEAK_BYTES = 2 * 2**30
NUMBERS = ("nan", "inf", "-1", "1e300", "9" * 40)
VERBS = {
    "build": [],
    "simulate": ["circuit", "--duration", "100"],
    "evaluate": ["circuit", "--training-trials", "2", "--validation-trials", "4"],
    "calibrate": ["--sizes", "100", "--duration", "200"],
    "tasks show": ["gratings", "-n", "100"],
    "rules show": ["s_pre"],
    "families": ["run"],
    "report": ["run"],
    "evolve": ["search.yaml"],
    "experiment explore": ["-n", "100"],
    "experiment random": ["-n", "100"],
    "experiment scale": ["s_pre"],
    "experiment gains": ["-n", "100"],
    "experiment coefficients": ["-n", "100"],
    "experiment retest": ["s_pre", "-n", "100"],
    "runs list": ["."],
    "runs front": ["run"],
}
"""Commands with options that make them short."""

BOMB = b"a: &a [1,1,1,1,1,1,1,1,1]\n" + b"".join(
    b"%c: &%c [%s]\n" % (k + 1, k + 1, b",".join([b"*%c" % k] * 9)) for k in range(97, 110)
)
TEXTS = {
    "deep.json": b'{"a": ' + b"[" * 200_000,
    "deep.yaml": b"a: " + b"[" * 200_000,
    "bomb.yaml": BOMB,
    "zeros.yaml": bytes(1000),
    "random.yaml": np.random.default_rng(1).bytes(1000),
    "utf16.yaml": "dt_ms: 0.3\n".encode("utf-16"),
    "numbers.yaml": b"dt_ms: .nan\nthreads: " + b"9" * 300,
    "empty.yaml": b"",
    "list.yaml": b"- 1\n- 2\n",
    "huge.yaml": b"training_trials: 2000000000000\npool_size: 99999999999\n",
    "markup[.yaml": b"preset: [/x]\n",
}
FILES = {
    "evaluate": lambda file: ["circuit", "--rule", file],
    "evaluate --protocol": lambda file: ["circuit", "--protocol", file],
    "evaluate CIRCUIT": lambda file: [file],
    "simulate": lambda file: [file, "--duration", "100"],
    "simulate --file": lambda file: ["circuit", "--stimulus", "image", "--file", file],
    "simulate --calibration": lambda file: ["circuit", "--calibration", file],
    "simulate --short-term": lambda file: ["circuit", "--short-term", file],
    "evolve": lambda file: [file, "--out", "searched"],
    "rules show": lambda file: [file, "--by-type"],
    "rules compile": lambda file: [file],
    "tasks show": lambda file: ["natural_images", "--images", file, "-n", "100"],
    "families": lambda file: [file],
    "report": lambda file: [file],
    "runs front": lambda file: [file],
    "experiment final": lambda file: [file, "-n", "100"],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    save_circuit(build_circuit(500, 1), folder / "circuit")
    (folder / "search.yaml").write_text("neurons: 100\npopulation_size: 4\ngenerations: 1\n")
    for name, content in TEXTS.items():
        (folder / name).write_bytes(content)
    (folder / "run").mkdir()
    (folder / "run" / "config.yaml").write_bytes(TEXTS["deep.yaml"])
    for name in ("deep.json", "zeros.yaml"):
        broken = folder / f"net_{name.partition('.')[0]}"
        broken.mkdir()
        (broken / "circuit_config.json").write_bytes(TEXTS[name])
    return folder


def check(folder, cases):
    """Run all cases; each must end in 0, or in 1 or 2 with a message."""
    done = subprocess.run(
        [sys.executable, PROGRAM, folder],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    wrong = []
    ended = 0
    for case, (code, text, peak_bytes) in zip(cases, json.loads(done.stdout), strict=True):
        ended += code is not None
        sound = code is None or code == 0 or (code in (1, 2) and text.strip())
        if not sound or "Traceback" in text or "no verb" in text or peak_bytes > PEAK_BYTES:
            wrong.append(f"{case}: exit code {code}, {peak_bytes / 2**20:.0f} MiB\n{text[-800:]}")
    assert not wrong, "\n\n".join(wrong)
    assert ended >= len(cases) / 3


def numeric_options(verb):
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="v1cortex")
    for name in verb.split():
        command = command.get_command(context, name)
        context = typer.Context(command, info_name=name, parent=context)
    return [each.opts[0] for each in command.params if is_number(each)]


def is_number(option):
    """Whether an option takes numbers: before Typer 0.26 it has Click's type, later its own."""
    described = getattr(option, "type_descriptor", None)
    kind = str(described.annotation) if described else option.type.name
    return re.search(r"\b(int|integer|float)\b", kind) is not None


@pytest.mark.parametrize("verb", VERBS)
def test_numbers(place, verb):
    options = [option for option in numeric_options(verb) if option.startswith("-")]
    cases = [
        [*verb.split(), *VERBS[verb], option, value] for option in options for value in NUMBERS
    ]
    if cases:
        check(place, cases)


def test_the_numeric_options_are_found():
    assert {"--seed", "--neurons"} <= set(numeric_options("build"))
    assert "--training-trials" in numeric_options("evaluate")


@pytest.mark.parametrize("verb", FILES)
def test_files(place, verb):
    names = [*TEXTS, "none", "run", "", "net_deep", "net_zeros", "a\tb[/x]", "x" * 300]
    words = [word for word in verb.split() if word.islower() and not word.startswith("-")]
    check(place, [[*words, *FILES[verb](name)] for name in names])
