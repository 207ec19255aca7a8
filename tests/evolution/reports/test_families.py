"""Families: planted ones are found, distances follow their definitions, files are complete."""

import csv
import json

import numpy as np
import pytest
from packed_pages import assert_alone, packed_data
from sample_results import comparison
from scipy.spatial.distance import squareform
from scipy.stats import spearmanr
from written_texts import texts

from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.reports import analyse, write
from evolution.reports.degeneracy import behaviour_of, correlate, family_pairs
from evolution.reports.families import RuleSet, find_families, plastic_pairs
from evolution.reports.family_plots import plot_degeneracy, plot_family
from evolution.runs import Candidate, EvolveConfig, Front, Member, RunFolder
from nestml_models.rule import TERMS, Rule, term
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Evaluation, NetworkSummary
from v1cortex.plots import DPI, save
from v1cortex.tables import POPULATIONS
from validation.objectives import OBJECTIVE_NAMES

GENOME = RuleGenome(POPULATIONS)
ALL = plastic_pairs("all")


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def vectors_of(*coefficients):
    return np.array([GENOME.encode(Rule.of_terms(POPULATIONS, each)) for each in coefficients])


def rules_of(*coefficients, pairs=ALL):
    return RuleSet(GENOME, vectors_of(*coefficients), pairs)


def planted(rng, n=6, noise=0.1):
    """Return coefficients of three families of n rules, in turn, the first two with equal terms."""
    centres = [
        {"S_pre": rng.uniform(-1, 1, 17)},
        {"S_pre": rng.uniform(-1, 1, 17)},
        {"S_pre*X_post": rng.uniform(-1, 1, (17, 17)), "X_post*R": rng.uniform(-1, 1, 17)},
    ]
    return [
        {
            name: np.clip(values + rng.normal(0, noise, values.shape), -1, 1)
            for name, values in centres[k % 3].items()
        }
        for k in range(3 * n)
    ]


def test_plastic_pairs_are_those_of_the_table():
    assert ALL.sum() == 186
    excitatory = [k for k, name in enumerate(POPULATIONS) if name.endswith("_E")]
    from_excitatory = plastic_pairs("excitatory")
    assert set(np.flatnonzero(from_excitatory.any(axis=1))) <= set(excitatory)
    between = plastic_pairs("E->E")
    assert (between <= from_excitatory).all()
    assert set(np.flatnonzero(between.any(axis=0))) <= set(excitatory)


def test_distances_are_those_of_the_definition(rng):
    coefficients = [
        {"S_pre": rng.uniform(-1, 1, 17), "R": 0.5},
        {"S_pre": rng.uniform(-1, 1, 17), "S_pre*X_post": rng.uniform(-1, 1, (17, 17))},
        {"X_post": rng.uniform(-1, 1, 17)},
        {},
        {},
    ]
    rules = rules_of(*coefficients)
    found = squareform(rules.distances)
    full = np.array([np.nan_to_num(rules.maps(each)) for each in TERMS])
    for one in range(5):
        for other in range(5):
            either = rules.gates[one] | rules.gates[other]
            squared = ((full[:, one] - full[:, other]) ** 2)[:, ALL].mean(axis=1)
            expected = np.sqrt(squared[either].mean()) if either.any() else 0.0
            assert found[one, other] == pytest.approx(expected, abs=1e-12)
    jaccard = squareform(rules.gate_distances)
    assert jaccard[0, 1] == pytest.approx(2 / 3)
    assert jaccard[3, 4] == 0
    assert jaccard[0, 3] == 1


def test_maps_show_what_acts_where(rng):
    pair, pre, post = rng.uniform(-1, 1, (17, 17)), rng.uniform(-1, 1, 17), rng.uniform(-1, 1, 17)
    rules = rules_of({"S_pre*X_post": pair, "S_pre": pre, "X_post": post, "R": 0.3})

    def shown(name):
        (values,) = rules.maps(term(name))
        assert np.isnan(values[~ALL]).all()
        return values[ALL]

    i, j = np.nonzero(ALL)
    np.testing.assert_array_equal(shown("S_pre*X_post"), pair[i, j])
    np.testing.assert_array_equal(shown("S_pre"), pre[i])
    np.testing.assert_array_equal(shown("X_post"), post[j])
    assert (shown("R") == 0.3).all()


def test_coefficients_without_synapses_do_not_count(rng):
    first = rng.uniform(-1, 1, (17, 17))
    second = np.where(ALL, first, -first)
    rules = rules_of({"S_pre*X_post": first}, {"S_pre*X_post": second})
    assert rules.distances[0] == 0


def test_planted_families_are_found(rng):
    found = find_families(rules_of(*planted(rng)))
    assert [len(family.members) for family in found.families] == [6, 6, 6]
    assert found.label == (1, 2, 3) * 6
    assert found.silhouette > 0.6
    for family in found.families:
        assert family.medoid in family.members


def test_gates_come_before_coefficients():
    """Rules with other terms form another family, however small their coefficients."""
    rules = rules_of({"S_pre": 0.1}, {"S_post": 0.1}, {"S_pre": 0.1, "S_post": 0.1}, {})
    assert len(find_families(rules).families) == 4
    joined = find_families(rules, gate_distance=0.5)
    assert joined.label[0] == joined.label[2]
    assert len(find_families(rules, gate_distance=1.0).families) == 1
    assert find_families(rules).silhouette is None


def test_a_single_rule_is_a_family():
    found = find_families(rules_of({"S_pre": 1.0}))
    assert (found.label, found.families[0].medoid, found.silhouette) == ((1,), 0, None)


def member(vector, k, values_by_seed, rates_Hz=None):
    evaluations = tuple(
        Evaluation(
            "ok",
            dict(zip(OBJECTIVE_NAMES, values, strict=True)),
            seed,
            statistics=NetworkSummary(
                populations=tuple(comparison(*each) for each in (rates_Hz or {}).items())
            ),
        )
        for seed, values in enumerate(values_by_seed, start=1)
    )
    mean = np.mean(values_by_seed, axis=0)
    return Member(
        0, k, mean, mean, ("ok",) * len(evaluations), genome=vector, evaluations=evaluations
    )


def test_behaviour_leaves_complexity_out_and_has_unit_spread():
    vector = vectors_of({})[0]
    values = np.array([[0.4, 0.04, 50, 0.1, 1, 2], [0.2, 0.9, 50, 0.1, 1, 2]])
    members = [member(vector, k, [row]) for k, row in enumerate(values)]
    found = behaviour_of(members, OBJECTIVE_NAMES)
    assert "complexity" not in found.features
    # One of five features differs, by two standard deviations.
    assert found.distances == pytest.approx([2 / np.sqrt(5)])
    assert found.floor is None
    rates = [{"network": 1.0, "L4_E": rate, "L5_E": 2.0} for rate in (1.0, np.e)]
    members = [member(vector, k, [values[0]], rates[k]) for k in range(2)]
    found = behaviour_of(members, OBJECTIVE_NAMES)
    assert found.features[-2:] == ("L4_E", "L5_E")
    # One of two features of one of two groups.
    assert found.distances == pytest.approx([2 / np.sqrt(2) / np.sqrt(2)])


def test_the_noise_floor_is_the_distance_of_rules_that_act_alike(rng):
    vector = vectors_of({})[0]
    draws = 5 + rng.normal(size=(300, 3, 6))
    found = behaviour_of([member(vector, k, rows) for k, rows in enumerate(draws)], OBJECTIVE_NAMES)
    root_mean_square = np.sqrt(np.mean(found.distances**2))
    assert found.floor == pytest.approx(root_mean_square, rel=0.05)


def test_correlation_is_spearmans_and_its_p_is_honest(rng):
    points = rng.normal(size=(12, 2))
    near = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    parameters = squareform(near, checks=False)
    found = correlate(parameters, parameters**2, np.random.default_rng(1))
    assert found.rho == pytest.approx(1)
    assert found.p == 1 / 1000
    p = []
    for _ in range(60):
        other = rng.normal(size=(12, 2))
        apart = squareform(np.abs(other[:, None] - other).sum(axis=2), checks=False)
        chance = correlate(parameters, apart, rng)
        assert chance.rho == pytest.approx(spearmanr(parameters, apart).statistic)
        p.append(chance.p)
    # Uniform under independence: 60 values, standard error of the mean 0.037.
    assert np.mean(p) == pytest.approx(0.5, abs=0.15)
    assert correlate(parameters[:3], parameters[:3], rng) is None


def test_families_that_act_alike_are_degenerate(rng):
    """Of three families, the first two act alike, the third does not."""
    behaviour = [0.1, 0.1, 0.5]
    vectors = vectors_of(*planted(rng))
    members = [
        member(vectors[k], k, [[behaviour[k % 3] + e, 0.04, 50, 0.1, 1, 2] for e in (0.01, -0.01)])
        for k in range(18)
    ]
    rules = RuleSet(GENOME, vectors, ALL)
    found = family_pairs(
        find_families(rules).families, rules.distances, behaviour_of(members, OBJECTIVE_NAMES)
    )
    assert {(pair.first, pair.second): pair.degenerate for pair in found} == {
        (1, 2): True,
        (1, 3): False,
        (2, 3): False,
    }
    assert found[0].parameters == max(pair.parameters for pair in found)


def objectives(k):
    return [0.5 - k / 100, 0.04, 50 + k, 0.1, 1 + k / 10, 2 + k]


def front_of_planted(rng, n):
    vectors = vectors_of(*planted(rng)[:n])
    members = tuple(member(vectors[k], k, [objectives(k)]) for k in range(n))
    fields = {"members": members, "candidates": members, "names": OBJECTIVE_NAMES, "n_tried": n}
    return Front(**{k: v for k, v in fields.items() if k in Front.__dataclass_fields__})


def test_tables_and_pictures(rng, assert_as_stored, tmp_path):
    report = analyse(front_of_planted(rng, 18), GENOME, "all")
    first = write(report, tmp_path / "a")
    again = write(report, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    with (tmp_path / "a" / "families.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["rules"] for row in rows] == ["6", "6", "6"]
    assert rows[0]["formula"] == "dW = c(pre) S_pre"
    assert float(rows[0]["error_best"]) == pytest.approx(0.35)
    assert rows[2]["terms"] == "S_pre*X_post:1.00 X_post*R:1.00"
    with (tmp_path / "a" / "members.csv").open() as file:
        assert [row["family"] for row in csv.DictReader(file)] == ["1", "2", "3"] * 6
    third = report.families.families[2]
    pictures = {
        "family_of_both_signs": plot_family(report.rules, third, report.formula(third)),
        "degeneracy": plot_degeneracy(
            report.rules, report.families, report.behaviour, report.correlation
        ),
    }
    for name, figure in pictures.items():
        assert_as_stored(save(figure, tmp_path / f"{name}.png", DPI), name)
    assert "n = 18" in texts(pictures["degeneracy"])

    fewer = analyse(front_of_planted(rng, 1), GENOME, "all")
    write(fewer, tmp_path / "a")
    assert sorted(path.name for path in (tmp_path / "a").glob("family_*.png")) == ["family_01.png"]
    write(fewer, tmp_path / "a", "svg")
    assert [path.name for path in (tmp_path / "a").glob("family_*")] == ["family_01.svg"]


def test_bad_settings_and_empty_fronts_are_named(rng):
    front = front_of_planted(rng, 3)
    with pytest.raises(ConfigError, match=r"gate distance is 1.5; it must lie between 0 and 1"):
        analyse(front, GENOME, "all", gate_distance=1.5)
    with pytest.raises(ConfigError, match="coefficient distance is -1"):
        analyse(front, GENOME, "all", coefficient_distance=-1)
    with pytest.raises(RunFolderError, match="the front has no rules"):
        analyse(front_of_planted(rng, 0), GENOME, "all")


@pytest.fixture
def run(rng, tmp_path):
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        folder.begin(EvolveConfig(), resume=False)
        with folder.store() as store:
            for k, vector in enumerate(vectors_of(*planted(rng, n=2))):
                values = dict(zip(OBJECTIVE_NAMES, objectives(k), strict=True))
                store.put(Candidate(0, k, 1, vector), Evaluation("ok", values, 1))
    return tmp_path / "run"


def test_the_command_writes_into_the_run(cli, run):
    code, out, err = cli("families", run, "--json")
    assert code == 0, err
    data = json.loads(out)
    assert data["n_rules"] == 6
    assert [family["rules"] for family in data["families"]] == [2, 2, 2]
    assert (run / "families" / "degeneracy.png").is_file()
    page = (run / "families" / "report.html").read_text()
    assert f"v1cortex families {run} --json" in page
    assert "3 families of 6 rules" in page
    assert page.count("<math") >= 6
    assert_alone(page)
    figures = {each["id"]: each for each in packed_data(page)["figures"]}
    maps = [each for name, each in figures.items() if name.startswith("map-")]
    assert len(maps) == 4  # S_pre twice, and the two terms of the third family
    assert all(np.shape(each["traces"][0]["z"]) == (17, 17) for each in maps)
    assert sum(len(trace["x"]) for trace in figures["pairs"]["traces"]) == 15
    _, out, _ = cli("families", run, "--gates", 1, "--coefficients", 2)
    assert "1 family of 6 rules" in out


def test_a_folder_without_a_run_is_refused(cli, tmp_path):
    code, _, err = cli("families", tmp_path)
    assert code == 1
    assert "there is no run" in err
