"""Hurdles, repeated evaluation and the steady state, each checked in the store."""

import numpy as np
import pytest
import toy_search as toy
from sample_results import firing_at

from evolution.algorithms import COUNT, fit
from evolution.algorithms.noise import VARIANCE
from evolution.errors import SearchError, SearchInterrupted
from evolution.runs import VIABLE, HurdleConfig, RunFolder, Silent
from v1cortex.errors import ConfigError
from v1cortex.evaluation import Evaluation

QUICK = HurdleConfig(name="quick", min_mean_rate_Hz=None, max_mean_rate_Hz=6.0)
SLOW = HurdleConfig(name="slow", min_mean_rate_Hz=2.0, max_mean_rate_Hz=None)


def rated():
    """Return an evaluator whose networks fire at 10 x[0] Hz, and whose objectives are noisy."""

    def evaluate(candidate):
        noise = np.random.default_rng([candidate.seed, candidate.index]).normal(0, 0.1, 2)
        objectives = {
            name: float(value + shift)
            for (name, value), shift in zip(toy.zdt1(candidate.genome).items(), noise, strict=True)
        }
        statistics = firing_at(10 * candidate.genome[0])
        timings = {"total": 1.0, "processor": 0.5}
        return Evaluation("ok", objectives, candidate.seed, statistics=statistics, timings=timings)

    return evaluate


def records(out):
    with RunFolder(out).store(read_only=True) as store:
        return store.all()


def test_a_rule_meets_the_protocol_only_after_every_hurdle(tmp_path):
    front = toy.in_process(tmp_path, toy.settings(4, hurdles=(QUICK, SLOW)), rated)
    found = {}
    for record in records(tmp_path):
        asked = record.candidate
        found.setdefault((asked.generation, asked.index), {})[asked.stage] = record
    assert len(found) == 32 == front.n_tried
    for stages in found.values():
        rate_Hz = 10 * stages["quick"].candidate.genome[0]
        passes_quick, passes_slow = rate_Hz <= 6, rate_Hz >= 2
        assert set(stages) == {
            "quick", *(["slow"] if passes_quick else []),
            *(["protocol"] if passes_quick and passes_slow else []),
        }  # fmt: skip
        said = f"mean rate (Hz) is {rate_Hz:.3g}, above 6"
        assert stages["quick"].rejected == ("" if passes_quick else said)
    with RunFolder(tmp_path).store(read_only=True) as store:
        costs = {cost.stage: cost for cost in store.costs()}
    n_rejected = sum(10 * stages["quick"].candidate.genome[0] > 6 for stages in found.values())
    assert costs["quick"].n_rejected == n_rejected > 0
    assert (costs["quick"].n_evaluations, costs["quick"].cpu_seconds) == (32, 16.0)
    assert len(front.candidates) == costs["protocol"].n_evaluations < 32


def test_a_hurdle_that_nothing_passes_is_named(tmp_path):
    wall = HurdleConfig(name="wall", min_mean_rate_Hz=100, max_mean_rate_Hz=None)
    with pytest.raises(SearchError, match="hurdles rejected all 8 rules of the first generation"):
        toy.in_process(tmp_path, toy.settings(hurdles=(wall,)), rated)


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"name": "protocol"}, "cannot be called 'protocol'"),
        ({"min_mean_rate_Hz": 5, "max_mean_rate_Hz": 4}, "not below max_mean_rate_Hz"),
        ({"protocol": {"training_trial": 2}}, "'training_trials'"),
    ],
)
def test_bad_hurdles_are_named(settings, part):
    from evolution.runs import EvolveConfig
    from nestml_models.common import parse

    with pytest.raises(ConfigError, match=part):
        parse(EvolveConfig, {"hurdles": [settings]}, "e.yaml")


def by_rule(out):
    found = {}
    for record in records(out):
        asked = record.candidate
        found.setdefault((asked.generation, asked.index), []).append(record.evaluation)
    return found


def test_survivors_are_evaluated_again_and_carry_the_mean_of_all_without_seeds_effects(tmp_path):
    settings = toy.settings(generations=6, reevaluations=3)
    toy.in_process(tmp_path, settings, rated)
    found = by_rule(tmp_path)
    assert len(records(tmp_path)) == 6 * 8 + 5 * 3
    model = fit(
        {
            origin: {e.seed: np.array(list(e.objectives.values())) for e in found[origin]}
            for origin in sorted(found)
        }
    )
    algorithm = RunFolder(tmp_path).load().algorithm
    repeated = 0
    for member in algorithm.pop:
        evaluations = sorted(found[member.get("origin")], key=lambda e: e.seed)
        assert len({e.seed for e in evaluations}) == len(evaluations) == member.get(COUNT)
        plain = np.array([list(e.objectives.values()) for e in evaluations])
        effects = np.array([model.effects[e.seed] for e in evaluations])
        values = plain - effects
        np.testing.assert_allclose(member.F, values.mean(axis=0), rtol=1e-12)
        if len(values) > 1:
            repeated += 1
            variance = values.var(axis=0, ddof=1) / len(values)
            np.testing.assert_allclose(member.get(VARIANCE), variance, rtol=1e-9)
    assert repeated >= 3


@pytest.mark.parametrize("algorithm", ["nsga2", "nsga3", "swarm"])
def test_an_interrupted_search_with_everything_goes_on_to_the_same_bits(tmp_path, algorithm):
    settings = toy.settings(
        4, algorithm=algorithm, reevaluations=2, hurdles=(QUICK,), seeds_per_rule=2
    )
    through = toy.in_process(tmp_path / "through", settings, rated)

    class Impatient(Silent):
        n = 0

        def update(self, snapshot):
            self.n += 1
            if self.n == 37:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        toy.in_process(tmp_path / "broken", settings, rated, Impatient())
    assert len(toy.rows(tmp_path / "broken")) < len(toy.rows(tmp_path / "through"))
    resumed = toy.in_process(tmp_path / "broken", settings, rated)
    assert toy.rows(tmp_path / "broken") == toy.rows(tmp_path / "through")
    np.testing.assert_array_equal(resumed.values, through.values)


@pytest.mark.parametrize("algorithm", ["nsga2", "nsga3", "swarm"])
def test_a_steady_state_tries_as_many_rules_and_goes_on_after_a_break(tmp_path, algorithm):
    settings = toy.settings(
        5, algorithm=algorithm, mode="steady_state", reevaluations=2, hurdles=(QUICK,)
    )
    late = toy.settings(5, algorithm=algorithm, mode="steady_state", reevaluations=2,
                        hurdles=(QUICK,), max_hours=1e-6)  # fmt: skip
    with pytest.raises(SearchInterrupted, match="stopped after"):
        toy.in_process(tmp_path, late, rated)

    class Impatient(Silent):
        n = 0

        def update(self, snapshot):
            self.n += 1
            if self.n == 31:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        toy.in_process(tmp_path, settings, rated, Impatient())
    before = toy.rows(tmp_path)
    front = toy.in_process(tmp_path, settings, rated)
    after = toy.rows(tmp_path)
    assert set(before) < set(after)
    assert front.n_tried == 40
    assert {(g, k) for g, k, *_ in after} == {(g, k) for g in range(5) for k in range(8)}
    viable = {(c.generation, c.index) for c in front.candidates if VIABLE.issuperset(c.statuses)}
    told = RunFolder(tmp_path).load().told
    assert told == frozenset(range(8, 40))
    for member in RunFolder(tmp_path).load().algorithm.pop:
        if member.get("values_by_seed"):
            assert member.get("origin") in viable
