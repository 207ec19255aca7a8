"""Rules as YAML, to be read and written by hand.

Coefficients and time constants are whatever `nestml_models.rule.values` accepts: one number,
numbers by neuron type or pair, or a distribution. Drawn values are written back as numbers::

    name: example
    description: What the rule does, and where it comes from.
    threshold_Hz: 5.0
    tau_E_ms: 20.0
    tau_R_ms: 100.0
    terms:
      S_pre: 0.5
      X_post: {distribution: uniform, low: -1.0, high: 0.0, seed: 1}
      S_post*X_pre: {L4_E: {L23_E: 1.0, L4_E: 0.5}}
    inactive_terms: {}
    plasticity: {learning_rate: 2.0, bound_factor: 3.0, max_fraction: 0.05}

``evidence`` is a list of measured effects, see `nestml_models.rule.evidence`; it changes nothing.
``plasticity`` may be left out: scales, bound and cap are then those of the network in which the
rule is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import dump_yaml, parse, parse_yaml, read_yaml
from nestml_models.errors import ConfigError, RuleError
from nestml_models.rule.evidence import Evidence
from nestml_models.rule.settings import PlasticitySettings
from nestml_models.rule.terms import term
from nestml_models.rule.values import TermValues, is_known, mapping, number

__all__ = ["RuleContent", "content", "dump", "read"]

_NEEDED = ("threshold_Hz", "tau_E_ms", "tau_R_ms", "terms")
_KEYS = ("name", "description", *_NEEDED, "inactive_terms", "plasticity", "evidence")


@dataclass(frozen=True)
class RuleContent:
    """The content of a rule's YAML file.

    Attributes
    ----------
    active, inactive
        Coefficients by name of the term, as written in the file.
    tau_E_ms, tau_R_ms
        Time constants, as written in the file.
    threshold_Hz
        Read-out threshold.
    name, description
        For human readers.
    settings
        Scales, bound and cap; None if the file does not give them.
    evidence
        What was measured with the rule.
    """

    active: dict[str, TermValues]
    inactive: dict[str, TermValues]
    tau_E_ms: TermValues
    tau_R_ms: TermValues
    threshold_Hz: float
    name: str
    description: str
    settings: PlasticitySettings | None
    evidence: tuple[Evidence, ...] = ()


def dump(rule: RuleContent, types: tuple[str, ...]) -> str:
    """Return the YAML text of a rule whose values are arrays."""
    document = {
        "name": rule.name,
        **({"description": rule.description} if rule.description else {}),
        "threshold_Hz": rule.threshold_Hz,
        "tau_E_ms": _plain(rule.tau_E_ms, types),
        "tau_R_ms": _plain(rule.tau_R_ms, types),
        "terms": {name: _plain(c, types) for name, c in rule.active.items()},
        "inactive_terms": {name: _plain(c, types) for name, c in rule.inactive.items()},
        **({"plasticity": rule.settings.model_dump()} if rule.settings else {}),
        **({"evidence": _evidence_data(rule.evidence)} if rule.evidence else {}),
    }
    return dump_yaml(document, default_flow_style=None, width=100)


def read(text_or_path: str | Path) -> tuple[object, str]:
    """Read YAML text, or a file if given a `Path` or a string of one line.

    Returns
    -------
    document
        The parsed YAML.
    source
        Where it came from, for messages.

    Raises
    ------
    RuleError
        If the file is missing, or is not valid YAML.
    """
    if isinstance(text_or_path, str) and "\n" in text_or_path:
        return parse_yaml(text_or_path, "the rule", RuleError), "the rule"
    path = Path(text_or_path)
    return read_yaml(path, RuleError), str(path)


def content(document: object) -> RuleContent:
    """Return the content of a rule's YAML document.

    Raises
    ------
    RuleError
        If it is not a mapping, or names an unknown key or term.
    """
    if not isinstance(document, dict):
        raise RuleError(f"a rule must be a mapping with the keys {', '.join(_KEYS)}")
    if "terms" in document and document["terms"] is None:
        raise RuleError("'terms' is empty; for a rule without terms write `terms: {}`")
    for key in document:
        is_known("key", str(key), _KEYS)
    missing = [key for key in _NEEDED if key not in document]
    if missing:
        raise RuleError(f"the rule lacks {', '.join(missing)}")
    active, inactive = (_terms(document.get(key)) for key in ("terms", "inactive_terms"))
    both = sorted(active.keys() & inactive.keys())
    if both:
        raise RuleError(f"{', '.join(both)} cannot be in both terms and inactive_terms")
    return RuleContent(
        active=active,
        inactive=inactive,
        tau_E_ms=document["tau_E_ms"],
        tau_R_ms=document["tau_R_ms"],
        threshold_Hz=number("threshold_Hz", document["threshold_Hz"]),
        name=str(document.get("name") or ""),
        description=str(document.get("description") or ""),
        settings=_settings(document.get("plasticity")),
        evidence=_evidence(document.get("evidence")),
    )


def _plain(values: object, types: tuple[str, ...]) -> object:
    """Return numbers and mappings; one number where all are the same."""
    array: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or np.all(array == array.flat[0]):
        return float(array.flat[0])
    return {name: _plain(row, types) for name, row in zip(types, array, strict=True)}


def _terms(document: object) -> dict[str, TermValues]:
    given = mapping("terms", document or {})
    return {term(name).name: cast(TermValues, value) for name, value in given.items()}


def _settings(document: object) -> PlasticitySettings | None:
    if document is None:
        return None
    try:
        return parse(PlasticitySettings, mapping("plasticity", document), "plasticity")
    except ConfigError as error:
        raise RuleError(str(error)) from None


def _evidence(document: object) -> tuple[Evidence, ...]:
    if document is None:
        return ()
    if not isinstance(document, list):
        raise RuleError("'evidence' must be a list of measured effects")
    try:
        return tuple(parse(Evidence, mapping("evidence", each), "evidence") for each in document)
    except ConfigError as error:
        raise RuleError(str(error)) from None


def _evidence_data(evidence: Sequence[Evidence]) -> list[dict[str, object]]:
    return [each.model_dump(mode="json", exclude_defaults=True) for each in evidence]
