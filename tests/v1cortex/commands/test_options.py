"""Options are alike in all verbs: one meaning for a name, choices listed, defaults shown."""

import re
from collections import defaultdict

import pytest
import typer

from v1cortex.commands.cli import app
from v1cortex.network import SHIPPED, SHORT_TERM
from v1cortex.tasks import PRESETS, TASKS
from v1cortex.workers import EXECUTORS


def verbs():
    """Yield each verb's words, command and context, groups left out."""
    root = typer.main.get_command(app)
    yield from inside(root, typer.Context(root, info_name="v1cortex"))


def inside(group, context):
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = typer.Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from inside(command, inner)
        else:
            yield inner.command_path.removeprefix("v1cortex "), command, inner


VERBS = {words: (command, context) for words, command, context in verbs()}


def parameters(words):
    """Return names, options and what the help says of them."""
    command, context = VERBS[words]
    return [
        (each.opts[0], each, each.get_help_record(context))
        for each in command.get_params(context)
        if each.name != "help"
    ]


def kind(parameter):
    """The type without its range: before Typer 0.26 it is Click's, later Typer's own."""
    described = getattr(parameter, "type_descriptor", None)
    return str(described.annotation) if described else parameter.type.name.removesuffix(" range")


def meaning(text):
    """What an option is; the values that a verb takes follow a colon."""
    return re.split(r"[:.]", text)[0]


@pytest.fixture(scope="module")
def by_name():
    """Verbs and options by the option's name."""
    found = defaultdict(list)
    for words in VERBS:
        for name, parameter, record in parameters(words):
            if name.startswith("-"):
                found[name].append((words, parameter, record))
    return found


def test_the_verbs_are_found(by_name):
    assert {"build", "evolve", "rules show", "experiment retest", "runs front"} <= set(VERBS)
    assert {words for words, *_ in by_name["--json"]} == set(VERBS)


def test_an_option_is_the_same_in_all_verbs(by_name):
    different = [
        f"{name}: {kinds}, {texts}"
        for name, uses in by_name.items()
        for kinds in [{kind(parameter) for _, parameter, _ in uses}]
        for texts in [{meaning(parameter.help) for _, parameter, _ in uses}]
        if len(kinds) > 1 or (len(texts) > 1 and name != "--out")
    ]
    assert different == []
    short = [name for name, uses in by_name.items() if len({u[1].opts[-1] for u in uses}) > 1]
    assert short == []


def test_out_says_what_is_written(by_name):
    for words, parameter, _ in by_name["--out"]:
        assert re.match(r"(Folder|File) to write\b", parameter.help), words


@pytest.mark.parametrize("words", VERBS)
def test_help_is_a_sentence_and_shows_defaults(words):
    for name, parameter, (_, text) in parameters(words):
        assert parameter.help and parameter.help.rstrip().endswith("."), name
        assert not re.search(r"\bum\b|[Dd]efaults? ?(is|to|:)", parameter.help), name
        flag = getattr(parameter, "is_flag", False)
        assert flag or "[default: " in text or "; default: " in text or parameter.required, name


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--calibration", SHIPPED),
        ("--executor", EXECUTORS),
        ("--preset", PRESETS),
        ("--short-term", set(SHORT_TERM) - {"circuit"}),
        ("--task", TASKS),
        ("--lgn-mode", ("poisson", "current")),
        ("--unit", ("ms", "s", "us")),
    ],
)
def test_choices_are_listed(by_name, option, values):
    assert by_name[option]
    for words, parameter, (_, text) in by_name[option]:
        for value in values:
            assert re.search(rf"\b{re.escape(value)}\b", text), (words, value)
        assert ":" in parameter.help, words


def test_seeds_are_one_or_a_range(by_name):
    many = {words for words, *_ in by_name["--seeds"]}
    assert many == {words for words, *_ in by_name["--first-seed"]}
    assert not many & {words for words, *_ in by_name["--seed"]}
    assert "calibrate" in many
