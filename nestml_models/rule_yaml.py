"""Rules as YAML, for people to read and write.

A coefficient or time constant is one number for all neuron types, a mapping from a type to a
number, or, for terms of a pair, a mapping from the presynaptic type to a number or to a mapping
from the postsynaptic type to a number. Coefficients of types that are left out are 0::

    name: example
    threshold_Hz: 5.0
    tau_E_ms: 20.0
    tau_R_ms: 100.0
    terms:
      S_pre: 0.5
      S_post*X_pre: {L4_E: {L23_E: 1.0, L4_E: 0.5}}
    inactive_terms: {}
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from nestml_models.errors import RuleError
from nestml_models.terms import term

__all__ = ["RuleContent", "dump", "load"]

_KEYS = ("name", "threshold_Hz", "tau_E_ms", "tau_R_ms", "terms", "inactive_terms")


@dataclass(frozen=True)
class RuleContent:
    """What a YAML file says of a rule.

    Attributes
    ----------
    active, inactive
        Coefficients by the name of the term.
    tau_E_ms, tau_R_ms
        Time constants, shape (T,).
    threshold_Hz
        Read-out threshold.
    name
        For people.
    """

    active: dict[str, NDArray[np.float64]]
    inactive: dict[str, NDArray[np.float64]]
    tau_E_ms: NDArray[np.float64]
    tau_R_ms: NDArray[np.float64]
    threshold_Hz: float
    name: str


def dump(content: RuleContent, types: tuple[str, ...]) -> str:
    """Return the YAML text of a rule."""
    document = {
        "name": content.name,
        "threshold_Hz": content.threshold_Hz,
        "tau_E_ms": _plain(content.tau_E_ms, types),
        "tau_R_ms": _plain(content.tau_R_ms, types),
        "terms": {name: _plain(c, types) for name, c in content.active.items()},
        "inactive_terms": {name: _plain(c, types) for name, c in content.inactive.items()},
    }
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=100)


def load(text_or_path: str | Path, types: tuple[str, ...]) -> RuleContent:
    """Read YAML text, or a file if given a `Path` or a string of one line.

    Raises
    ------
    RuleError
        If the file is missing, is not YAML, or names an unknown key, term or type.
    """
    text = _text(text_or_path)
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RuleError(f"the rule is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise RuleError(f"a rule is a mapping with the keys {', '.join(_KEYS)}")
    for key in document:
        _known("key", str(key), _KEYS)
    missing = [key for key in _KEYS[1:5] if key not in document]
    if missing:
        raise RuleError(f"the rule lacks {', '.join(missing)}")
    return RuleContent(
        active=_terms(document["terms"], types),
        inactive=_terms(document.get("inactive_terms"), types),
        tau_E_ms=_one_sided("tau_E_ms", document["tau_E_ms"], types, complete=True),
        tau_R_ms=_one_sided("tau_R_ms", document["tau_R_ms"], types, complete=True),
        threshold_Hz=_number("threshold_Hz", document["threshold_Hz"]),
        name=str(document.get("name") or ""),
    )


def _text(text_or_path: str | Path) -> str:
    if isinstance(text_or_path, str) and "\n" in text_or_path:
        return text_or_path
    try:
        return Path(text_or_path).read_text(encoding="utf-8")
    except OSError as error:
        raise RuleError(f"the rule {text_or_path} cannot be read: {error.strerror}") from error


def _plain(values: NDArray[np.float64], types: tuple[str, ...]) -> object:
    """Return numbers and mappings; one number where all are the same."""
    if values.ndim == 0 or np.all(values == values.flat[0]):
        return float(values.flat[0])
    return {name: _plain(row, types) for name, row in zip(types, values, strict=True)}


def _terms(document: object, types: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    return {
        term(name).name: _coefficients(name, value, types)
        for name, value in _mapping("terms", document or {}).items()
    }


def _coefficients(name: str, value: object, types: tuple[str, ...]) -> NDArray[np.float64]:
    scope = term(name).scope
    if scope == "global":
        return np.array(_number(name, value))
    if scope != "pair":
        return _one_sided(name, value, types)
    if not isinstance(value, dict):
        return np.full((len(types), len(types)), _number(name, value))
    result = np.zeros((len(types), len(types)))
    for pre, row in _by_type(name, value, types).items():
        result[pre] = _one_sided(name, row, types)
    return result


def _one_sided(
    name: str, value: object, types: tuple[str, ...], complete: bool = False
) -> NDArray[np.float64]:
    if not isinstance(value, dict):
        return np.full(len(types), _number(name, value))
    given = _by_type(name, value, types)
    if complete and len(given) < len(types):
        absent = [each for index, each in enumerate(types) if index not in given]
        raise RuleError(f"{name} lacks the types {', '.join(absent)}")
    result = np.zeros(len(types))
    for index, each in given.items():
        result[index] = _number(name, each)
    return result


def _by_type(name: str, value: object, types: tuple[str, ...]) -> dict[int, object]:
    mapping = _mapping(name, value)
    for key in mapping:
        _known(f"neuron type in {name}", key, types)
    return {types.index(key): each for key, each in mapping.items()}


def _mapping(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise RuleError(f"{name} must be a mapping, not {value!r}")
    return {str(key): each for key, each in value.items()}


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleError(f"{name} must be a number, not {value!r}")
    return float(value)


def _known(what: str, name: str, names: Iterable[str]) -> None:
    known = list(names)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise RuleError(f"unknown {what}: '{name}'; did you mean '{near}'?")
