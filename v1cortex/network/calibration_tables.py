"""Tables of calibrations: background by population, and the synapses that it was fitted for."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from v1cortex.errors import ConfigError
from v1cortex.network.short_term import OF_CIRCUIT, OFF, SHORT_TERM, short_term_rows
from v1cortex.tables import POPULATIONS

__all__ = [
    "PUBLISHED",
    "SHIPPED",
    "STATIC",
    "Synapses",
    "calibration_notes",
    "fitted_synapses",
    "parse_gain",
    "population_background_pA",
]

PUBLISHED = "published"
SHIPPED = (PUBLISHED, "mouse-classes", "mouse-classes-rat", "mouse-classes-table")
"""Calibrations by name. A name that ends in ``rat`` or ``table`` brings the short-term dynamics of
that name, and gains of connections."""

_SETTING = re.compile(r"#\s*(?P<key>short_term|weight_gain):\s*(?P<value>.*)")


@dataclass(frozen=True)
class Synapses:
    """What the synapses of circuits are like that a background is fitted for.

    Parameters
    ----------
    short_term
        Short-term dynamics, as in `NetworkSettings`.
    weight_gain
        Factors on weights by pair of groups of neuron types, see `with_gain`.
    """

    short_term: str = OFF
    weight_gain: Mapping[str, float] = field(default_factory=dict)

    def header(self) -> str:
        """Return the comment lines of a calibration table that `fitted_synapses` reads."""
        if self == STATIC:
            return ""
        gains = ", ".join(f"{pair}={value:g}" for pair, value in self.weight_gain.items())
        return f"# short_term: {self.short_term}\n# weight_gain: {gains}\n"


STATIC = Synapses()


def fitted_synapses(name: str) -> Synapses:
    """Return the synapses that a calibration was fitted for.

    Parameters
    ----------
    name
        One of `SHIPPED`, or a table written by ``v1cortex calibrate``. A table's comment lines
        ``# short_term: NAME`` and ``# weight_gain: E->E=2.2, ...`` say it; without them, synapses
        are static and gains 1. A path is relative to the table's folder.

    Raises
    ------
    ConfigError
        If there is no such calibration, or a line is malformed.
    TableError
        If the table of short-term dynamics is damaged.
    """
    if name == PUBLISHED:
        return STATIC
    path = _table(name)
    found = {"short_term": OFF, "weight_gain": ""}
    for line in _lines(path):
        if match := _SETTING.fullmatch(line):
            found[match["key"]] = match["value"].strip()
    short_term = found["short_term"]
    if short_term not in SHORT_TERM:
        short_term = str(path.parent / short_term)
    short_term_rows(short_term)
    return Synapses(short_term, _gains(path, found["weight_gain"]))


def calibration_notes(name: str, short_term: str) -> list[str]:
    """Return a note if a network's synapses are not those that its calibration was fitted for.

    Rates then differ from the mouse's, which may be what is wanted.

    Parameters
    ----------
    name
        One of `SHIPPED`, or a table.
    short_term
        The network's setting. Dynamics of the circuit itself (``circuit``) count as fitted for if
        the calibration was fitted for any.

    Raises
    ------
    ConfigError, TableError
        As `fitted_synapses`.
    """
    own = fitted_synapses(name).short_term
    if own == short_term or (short_term == OF_CIRCUIT and own != OFF):
        return []
    suited = f"mouse-classes{'' if short_term == OFF else f'-{short_term}'}"
    way_out = (
        f"calibration '{suited}' was fitted for these"
        if suited in SHIPPED
        else "fit one with `v1cortex calibrate`"
    )
    return [
        f"calibration '{name}' was fitted for {_in_words(own)}, but short_term is "
        f"'{short_term}': rates are not the mouse's ({way_out})"
    ]


def population_background_pA(name: str) -> NDArray[np.float64]:
    """Read the background weight of each population from a calibration table.

    Parameters
    ----------
    name
        One of `SHIPPED` except ``published``, or a table written by ``v1cortex calibrate``.

    Returns
    -------
    numpy.ndarray
        Weights in pA, in the order of `POPULATIONS`; shape (17,).

    Raises
    ------
    ConfigError
        If the file cannot be read, or lacks a population or a valid weight for it.
    """
    path = _table(name)
    try:
        rows = csv.DictReader(line for line in _lines(path) if not line.startswith("#"))
        weights = {row["population"]: float(row["background_pA"]) for row in rows}
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise ConfigError(f"{path} is not a calibration table: {error!r}") from None
    for population in POPULATIONS:
        weight_pA = weights.get(population, math.nan)
        if not (math.isfinite(weight_pA) and weight_pA >= 0):
            raise ConfigError(
                f"{path}: the background weight of {population} is {weight_pA}; it must be given "
                "in pA and be 0 or more"
            )
    return np.array([weights[population] for population in POPULATIONS])


def parse_gain(text: str) -> tuple[str, float]:
    """Return kind of connection and factor of a gain like ``E->E=1.5``.

    Raises
    ------
    ConfigError
        If it is not written like that; the text says how.
    """
    kind, _, value = text.rpartition("=")
    try:
        factor = float(value)
    except ValueError:
        kind, factor = "", 1.0
    if not kind:
        raise ConfigError("write KIND=FACTOR, such as E->E=1.5")
    return kind, factor


def _table(name: str) -> Path:
    if name == PUBLISHED:
        raise ConfigError(
            f"the calibration '{name}' has a background for each label, not for each population; "
            "start from mouse-classes or a table"
        )
    if name in SHIPPED:
        return Path(str(files("v1cortex.network") / "calibrations" / f"{name}.csv"))
    path = Path(name)
    if not path.is_file():
        raise ConfigError(f"no calibration and no file '{name}'. {did_you_mean(name, SHIPPED)}")
    return path


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a calibration table: {error!r}") from None


def _gains(path: Path, text: str) -> dict[str, float]:
    gains: dict[str, float] = {}
    for part in text.split(",") if text else ():
        try:
            pair, value = parse_gain(part.strip())
        except ConfigError as error:
            raise ConfigError(
                f"{path}: weight_gain has {part.strip()!r}; {error}, separated by commas"
            ) from None
        gains[pair] = value
    return gains


def _in_words(short_term: str) -> str:
    return "static synapses" if short_term == OFF else f"short-term dynamics '{short_term}'"
