"""The paper's experiments on one rule, as lists of conditions."""

from __future__ import annotations

from collections.abc import Sequence

from nestml_models.rule import MAX_TAU_MS, Rule, term
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Protocol
from v1cortex.experiments.conditions import Condition
from v1cortex.experiments.retest import STATIC, retest_conditions
from v1cortex.rules import load_rule, merged, redrawn
from v1cortex.tables import POPULATIONS

__all__ = [
    "EXPLORED_SCOPES",
    "FEWSHOT_TRIALS",
    "LONG_TRIALS",
    "SCALE_NEURONS",
    "controls",
    "exploration",
    "final",
    "scale",
    "training_curve",
]

FEWSHOT_TRIALS = (0, 10, 20, 50, 100)
"""Training trials of the few-shot curve (Ye et al., ICLR 2026)."""
LONG_TRIALS = (0, 100, 300, 1000)
"""Training trials of the long exposure: up to ten times the usual number."""
SCALE_NEURONS = (1000, 2000, 3000, 4000, 5000)
"""Sizes at which rules found at 3000 neurons were tested (Ye et al., ICLR 2026)."""

EXPLORED_SCOPES = ("E->E", "E->I", "I->E")
"""Connections that an exploration makes plastic, one kind at a time."""

BASELINES = ("stdp", "rstdp")

FEWER_TYPES = {
    "all": "one coefficient for all neuron types",
    "sign": "excitatory and inhibitory types only",
    "class": "4 types: E, Pvalb, Sst, Htr3a",
}
"""Groupings of neuron types for controls (`v1cortex.rules.controls.merged`), with their names."""


def final(rules: dict[str, Rule]) -> list[Condition]:
    """Return each rule and the static network, for the final assessment."""
    return retest_conditions(rules)


def training_curve(rule: Rule, trials: Sequence[int]) -> list[Condition]:
    """Return the rule after different numbers of training trials, compared with the fewest.

    Raises
    ------
    ExperimentError
        If numbers are not different, even, and 0 or more.
    """
    counts = sorted(trials)
    if len(set(counts)) < max(2, len(counts)) or counts[0] < 0 or any(n % 2 for n in counts):
        raise ExperimentError(
            f"training trials are {list(trials)}; give two or more different even numbers"
        )
    first = f"{counts[0]} trials"
    return [
        Condition(
            f"{n} trials",
            rule,
            {"training_trials": n},
            control="" if n == counts[0] else first,
            description="no training" if n == 0 else f"{n} training trials",
        )
        for n in counts
    ]


def scale(rule: Rule, sizes: Sequence[int]) -> list[Condition]:
    """Return the rule in circuits of different sizes, each compared with its static network.

    Raises
    ------
    ExperimentError
        If a size is given twice, or none is given.
    """
    if not sizes or len(set(sizes)) < len(sizes):
        raise ExperimentError(f"sizes are {list(sizes)}; give one or more, each once")
    static = load_rule("none")
    conditions = []
    for n in sorted(sizes):
        name = f"{STATIC}, {n} neurons"
        conditions.append(Condition(name, static, neurons=n, description="no plasticity"))
        conditions.append(
            Condition(f"{n} neurons", rule, neurons=n, control=name, description="the rule")
        )
    return conditions


def exploration(terms: Sequence[str], scopes: Sequence[str], tau_ms: float) -> list[Condition]:
    """Return rules of one term, of either sign, at different kinds of connections.

    Terms with reward have a positive sign only, since the sign of the reward error varies.

    Parameters
    ----------
    terms
        Names of terms.
    scopes
        Sets of plastic connections (``Protocol.plastic``).
    tau_ms
        Time constant of eligibility traces; reward traces have 150 ms.
    """
    conditions = [Condition(STATIC, load_rule("none"), description="no plasticity")]
    for scope in scopes:
        for name in terms:
            signs = (1.0,) if term(name).r else (1.0, -1.0)
            for sign in signs:
                rule = Rule.of_terms(
                    POPULATIONS, {name: sign}, tau_E_ms=tau_ms, tau_R_ms=MAX_TAU_MS
                )
                label = f"{'+' if sign > 0 else '-'}{name} at {scope}"
                conditions.append(
                    Condition(
                        label, rule, {"plastic": scope}, STATIC, description=f"tau {tau_ms:g} ms"
                    )
                )
    return conditions


def controls(
    name: str, rule: Rule, protocol: Protocol, seeds: Sequence[int]
) -> tuple[list[Condition], list[str]]:
    """Return a rule with all its controls, and remarks on redundant ones.

    Parameters
    ----------
    name
        Name of the rule.
    rule
        The rule; for one without active terms, the static network, only the baselines remain.
    protocol
        The protocol, whose settings the controls change.
    seeds
        Seeds of the experiment: random rules differ between seeds.
    """
    if not rule.n_active:
        conditions = [*retest_conditions({}, protocol), *_baselines(rule, seeds)]
        return conditions, ["the rule has no active term: only the baselines are of interest"]
    conditions = retest_conditions({name: rule}, protocol)
    switched = not protocol.test_plasticity
    conditions.append(
        Condition(
            f"{name}, plasticity {'on' if switched else 'off'} in test",
            rule,
            {"test_plasticity": switched},
            control=STATIC,
            description="weights keep changing after training"
            if switched
            else "weights are frozen after training",
        )
    )
    remarks = []
    if protocol.test_plasticity:
        remarks.append("type means, shuffled changes, cell sums: plasticity is on in the test")
    for candidate, remark in (_shuffled_reward(name, rule), *_fewer_types(name, rule)):
        if candidate is None:
            remarks.append(remark)
        else:
            conditions.append(candidate)
    conditions.append(
        Condition(
            "same terms, random coefficients",
            {seed: redrawn(rule, seed) for seed in seeds},
            control=STATIC,
            description="the rule's terms; coefficients uniform in [-1, 1], new for each seed",
        )
    )
    conditions.extend(_baselines(rule, seeds))
    if not protocol.lgn_memory:
        remarks.append("LGN memory off: it is already switched off in the protocol")
    return conditions, remarks


def _shuffled_reward(name: str, rule: Rule) -> tuple[Condition | None, str]:
    if not any(each.r for each in rule.active_terms):
        return None, "shuffled reward: the rule has no term with R, so it is the rule itself"
    condition = Condition(
        f"{name}, shuffled reward",
        rule,
        {"reward": "shuffled"},
        control=name,
        description="as much reward, regardless of the answer",
    )
    return condition, ""


def _fewer_types(name: str, rule: Rule) -> list[tuple[Condition | None, str]]:
    found: list[tuple[Condition | None, str]] = []
    for by, what in FEWER_TYPES.items():
        same = merged(rule, by)
        if same == rule:
            found.append((None, f"{what}: the rule itself, which does not tell more types apart"))
            continue
        condition = Condition(
            f"{name}, {what}", same, control=name, description="averaged coefficients"
        )
        found.append((condition, ""))
    return found


def _baselines(rule: Rule, seeds: Sequence[int]) -> list[Condition]:
    random = {seed: load_rule(f"random:{seed}") for seed in seeds}
    text = "one to three random terms, another rule for each seed"
    conditions = [Condition("random rules", random, control=STATIC, description=text)]
    for name in BASELINES:
        baseline = load_rule(name)
        if baseline != rule:
            formula = baseline.formula()
            conditions.append(Condition(name, baseline, control=STATIC, description=formula))
    return conditions
