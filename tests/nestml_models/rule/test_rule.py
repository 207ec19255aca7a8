import numpy as np
import pytest

from nestml_models.errors import RuleError
from nestml_models.rule import (
    TERMS,
    PlasticitySettings,
    Rule,
    synapse_parameters,
    term,
    vector_layout,
    vector_length,
)

TYPES = tuple(f"type_{k}" for k in range(17))


def random_vector(seed=1, n_types=17) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vector = rng.uniform(-1, 1, vector_length(n_types))
    layout = vector_layout(n_types)
    vector[layout["gates"]] = rng.integers(0, 2, len(TERMS))
    for name in ("tau_E_ms", "tau_R_ms"):
        vector[layout[name]] = rng.uniform(0.1, 150, n_types)
    vector[layout["threshold_Hz"]] = rng.uniform(0, 10)
    return vector


def test_terms_are_those_of_the_paper():
    names = [
        *("S_pre", "S_post", "X_pre", "X_post", "S_pre*S_post", "S_pre*X_pre", "S_pre*X_post"),
        *("S_post*X_pre", "S_post*X_post", "X_pre^2", "X_pre*X_post", "X_post^2"),
    ]
    assert [each.name for each in TERMS] == [*names, *(f"{name}*R" for name in names), "R"]
    assert [each.index for each in TERMS] == list(range(25))
    scopes = [each.scope for each in TERMS]
    assert (scopes.count("pair"), scopes.count("global")) == (8, 1)
    assert scopes.count("pre") == scopes.count("post") == 8
    assert term("S_post*X_pre*R").kind == "spike_trace"
    assert term("S_pre*S_post*R").kind == "spike"
    assert term("R").kind == "trace"


def test_unknown_term_names_the_nearest():
    with pytest.raises(RuleError, match=r"S_pre\*X_pst.*Did you mean 'S_pre\*X_post'"):
        term("S_pre*X_pst")


def test_a_rule_for_17_types_has_2645_parameters():
    layout = vector_layout(17)
    assert vector_length(17) == 2645
    assert layout["coefficients"].stop - layout["coefficients"].start == 2585
    assert [part.start for part in layout.values()] == [0, 25, 2610, 2627, 2644]


def test_vector_and_yaml_round_trips_are_exact():
    for seed in range(3):
        vector = random_vector(seed)
        rule = Rule.from_vector(vector, TYPES, name="a: name #1")
        np.testing.assert_array_equal(rule.to_vector(), vector)
        again = Rule.from_yaml(rule.to_yaml(), TYPES)
        assert again == rule
        assert again.name == rule.name
        np.testing.assert_array_equal(again.to_vector(), vector)


def test_rows_of_pair_terms_are_presynaptic_types():
    vector = random_vector(n_types=3)
    vector[vector_layout(3)["coefficients"]] = np.linspace(-1, 1, 8 * 9 + 16 * 3 + 1)
    rule = Rule.from_vector(vector, TYPES[:3])
    pair = rule.coefficients[term("S_pre*S_post").index]
    start = 25 + 4 * 3
    np.testing.assert_array_equal(pair, vector[start : start + 9].reshape(3, 3))


def test_yaml_shorthands(tmp_path):
    path = tmp_path / "rule.yaml"
    path.write_text(
        "threshold_Hz: 5\ntau_E_ms: 20\ntau_R_ms: 100\n"
        "terms:\n  S_pre: 0.5\n  S_post: {type_2: 1}\n  S_post*X_pre: {type_1: {type_3: -1.0}}\n"
    )
    rule = Rule.from_yaml(path, TYPES)
    assert [each.name for each in rule.active_terms] == ["S_pre", "S_post", "S_post*X_pre"]
    assert rule.coefficient(term("S_pre"), 4, 9) == 0.5
    assert rule.coefficient(term("S_post"), 4, 2) == 1.0
    assert rule.coefficient(term("S_post*X_pre"), 1, 3) == -1.0
    assert rule.coefficient(term("S_post*X_pre"), 3, 1) == 0.0
    assert rule.coefficient(term("X_pre"), 3, 1) == 0.0
    assert Rule.from_yaml(str(path), TYPES) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("threshold_Hz: 5\ntau_E_ms: 20\nterms: {}\n", "lacks tau_R_ms"),
        ("threshhold_Hz: 5\ntau_E_ms: 20\n", "'threshhold_Hz'. Did you mean 'threshold_Hz'"),
        (
            "threshold_Hz: 5\ntau_E_ms: 20\ntau_R_ms: 1\nterms: {S_pre: {type_99: 1}}\n",
            "'type_99'. Did you mean 'type_9'",
        ),
        ("threshold_Hz: 5\ntau_E_ms: 20\ntau_R_ms: 1\nterms: {S_pre: high}\n", "not 'high'"),
        ("threshold_Hz: 5\ntau_E_ms: {type_0: 3.0}\ntau_R_ms: 1\nterms: {}\n", "lacks the types"),
        ("a: [\n", "line 2, column 1: expected the node content"),
        ("threshold_Hz: 5\ntau_E_ms: .nan\ntau_R_ms: 1\nterms: {}\n", "tau_E_ms is nan"),
        ("threshold_Hz: 5\ntau_E_ms: 1\ntau_R_ms: 2001\nterms: {}\n", "tau_R_ms is 2001"),
        ("threshold_Hz: 5\ntau_E_ms: 1\ntau_R_ms: 1\nterms: {R: .nan}\n", "R is nan"),
    ],
)
def test_faulty_yaml_is_refused(text, message):
    with pytest.raises(RuleError, match=message):
        Rule.from_yaml(text, TYPES)


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (25, 1.1, r"coefficient of S_pre is 1.1; it must lie in \[-1, 1\]"),
        (25, np.nan, "coefficient of S_pre is nan"),
        (2610, 0.0, r"tau_E_ms is 0; it must lie in \(0, 2000\]"),
        (2630, 2001.0, r"tau_R_ms is 2001.0; it must lie in \[0, 2000\]"),
        (2644, 10.5, "threshold_Hz is 10.5"),
        (3, 1.5, "gates is 1.5"),
    ],
)
def test_values_out_of_range_are_refused(where, value, message):
    vector = random_vector()
    vector[where] = value
    with pytest.raises(RuleError, match=message):
        Rule.from_vector(vector, TYPES)


def test_vector_of_other_length_is_refused():
    with pytest.raises(RuleError, match=r"has shape \(10,\).*\(2645,\)"):
        Rule.from_vector(np.zeros(10), TYPES)


def test_formula():
    assert Rule.static(TYPES).formula() == "dW = 0"
    rule = Rule.of_terms(
        TYPES,
        {"S_pre": 1.0, "X_post^2": -0.5, "S_post*X_pre*R": np.linspace(-1, 1, 289).reshape(17, 17)},
    )
    assert rule.formula() == "dW = S_pre - 0.5 X_post^2 + c(pre,post) S_post X_pre R"


def test_latex_and_table():
    pair = np.linspace(-1, 1, 289).reshape(17, 17)
    rule = Rule.of_terms(TYPES, {"S_pre": -0.5, "X_post^2": 1.0, "S_post*X_pre*R": pair})
    assert rule.to_latex() == (
        r"\mathrm{d}W_{ij} = - 0.5\, S_j + X_i^{2} + c^{(20)}_{m_j m_i}\, S_i X_j R"
    )
    assert Rule.static(TYPES).to_latex() == r"\mathrm{d}W_{ij} = 0"
    rows = rule.table()
    assert [(row.pre, row.post) for row in rows[:2]] == [(TYPES[0], TYPES[0]), TYPES[:2]]
    assert len(rows) == 289
    (row,) = rule.table([(TYPES[2], TYPES[5])])
    assert row.coefficients == {"S_pre": -0.5, "X_post^2": 1.0, "S_post*X_pre*R": pair[2, 5]}
    with pytest.raises(RuleError, match="Did you mean"):
        rule.table([("type_x", TYPES[0])])


def test_coefficients_from_a_distribution_are_drawn_once_and_for_all():
    normal = {"distribution": "normal", "mean": 0.8, "sd": 0.5, "seed": 3}
    uniform = {"distribution": "uniform", "low": 10, "high": 140, "seed": 3}
    given = {"S_pre": normal, "S_post": normal, "S_post*X_pre": normal}
    rule = Rule.of_terms(TYPES, given, tau_E_ms=uniform, tau_R_ms=uniform)
    assert Rule.of_terms(TYPES, given, tau_E_ms=uniform, tau_R_ms=uniform) == rule
    assert Rule.from_yaml(rule.to_yaml(), TYPES) == rule
    pre, post = rule.coefficients[0], rule.coefficients[1]
    assert len(set(pre)) == 17
    assert np.all(pre != post)
    pairs = rule.coefficients[term("S_post*X_pre").index]
    assert pairs.max() <= 1.0
    # The mean of a normal distribution truncated at 1, by scipy.stats.truncnorm.
    assert pairs.mean() == pytest.approx(0.519, abs=4 * 0.338 / 17)
    assert np.all((rule.tau_E_ms > 10) & (rule.tau_E_ms < 140) & (rule.tau_E_ms != rule.tau_R_ms))
    other = {**normal, "seed": 4}
    assert np.all(Rule.of_terms(TYPES, {"S_pre": other}).coefficients[0] != pre)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"distribution": "gamma", "seed": 1}, "'gamma'. Known: uniform, normal"),
        ({"distribution": "uniform", "low": 0, "high": 1}, "lacks seed"),
        ({"distribution": "uniform", "low": 0, "high": 2, "seed": 1}, "goes from 0 to 2"),
        ({"distribution": "normal", "mean": 0, "sd": -1, "seed": 1}, "impossible"),
        ({"distribution": "normal", "mean": 99, "sd": 1, "seed": 1}, "hardly overlaps"),
        ({"distribution": "normal", "mean": 0, "sd": 1, "seed": -1}, "whole number"),
        ({"type_99": 1.0}, "'type_99'. Did you mean 'type_9'"),
        (np.zeros(3), r"shape \(3,\)"),
    ],
)
def test_faulty_values_are_refused(value, message):
    with pytest.raises(RuleError, match=message):
        Rule.of_terms(TYPES, {"S_pre": value})


def test_a_rule_with_its_own_settings():
    settings = PlasticitySettings(learning_rate=3.0, max_fraction=None, bound_factor=1.5)
    rule = Rule.of_terms(TYPES, {"S_pre": 1.0}, description="A: test", settings=settings)
    again = Rule.from_yaml(rule.to_yaml(), TYPES)
    assert (again, again.settings, again.description) == (rule, settings, "A: test")
    assert rule != Rule.of_terms(TYPES, {"S_pre": 1.0})
    values = synapse_parameters(rule, TYPES[0], TYPES[1], PlasticitySettings(), 10, 20, False)
    assert (values["c_S_pre"], values["w_max"]) == (pytest.approx(3 * 2e-3 * 10), 30.0)
    assert values["max_fraction"] == np.inf
    with pytest.raises(RuleError, match=r"'boundfactor'\. Did you mean 'bound_factor'"):
        Rule.from_yaml(rule.to_yaml().replace("bound_factor", "boundfactor"), TYPES)


def test_equality_is_by_content_and_the_name_does_not_count():
    one, other = (Rule.of_terms(TYPES, {"S_pre": 0.5}, name=name) for name in ("a", "b"))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Rule.of_terms(TYPES, {"S_pre": 0.6})
    assert one != Rule.of_terms(TYPES[::-1], {"S_pre": 0.5})
    assert one.digest() == other.digest()


def test_arrays_are_read_only_copies():
    gates = np.zeros(25)
    rule = Rule.of_terms(TYPES, {"S_pre": 0.5})
    with pytest.raises(ValueError, match="read-only"):
        rule.tau_E_ms[0] = 1.0
    vector = random_vector()
    rule = Rule.from_vector(vector, TYPES)
    vector[:] = 0.0
    assert rule.coefficients[0].any()
    assert not gates.any()


def test_frame():
    pair = np.linspace(-1, 1, 289).reshape(17, 17)
    rule = Rule.of_terms(TYPES, {"S_pre": -0.5, "S_post*X_pre*R": pair}, tau_R_ms=75.0)
    frame = rule.to_frame()
    columns = ["S_pre", "S_post*X_pre*R", "tau_pre_ms", "tau_post_ms", "tau_R_ms"]
    assert list(frame.columns) == columns
    assert frame.index.names == ["pre", "post"] and len(frame) == 289
    assert set(frame.dtypes.astype(str)) == {"float64"}
    assert frame.loc[(TYPES[2], TYPES[5])].tolist() == [-0.5, pair[2, 5], 20.0, 20.0, 75.0]
    assert rule.to_frame([(TYPES[1], TYPES[0])]).index.tolist() == [(TYPES[1], TYPES[0])]


def test_representations():
    rule = Rule.of_terms(("E", "I"), {"S_pre": -0.5}, name="mine")
    assert repr(rule) == "<Rule mine: dW = - 0.5 S_pre, 2 neuron types>"
    assert repr(Rule.of_terms(("all",), {"R": 1.0})) == "<Rule: dW = R, 1 neuron type>"
    assert rule._repr_latex_() == r"$\displaystyle \mathrm{d}W_{ij} = - 0.5\, S_j$"
