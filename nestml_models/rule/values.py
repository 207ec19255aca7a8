"""Coefficients and time constants of neuron types, as written by hand.

Where a rule needs one number for each neuron type or pair of types, it accepts

- one number for all;
- an array of the right shape;
- a mapping from a type to a number, or, for a pair, from the presynaptic type to a number or to a
  mapping from the postsynaptic type to a number; coefficients of types that are left out are 0;
- a distribution to draw from, with a seed: ``{distribution: uniform, low: -1, high: 1, seed: 3}``
  or ``{distribution: normal, mean: 0.5, sd: 0.2, seed: 3}``; values beyond the limits of the
  quantity are drawn again. The same seed gives different numbers for each quantity.
"""

from __future__ import annotations

import hashlib
import reprlib
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nestml_models.errors import RuleError, did_you_mean
from nestml_models.rule.terms import Term

__all__ = [
    "TermValues",
    "is_known",
    "mapping",
    "number",
    "term_shape",
    "term_values",
    "type_values",
]

TermValues = ArrayLike | Mapping[str, object]
"""What `term_values` and `type_values` accept."""

Limits = tuple[float, float]

_DISTRIBUTIONS = {"uniform": ("low", "high"), "normal": ("mean", "sd")}
_DRAWS_AT_MOST = 1000


def term_shape(term: Term, n_types: int) -> tuple[int, ...]:
    """Return the shape of a term's coefficients: (T, T) [pre, post], (T,) or ()."""
    return {"pair": (n_types, n_types), "pre": (n_types,), "post": (n_types,), "global": ()}[
        term.scope
    ]


def term_values(term: Term, value: object, types: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the coefficients of a term, in its shape.

    Raises
    ------
    RuleError
        If a type, key or distribution is unknown, or something is not a number.
    """
    shape, limits = term_shape(term, len(types)), (-1.0, 1.0)
    if term.scope != "pair" or not _is_by_type(value):
        return _values(term.name, value, shape, types, limits)
    result = np.zeros(shape)
    for pre, row in _by_type(term.name, value, types).items():
        result[pre] = _values(f"{term.name} of {types[pre]}", row, shape[1:], types, limits)
    return result


def type_values(
    name: str, value: object, types: tuple[str, ...], limits: Limits
) -> NDArray[np.float64]:
    """Return one number for each type; a mapping must name all of them. Shape (T,).

    Raises
    ------
    RuleError
        As for `term_values`, and if a type is missing.
    """
    if _is_by_type(value):
        given = _by_type(name, value, types)
        absent = [each for index, each in enumerate(types) if index not in given]
        if absent:
            raise RuleError(f"{name} lacks the types {', '.join(absent)}")
    return _values(name, value, (len(types),), types, limits)


def mapping(name: str, value: object) -> Mapping[str, object]:
    """Return a mapping with its keys as strings, or raise a `RuleError`."""
    if not isinstance(value, Mapping):
        raise RuleError(f"{name} must be a mapping, not {reprlib.repr(value)}")
    return {str(key): each for key, each in value.items()}


def number(name: str, value: object) -> float:
    """Return a number, or raise a `RuleError`."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        shown = reprlib.repr(value)
        raise RuleError(f"{name} must be a number, not {shown}{_as_number(value)}")
    try:
        return float(value)
    except OverflowError:
        raise RuleError(f"{name} is too large for a floating-point number") from None


def _as_number(value: object) -> str:
    """Suggest how to write text that is almost a number."""
    if not isinstance(value, str):
        return ""
    # A decimal comma, and the minus sign of word processors.
    text = value.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")
    try:
        float(text)
    except ValueError:
        return ""
    return f"; write {text}, without quotes"


def is_known(what: str, name: str, names: Iterable[str]) -> None:
    """Raise a `RuleError` with the nearest name, unless `name` is one of `names`."""
    known = list(names)
    if name not in known:
        raise RuleError(f"unknown {what}: '{name}'. {did_you_mean(name, known)}")


def _values(
    name: str, value: object, shape: tuple[int, ...], types: tuple[str, ...], limits: Limits
) -> NDArray[np.float64]:
    if isinstance(value, Mapping) and "distribution" in value:
        return _draw(name, mapping(name, value), shape, limits)
    if isinstance(value, Mapping) and len(shape) == 1:
        result = np.zeros(shape)
        for index, each in _by_type(name, value, types).items():
            result[index] = number(f"{name} of {types[index]}", each)
        return result
    if isinstance(value, list | tuple | np.ndarray):
        array = _array(name, value)
        if array.shape not in ((), shape):
            raise RuleError(f"{name} has shape {array.shape}; give one number or shape {shape}")
        return np.broadcast_to(array, shape)
    return np.full(shape, number(name, value))


def _array(name: str, value: object) -> NDArray[np.float64]:
    """Return nested lists of numbers as an array; all rows must have the same length."""
    if isinstance(value, np.ndarray):
        return np.asarray(value, dtype=np.float64)
    if not isinstance(value, list | tuple):
        return np.asarray(number(name, value))
    rows = [_array(f"{name}[{index}]", each) for index, each in enumerate(value)]
    shapes = {row.shape for row in rows}
    if len(shapes) > 1:
        found = ", ".join(str(shape) for shape in sorted(shapes))
        raise RuleError(f"the rows of {name} differ in shape: {found}")
    return np.array(rows, dtype=np.float64)


def _draw(
    name: str, given: Mapping[str, object], shape: tuple[int, ...], limits: Limits
) -> NDArray[np.float64]:
    """Draw independent values within the limits."""
    kind = str(given["distribution"])
    is_known(f"distribution of {name}", kind, _DISTRIBUTIONS)
    keys = _DISTRIBUTIONS[kind]
    for key in given:
        is_known(f"key of the distribution of {name}", key, ("distribution", "seed", *keys))
    missing = [key for key in (*keys, "seed") if key not in given]
    if missing:
        raise RuleError(f"the distribution of {name} lacks {', '.join(missing)}")
    first, second = (number(f"{key} of {name}", given[key]) for key in keys)
    seed = given["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise RuleError(f"the seed of {name} is {seed!r}; it must be a whole number, 0 or more")
    if not np.isfinite([first, second]).all() or (kind == "normal" and second < 0):
        raise RuleError(f"the distribution of {name} is impossible: {dict(given)}")
    low, high = limits
    if kind == "uniform" and not low <= first <= second <= high:
        raise RuleError(
            f"the distribution of {name} goes from {first:g} to {second:g}; low must not exceed "
            f"high, and both must lie in [{low:g}, {high:g}]"
        )
    quantity = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    rng = np.random.default_rng(np.random.SeedSequence([seed, quantity]))
    draw = rng.uniform if kind == "uniform" else rng.normal
    values = np.asarray(draw(first, second, shape))
    for _ in range(_DRAWS_AT_MOST):
        beyond = (values < low) | (values > high)
        if not beyond.any():
            return values
        values = np.where(beyond, draw(first, second, shape), values)
    raise RuleError(f"the distribution of {name} hardly overlaps [{low:g}, {high:g}]")


def _is_by_type(value: object) -> bool:
    return isinstance(value, Mapping) and "distribution" not in value


def _by_type(name: str, value: object, types: tuple[str, ...]) -> dict[int, object]:
    by_name = mapping(name, value)
    for key in by_name:
        is_known(f"neuron type in {name}", key, types)
    return {types.index(key): each for key, each in by_name.items()}
