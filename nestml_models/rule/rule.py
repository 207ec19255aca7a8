"""A plasticity rule: which terms are active, with which coefficients for which neuron types."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nestml_models.errors import RuleError, did_you_mean
from nestml_models.rule import text as rule_text
from nestml_models.rule import yaml_file as rule_yaml
from nestml_models.rule.evidence import Evidence
from nestml_models.rule.settings import PlasticitySettings
from nestml_models.rule.terms import N_TERMS, TERMS, Term, term
from nestml_models.rule.text import SynapseTypeRow
from nestml_models.rule.values import TermValues, term_shape, term_values, type_values

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "LONGEST_TAU_MS",
    "MAX_TAU_MS",
    "MAX_THRESHOLD_HZ",
    "Rule",
    "vector_layout",
    "vector_length",
]

MAX_TAU_MS = 150.0
"""Longest time constant of eligibility and reward traces in the published space of rules, and in
searches by default (Ye et al., ICLR 2026)."""

LONGEST_TAU_MS = 2000.0
"""Longest time constant of a rule (*choice*): beyond the 750 ms between images that mice see."""

MAX_THRESHOLD_HZ = 10.0
"""Highest read-out threshold (Ye et al., ICLR 2026)."""


def vector_layout(n_types: int) -> dict[str, slice]:
    """Return the position of each part of a rule in its vector.

    Parameters
    ----------
    n_types
        Number of neuron types.

    Returns
    -------
    dict
        Slices named ``gates``, ``coefficients`` (in the order of the terms; pair terms row by row,
        with one row per presynaptic type), ``tau_E_ms``, ``tau_R_ms`` and ``threshold_Hz``.
    """
    sizes = {
        "gates": N_TERMS,
        "coefficients": sum(each.n_coefficients(n_types) for each in TERMS),
        "tau_E_ms": n_types,
        "tau_R_ms": n_types,
        "threshold_Hz": 1,
    }
    stops = np.cumsum(list(sizes.values()))
    return {
        name: slice(int(stop) - size, int(stop))
        for (name, size), stop in zip(sizes.items(), stops, strict=True)
    }


def vector_length(n_types: int) -> int:
    """Return the number of parameters of a rule: 2645 for 17 neuron types."""
    return int(vector_layout(n_types)["threshold_Hz"].stop)


@dataclass(frozen=True, eq=False, repr=False)
class Rule:
    """A truncated Taylor polynomial dW = sum of gate x coefficient x term.

    Two rules are equal if they do the same: name, description and evidence are not compared. The
    arrays are read-only.

    Attributes
    ----------
    types
        Names of the T neuron types.
    gates
        Which terms are active; bool, shape (25,).
    coefficients
        One array per term, in [-1, 1]: shape (T, T) [pre, post] for pair terms, (T,) for terms of
        one neuron, () for R.
    tau_E_ms
        Time constant of each type's eligibility trace, in (0, 2000]; shape (T,).
    tau_R_ms
        Time constant of the reward trace at synapses onto each type, in (0, 2000]; shape (T,).
    threshold_Hz
        Read-out threshold, in [0, 10].
    name, description
        For human readers.
    settings
        Scales, bound and cap that belong to the rule; None leaves them to the network. They are not
        part of the vector.
    evidence
        What was measured with it.

    Raises
    ------
    RuleError
        If a shape is wrong or a value is out of range.
    """

    types: tuple[str, ...]
    gates: NDArray[np.bool_]
    coefficients: tuple[NDArray[np.float64], ...]
    tau_E_ms: NDArray[np.float64]
    tau_R_ms: NDArray[np.float64]
    threshold_Hz: float
    name: str = ""
    description: str = ""
    settings: PlasticitySettings | None = None
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "types", tuple(self.types))
        n_types = len(self.types)
        if n_types == 0 or len(set(self.types)) < n_types:
            raise RuleError(f"neuron types must be given, once each; got {self.types}")
        gates = np.array(self.gates, dtype=bool)
        if gates.shape != (N_TERMS,) or len(self.coefficients) != N_TERMS:
            raise RuleError(
                f"a rule has {N_TERMS} gates and arrays of coefficients; got gates of shape "
                f"{gates.shape} and {len(self.coefficients)} arrays"
            )
        gates.setflags(write=False)
        set_(self, "gates", gates)
        coefficients = tuple(
            _checked(f"coefficient of {each.name}", c, term_shape(each, n_types), -1.0, 1.0)
            for each, c in zip(TERMS, self.coefficients, strict=True)
        )
        set_(self, "coefficients", coefficients)
        for name in ("tau_E_ms", "tau_R_ms"):
            tau = _checked(name, getattr(self, name), (n_types,), 0.0, LONGEST_TAU_MS)
            if np.any(tau == 0.0):
                raise RuleError(f"{name} is 0; it must lie in (0, {LONGEST_TAU_MS:g}] ms")
            set_(self, name, tau)
        threshold = _checked("threshold_Hz", self.threshold_Hz, (), 0.0, MAX_THRESHOLD_HZ)
        set_(self, "threshold_Hz", float(threshold))

    @classmethod
    def of_terms(
        cls,
        types: tuple[str, ...],
        coefficients: Mapping[str, TermValues],
        *,
        tau_E_ms: TermValues = 20.0,
        tau_R_ms: TermValues = 100.0,
        threshold_Hz: float = 5.0,
        name: str = "",
        description: str = "",
        settings: PlasticitySettings | None = None,
    ) -> Rule:
        """Return a rule of a few terms.

        Parameters
        ----------
        types
            Neuron types.
        coefficients
            By name of the term: one number for all types, an array of the term's shape, numbers by
            type or pair of types, or a distribution (see `nestml_models.rule.values`).
        tau_E_ms, tau_R_ms
            One number for all types, one per type, numbers by type, or a distribution.
        threshold_Hz
            Read-out threshold.
        name, description
            For human readers.
        settings
            Scales, bound and cap, if they belong to the rule.
        """
        given = {term(key).index: value for key, value in coefficients.items()}
        tau = (0.0, LONGEST_TAU_MS)
        return cls(
            types=types,
            gates=np.array([each.index in given for each in TERMS]),
            coefficients=tuple(
                term_values(each, given.get(each.index, 0.0), types) for each in TERMS
            ),
            tau_E_ms=type_values("tau_E_ms", tau_E_ms, types, tau),
            tau_R_ms=type_values("tau_R_ms", tau_R_ms, types, tau),
            threshold_Hz=threshold_Hz,
            name=name,
            description=description,
            settings=settings,
        )

    @classmethod
    def static(cls, types: tuple[str, ...]) -> Rule:
        """Return the rule without active terms."""
        return cls.of_terms(types, {}, name="none")

    @classmethod
    def from_vector(cls, vector: ArrayLike, types: tuple[str, ...], name: str = "") -> Rule:
        """Return the rule that a vector of numbers encodes (see `vector_layout`).

        A gate is open from 0.5 upwards.

        Raises
        ------
        RuleError
            If the length is wrong or a value is out of range.
        """
        values = np.asarray(vector, dtype=np.float64)
        n_types = len(types)
        if values.shape != (vector_length(n_types),):
            raise RuleError(
                f"the vector has shape {values.shape}; a rule for {n_types} neuron types has "
                f"({vector_length(n_types)},)"
            )
        parts = {key: values[where] for key, where in vector_layout(n_types).items()}
        gates = _checked("gates", parts["gates"], (N_TERMS,), 0.0, 1.0)
        stops = np.cumsum([each.n_coefficients(n_types) for each in TERMS])
        split = np.split(parts["coefficients"], stops[:-1])
        return cls(
            types=types,
            gates=gates >= 0.5,
            coefficients=tuple(
                c.reshape(term_shape(each, n_types)) for each, c in zip(TERMS, split, strict=True)
            ),
            tau_E_ms=parts["tau_E_ms"],
            tau_R_ms=parts["tau_R_ms"],
            threshold_Hz=float(parts["threshold_Hz"][0]),
            name=name,
        )

    def to_vector(self) -> NDArray[np.float64]:
        """Return the rule as one vector, shape (vector_length(T),)."""
        return np.concatenate(
            [
                self.gates.astype(np.float64),
                *(c.ravel() for c in self.coefficients),
                self.tau_E_ms,
                self.tau_R_ms,
                [self.threshold_Hz],
            ]
        )

    @classmethod
    def from_yaml(cls, text_or_path: str | Path, types: tuple[str, ...]) -> Rule:
        """Read a rule from YAML text or from a file (a `Path`, or a string of one line).

        Raises
        ------
        RuleError
            If the file is missing, is not YAML, or names an unknown key, term or type.
        """
        document, source = rule_yaml.read(text_or_path)
        try:
            return cls._of_content(rule_yaml.content(document), types)
        except RuleError as error:
            raise RuleError(f"{source}: {error}") from None

    @classmethod
    def _of_content(cls, content: rule_yaml.RuleContent, types: tuple[str, ...]) -> Rule:
        rule = cls.of_terms(
            types,
            {**content.inactive, **content.active},
            tau_E_ms=content.tau_E_ms,
            tau_R_ms=content.tau_R_ms,
            threshold_Hz=content.threshold_Hz,
            name=content.name,
            description=content.description,
            settings=content.settings,
        )
        gates = np.array([each.name in content.active for each in TERMS])
        return replace(rule, gates=gates, evidence=content.evidence)

    def to_yaml(self) -> str:
        """Return the rule as YAML that `from_yaml` turns into exactly the same rule."""
        named = {each.name: c for each, c in zip(TERMS, self.coefficients, strict=True)}
        active = {each.name for each in self.active_terms}
        return rule_yaml.dump(
            rule_yaml.RuleContent(
                active={key: c for key, c in named.items() if key in active},
                inactive={key: c for key, c in named.items() if key not in active and np.any(c)},
                tau_E_ms=self.tau_E_ms,
                tau_R_ms=self.tau_R_ms,
                threshold_Hz=self.threshold_Hz,
                name=self.name,
                description=self.description,
                settings=self.settings,
                evidence=self.evidence,
            ),
            self.types,
        )

    @cached_property
    def active_terms(self) -> tuple[Term, ...]:
        """The terms whose gates are open."""
        return tuple(each for each in TERMS if self.gates[each.index])

    @property
    def n_active(self) -> int:
        """Number of active terms."""
        return len(self.active_terms)

    def type_index(self, name: str) -> int:
        """Return the position of a neuron type.

        Raises
        ------
        RuleError
            If the rule has no such type; the message gives the nearest name.
        """
        if name not in self.types:
            raise RuleError(
                f"the rule has no neuron type '{name}'. {did_you_mean(name, self.types)}"
            )
        return self.types.index(name)

    def coefficient(self, which: Term, pre: int, post: int) -> float:
        """Return gate x coefficient of a term between two types, given by position."""
        if not self.gates[which.index]:
            return 0.0
        index = {"pair": (pre, post), "pre": (pre,), "post": (post,), "global": ()}[which.scope]
        return float(self.coefficients[which.index][index])

    def formula(self) -> str:
        """Return the rule on one line (see `nestml_models.rule.text.formula`)."""
        return rule_text.formula(self)

    def to_latex(self) -> str:
        """Return the rule as LaTeX (see `nestml_models.rule.text.latex`)."""
        return rule_text.latex(self)

    def table(self, pairs: Iterable[tuple[str, str]] | None = None) -> tuple[SynapseTypeRow, ...]:
        """Return a row for each synapse type (see `nestml_models.rule.text.table`)."""
        return rule_text.table(self, pairs)

    def to_frame(self, pairs: Iterable[tuple[str, str]] | None = None) -> pd.DataFrame:
        """Return `table` as a pandas table.

        Parameters
        ----------
        pairs
            (pre, post) neuron types; all pairs if None.

        Returns
        -------
        frame
            Indexed by ``pre`` and ``post``: the coefficient of each active term, under the term's
            name; ``tau_pre_ms`` and ``tau_post_ms`` of the eligibility traces, and ``tau_R_ms`` of
            the reward trace.
        """
        return rule_text.frame(self, pairs)

    def __repr__(self) -> str:
        return rule_text.short(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256("\n".join(self.types).encode())
        sha.update(self.to_vector().astype("<f8").tobytes())
        if self.settings is not None:
            sha.update(np.array(self.settings.numbers, dtype="<f8").tobytes())
        return sha.hexdigest()

    def digest(self) -> str:
        """Return a SHA-256 of everything but name, description and evidence."""
        return self._digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)


def _checked(
    name: str, value: ArrayLike, shape: tuple[int, ...], low: float, high: float
) -> NDArray[np.float64]:
    """Return a read-only copy; shape and range must fit."""
    array = np.array(value, dtype=np.float64) + 0.0  # the sum turns -0 into 0: one rule, one digest
    if array.shape != shape:
        raise RuleError(f"{name} has shape {array.shape}; expected {shape}")
    wrong = ~((array >= low) & (array <= high))
    if np.any(wrong):
        raise RuleError(
            f"{name} is {float(array[wrong].flat[0])}; it must lie in [{low:g}, {high:g}]"
        )
    array = np.asarray(array)
    array.setflags(write=False)
    return array
