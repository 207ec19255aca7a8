"""Rule files with the traps of YAML: the right rule, or one error that names file and value."""

import numpy as np
import pytest

from nestml_models.errors import RuleError
from nestml_models.rule import Rule

TYPES = ("A", "B")
HEAD = "threshold_Hz: 5.0\ntau_E_ms: 20.0\ntau_R_ms: 20.0\n"


def rule(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "rule.yaml"
    path.write_bytes(text.encode(encoding))
    return Rule.from_yaml(path, TYPES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1e-3", [1e-3, 1e-3]),
        ("[0.1, -0.2]", [0.1, -0.2]),
        ("[1, 0]", [1.0, 0.0]),
        ("{B: 1e-1}", [0.0, 0.1]),
    ],
)
def test_coefficients_as_people_write_them(tmp_path, value, expected):
    found = rule(tmp_path, f"{HEAD}terms:\n  S_pre: {value}\n")
    assert found.coefficients[0].tolist() == expected
    assert [term.name for term in found.active_terms] == ["S_pre"]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("S_pre: 0.5\n  S_pre: -0.5", r"rule.yaml, line 6, column 3: the key 'S_pre'"),
        ("S_pre: 0,5", r"rule.yaml: S_pre must be a number, not '0,5'; write 0.5, without"),
        ("S_pre: '0.5'", r"not '0.5'; write 0.5, without quotes"),
        ("S_pre: \N{MINUS SIGN}0.5", r"write -0.5, without quotes"),
        ("S_pre: no", r"S_pre must be a number, not 'no'$"),
        ("S_pre: true", r"S_pre must be a number, not True"),
        ("S_pre: [0.1, a]", r"S_pre\[1\] must be a number, not 'a'"),
        ("S_pre: ['0.1', '0.2']", r"S_pre\[0\] must be a number, not '0.1'; write 0.1"),
        ("S_pre: [true, 0.2]", r"S_pre\[0\] must be a number, not True"),
        ("S_pre: [.nan, 0.2]", r"coefficient of S_pre is nan"),
        ("S_pre: [0.1, 0.2, 0.3]", r"S_pre has shape \(3,\)"),
        ("S_post*X_pre: [[0.1], [0.1, 0.2]]", r"rows of S_post\*X_pre differ"),
        ("X_pre*S_post: 0.5", r"no term 'X_pre\*S_post'. Write 'S_post\*X_pre'"),
        ("S_pre: 1" + 300 * "0", r"line 5, column 10: a whole number of 301 digits"),
    ],
)
def test_traps_are_named(tmp_path, terms, message):
    with pytest.raises(RuleError, match=message):
        rule(tmp_path, f"{HEAD}terms:\n  {terms}\n")


def test_terms_that_were_forgotten_are_not_a_static_rule(tmp_path):
    with pytest.raises(RuleError, match="'terms' is empty"):
        rule(tmp_path, f"{HEAD}terms:\n")
    assert rule(tmp_path, f"{HEAD}terms: {{}}\n").n_active == 0


def test_encodings_and_line_ends_do_not_change_a_rule(tmp_path):
    text = f"description: 20 µs\n{HEAD}terms:\n  S_pre: 1e-3\n"
    plain = rule(tmp_path, text)
    for encoding in ("utf-8-sig", "utf-16"):
        found = rule(tmp_path, text.replace("\n", "\r\n"), encoding)
        assert (found, found.description) == (plain, "20 µs")
    with pytest.raises(RuleError, match=r"rule.yaml, line 1: byte 0xb5"):
        rule(tmp_path, text, "cp1252")


def test_numbers_beyond_the_range_of_floats_are_refused():
    with pytest.raises(RuleError, match="S_pre is too large"):
        Rule.of_terms(TYPES, {"S_pre": 10**400}, tau_E_ms=20, tau_R_ms=20, threshold_Hz=5)
    values = np.array([0.1, 0.2])
    kept = Rule.of_terms(TYPES, {"S_pre": values}, tau_E_ms=20, tau_R_ms=20, threshold_Hz=5)
    assert kept.coefficients[0].tolist() == [0.1, 0.2]
