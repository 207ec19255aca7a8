"""YAML files as written by hand and by other programs."""

from itertools import pairwise
from pathlib import Path

import pytest

import nestml_models
from nestml_models.common import dump_yaml, parse_yaml, read_yaml, strict_yaml
from nestml_models.errors import RuleError


def parse(text):
    return parse_yaml(text, "rule.yaml", RuleError)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-1E+3", -1000.0),
        ("1.0e-3", 0.001),
        (".5", 0.5),
        ("5.", 5.0),
        ("010", 10),
        ("-7", -7),
        ("18446744073709551616", 2**64),
        ("true", True),
        ("no", "no"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("2001-01-01", "2001-01-01"),
        ("'1'", "1"),
        ("", None),
        ("~", None),
    ],
)
def test_values_are_those_of_the_core_schema(text, value):
    read = parse(f"key: {text}")["key"]
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", r"rule.yaml, line 3, column 1: the key 'a' is already on line 1"),
        ("x:\n  a: 1\n  'a': 2", r"line 3, column 3: the key 'a' is already on line 2"),
        ("a: 1\n---\nb: 1", r"line 2, column 1: a second document"),
        ("a:\n\tb: 1", r"line 2, column 1: a tab; indent with spaces"),
        ("a: " + "1" * 301, r"line 1, column 4: a whole number of 301 digits"),
        ("a: &x [*x]", r"line 1, column 4: an alias is used inside"),
        ("a: " + "[" * 50_000, r"nested too deeply"),
        ("? [1]\n: 2", r"line 1, column 3: a key must be a name"),
        ("a: !!python/object:os.system x", r"line 1, column 4: the tag .* is unknown"),
        ("a: !!int x", r"not valid YAML: invalid literal"),
        ("a: [1,", r"line 1, column 7: expected"),
        ("a: \x00", r"not valid YAML"),
    ],
)
def test_what_cannot_be_read_names_its_place(text, message):
    with pytest.raises(RuleError, match=message):
        parse(text)


def test_aliases_of_aliases_do_not_fill_the_memory():
    names = "abcdefghijklmnop"
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in pairwise(names)]
    with pytest.raises(RuleError, match="more than 100,000 values"):
        parse("\n".join(lines))


def test_shared_settings_by_alias_and_merge_are_kept():
    text = "one: &one {a: 1, b: 2}\ntwo:\n  <<: *one\n  b: 3\n"
    assert parse(text) == {"one": {"a": 1, "b": 2}, "two": {"a": 1, "b": 3}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_mark_are_read(tmp_path, encoding):
    path = tmp_path / "rule.yaml"
    path.write_bytes("text: 20 µs\r\nnumber: 1.0e-3\r\n".encode(encoding))
    assert read_yaml(path, RuleError) == {"text": "20 µs", "number": 0.001}


def test_other_encodings_are_named(tmp_path):
    path = tmp_path / "rule.yaml"
    path.write_bytes("a: 1\ntext: 20 µs\n".encode("cp1252"))
    with pytest.raises(RuleError, match=r"rule.yaml, line 2: byte 0xb5 is not UTF-8; save"):
        read_yaml(path, RuleError)


def test_unreadable_files_are_named(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml", "a\0b"):
        with pytest.raises(RuleError, match="cannot read"):
            read_yaml(type(tmp_path)(path), RuleError)


@pytest.mark.parametrize(
    "value",
    ["1e-3", "010", "09", "no", "yes", "1:30", ".5", ".inf", "~", "", "true", "2001-01-01", "µ",
     "a: b", "-", "<<", "=", 1e-5, 1e300, 0.1, float("inf"), 2**64, -3, True, None, [1.0, "x"]],
)  # fmt: skip
def test_what_is_written_is_read_as_the_same(value):
    read = parse(dump_yaml({"key": value}))["key"]
    assert (read, type(read)) == (value, type(value))


def test_both_loaders_read_all_files_of_the_package_as_the_same():
    files = [*Path(nestml_models.__file__).parents[1].glob("[nve]*/**/*.yaml")]
    assert len(files) > 5
    for file in files:
        text = file.read_text()
        slow, fast = (
            strict_yaml._parsed(kind, text, file.name, RuleError)
            for kind in (strict_yaml._Loader, strict_yaml._FastLoader)
        )
        assert repr(slow) == repr(fast), file
