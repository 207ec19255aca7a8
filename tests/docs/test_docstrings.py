"""Every public name documents what it is, what it takes and what it raises."""

import builtins
import re

import pytest
from documented import public_names

NAMES = [each for each in public_names() if "/commands/" not in each.path]
"""Commands are documented by their help texts."""

MOST_WITHOUT_SECTION = 4
"""A sentence may describe up to this many parameters; more must be listed."""

ELSEWHERE = re.compile(r"arameters are those of|[Aa]s for `|[Aa]s in `|[Ss]ee `|\(`|[Ss]ame as `")


def complaints(check):
    return [f"{each.path}: {found}" for each in NAMES if (found := check(each))]


def test_all_are_found():
    assert len(NAMES) > 800
    text = "\n".join(each.path for each in NAMES)
    for name in ("Rule.to_vector", "build_circuit", "SpikeTrains", "evaluate"):
        assert re.search(rf" {re.escape(name)}$", text, flags=re.MULTILINE)


def test_every_name_is_documented():
    assert not complaints(lambda each: not each.text and "no docstring")


def test_sections_name_the_parameters_that_there_are():
    def check(each):
        listed = each.section("Parameters", "Attributes")
        if listed is None:
            return None
        missing = [name for name in each.parameters if name not in listed]
        # Classes may list what they inherit.
        wrong = [name for name in listed if not each.is_class and name not in each.accepted]
        return (missing or wrong) and f"not listed: {missing}, unknown: {wrong}"

    assert not complaints(check)


def test_many_parameters_have_a_section():
    def check(each):
        listed = each.section("Parameters", "Attributes") is not None
        elsewhere = ELSEWHERE.search(each.text)
        return (
            len(each.parameters) > MOST_WITHOUT_SECTION
            and not (listed or elsewhere)
            and each.parameters
        )

    assert not complaints(check)


def test_what_is_raised_is_said():
    def check(each):
        unsaid = [name for name in each.raised - set(dir(builtins)) if name not in each.text]
        return not ELSEWHERE.search(each.text) and sorted(unsaid)

    assert not complaints(check)


@pytest.mark.parametrize(
    ("source", "names", "raised"),
    [
        (
            "a\n\nParameters\n----------\nx, y : int\n    Both.\n*z\n    More.",
            ["x", "y", "z"],
            None,
        ),
        ("a\n\nRaises\n------\nValueError\n    Why.\n\nNotes\n-----\nx", None, ["ValueError"]),
    ],
)
def test_the_reader_of_sections(source, names, raised):
    import ast

    from documented import PublicName

    node = ast.parse(f"def f():\n    '''{source.replace(chr(10), chr(10) + '    ')}\n    '''")
    found = PublicName("f", node.body[0])
    assert found.section("Parameters") == names
    assert found.section("Raises") == raised
