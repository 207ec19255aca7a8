"""Rules by name: shipped rules, random rules, or a rule file."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import numpy as np

from nestml_models.errors import did_you_mean
from nestml_models.rule import MAX_TAU_MS, MAX_THRESHOLD_HZ, TERMS, Rule
from v1cortex.errors import RuleError
from v1cortex.tables import POPULATIONS

SHIPPED = (
    "none",
    "s_pre",
    "s_pre_x_post",
    "five_term",
    "stdp",
    "rstdp",
    "inhibitory_homeostasis",
    "inhibitory_pairing",
    "pairing_by_type",
    "fast_weights",
)
"""Names of the shipped rules; each is a file in ``rules`` that gives its source."""

TAU_MS = 20.0
"""Time constant of the traces of uniform rules (*choice*; a common value for STDP)."""

RANDOM_TERMS = 3
"""Largest number of active terms of a random rule."""

MAX_SEED_DIGITS = 30
"""Maximum number of digits of a random rule's seed, as in YAML (*choice*)."""


def load_rule(name_or_path: str | Path) -> Rule:
    """Return a rule for the 17 populations.

    Parameters
    ----------
    name_or_path
        A rule file, the name of a shipped rule, or ``random:SEED`` for a rule of one to three
        terms.

    Raises
    ------
    RuleError
        If there is neither a file nor a rule of that name, or the file is not valid.
    """
    name_or_path = str(name_or_path)
    if name_or_path in SHIPPED:
        shipped = importlib.resources.files("v1cortex.rules") / "shipped" / f"{name_or_path}.yaml"
        return Rule.from_yaml(shipped.read_text(encoding="utf-8"), POPULATIONS)
    if name_or_path.startswith("random:"):
        return random_rule(name_or_path)
    path = Path(name_or_path)
    if path.is_file():
        return Rule.from_yaml(path, POPULATIONS)
    raise RuleError(
        f"no rule file and no shipped rule '{name_or_path}'. "
        f"{did_you_mean(name_or_path, [*SHIPPED, 'random:SEED'])}"
    )


def uniform_rule(name: str, active: tuple[str, ...], coefficient: float = 1.0) -> Rule:
    """Return a rule whose active terms have the same coefficient at all synapse types."""
    n_types = len(POPULATIONS)
    shapes = {"pair": (n_types, n_types), "pre": (n_types,), "post": (n_types,), "global": ()}
    return Rule(
        types=POPULATIONS,
        gates=np.array([term.name in active for term in TERMS]),
        coefficients=tuple(
            np.full(shapes[term.scope], coefficient if term.name in active else 0.0)
            for term in TERMS
        ),
        tau_E_ms=np.full(n_types, TAU_MS),
        tau_R_ms=np.full(n_types, TAU_MS),
        threshold_Hz=5.0,
        name=name,
    )


def random_rule(name: str) -> Rule:
    """Return the rule ``random:SEED``: coefficients and time constants uniform in their ranges.

    Raises
    ------
    RuleError
        If SEED is not a whole number of 0 or more.
    """
    text = name.removeprefix("random:")
    if not text.isdecimal() or len(text) > MAX_SEED_DIGITS:
        raise RuleError(
            f"'{name}': SEED must be a whole number of 0 or more, such as random:1, with at most "
            f"{MAX_SEED_DIGITS} digits"
        )
    rng = np.random.default_rng(int(text))
    n_terms = int(rng.integers(1, RANDOM_TERMS + 1))
    active = tuple(TERMS[k].name for k in rng.choice(len(TERMS), n_terms, replace=False))
    template = uniform_rule(name, active)
    n_types = len(POPULATIONS)
    return Rule(
        types=POPULATIONS,
        gates=template.gates,
        coefficients=tuple(rng.uniform(-1, 1, np.shape(c)) for c in template.coefficients),
        tau_E_ms=MAX_TAU_MS - rng.uniform(0, MAX_TAU_MS, n_types),
        tau_R_ms=MAX_TAU_MS - rng.uniform(0, MAX_TAU_MS, n_types),
        threshold_Hz=float(rng.uniform(0, MAX_THRESHOLD_HZ)),
        name=name,
        description="One to three random terms; coefficients and time constants are uniform.",
    )
