"""GLIF3 parameters and populations of the cell types in SONATA networks of other programs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestml_models.errors import did_you_mean
from v1cortex.errors import CircuitError
from v1cortex.sonata.reader import NodeGroup, read_parameters
from v1cortex.sonata.type_rows import Row
from v1cortex.sonata.type_tables import TAU_SYN_MS
from v1cortex.tables import POPULATIONS, Tables

POINT_NEURONS = ("point_neuron", "point_process")
MODELS = {"glif_psc": None, "glif_lif_asc_psc": True, "glif_lif_psc": False}
"""NEST models that can represent GLIF3 neurons, and whether they have after-spike currents."""
MECHANISMS = {
    "spike_dependent_threshold": "a threshold that spikes raise (GLIF2, GLIF4)",
    "adapting_threshold": "a threshold that adapts to the voltage (GLIF5)",
}
N_AFTER_SPIKE = 2
RANGES = {
    "C_m": (1e-2, 1e6, "pF"),
    "g": (1e-6, 1e6, "nS"),
    "E_L": (-1e3, 1e3, "mV"),
    "V_reset": (-1e3, 1e3, "mV"),
    "V_th": (-1e3, 1e3, "mV"),
    "t_ref": (1e-3, 1e4, "ms"),
    "asc_amps": (-1e6, 1e6, "pA"),
    "asc_init": (-1e6, 1e6, "pA"),
    "asc_decay": (1e-6, 1e3, "per ms"),
    "asc_r": (-1e6, 1e6, ""),
    "tau_syn": (1e-2, 1e4, "ms"),
}
"""Smallest and largest value of each parameter (*choice*): far beyond those of any neuron, to catch
only missing numbers, infinity and wrong units."""
_OWN_COLUMNS = {
    "C_m": "C_m_pF",
    "g": "g_nS",
    "E_L": "E_L_mV",
    "V_th": "V_th_mV",
    "t_ref": "t_ref_ms",
}
_NAME = re.compile(r"(?P<ei>[ei])(?P<layer>1|23|4|5|6)(?P<rest>\w*)")
_INTERNEURONS = {"pvalb": "Pvalb", "sst": "Sst", "htr3a": "Htr3a", "vip": "Htr3a"}


@dataclass(frozen=True)
class CellModel:
    """One GLIF3 cell model.

    Attributes
    ----------
    population : str
        One of `POPULATIONS`.
    label : str
        Name of the cell type in its network.
    C_m_pF, g_nS, E_L_mV, V_th_mV, t_ref_ms : float
        Membrane; the reset potential is E_L.
    asc_amp_pA, asc_tau_ms : tuple of float
        Two after-spike currents.
    tau_syn_ms : tuple of float
        Time constant of each receptor, from receptor 1.
    """

    population: str
    label: str
    C_m_pF: float
    g_nS: float
    E_L_mV: float
    V_th_mV: float
    t_ref_ms: float
    asc_amp_pA: tuple[float, ...]
    asc_tau_ms: tuple[float, ...]
    tau_syn_ms: tuple[float, ...]


def cell_model(
    nodes: NodeGroup,
    type_id: int,
    folders: Mapping[str, Path],
    tables: Tables,
    populations: Mapping[str, str],
) -> CellModel:
    """Read the cell model of a node type.

    Parameters
    ----------
    nodes
        The node population.
    type_id
        The node type.
    folders
        Component folders of the network.
    tables
        The model's tables, whose labels (such as ``e4Rorb``) are known names.
    populations
        Population of each cell type whose name does not tell it.

    Raises
    ------
    CircuitError
        If it is not a GLIF3 model as simulated here; the message says what is not supported.
    """
    where = f"{nodes.path}: node type {type_id} of '{nodes.name}'"
    label = nodes.text(type_id, "pop_name", "population", "cell_type", "model_name") or ""
    population = population_of(label, tables, populations, where)
    where = f"{where} ({label})"
    kind, model = nodes.text(type_id, "model_type"), nodes.text(type_id, "model_template")
    if kind not in POINT_NEURONS:
        raise CircuitError(f"{where}: model_type '{kind}' is not supported, only point neurons")
    name = (model or "").removeprefix("nest:")
    if name not in MODELS:
        raise CircuitError(
            f"{where}: cell model '{model}' is not supported; GLIF3 models are {', '.join(MODELS)}"
        )
    single = [name for name in (*RANGES, *_OWN_COLUMNS.values()) if name in nodes.own]
    if single:
        raise CircuitError(
            f"{nodes.path}: '{single[0]}' is set for individual nodes of '{nodes.name}', which is "
            "not supported; set it for node types"
        )
    file = nodes.text(type_id, "dynamics_params")
    if file is None or nodes.text(type_id, *_OWN_COLUMNS.values()) is not None:
        parameters = _from_columns(nodes, type_id, where)
    else:
        parameters = read_parameters(folders, "point_neuron_models_dir", file)
        where = f"{where}, {file}"
    if parameters.get("type") == "GLIF":
        parameters = _from_cell_types_database(parameters, where)
    label = nodes.text(type_id, "cell_label") or label
    return _checked(parameters, MODELS[name], population, label, where)


def population_of(label: str, tables: Tables, given: Mapping[str, str], where: str) -> str:
    """Infer the population of a cell type from its name.

    Recognised are the populations themselves, the labels of the tables, and names made of e or i,
    a layer and a class, such as ``e23Cux2`` or ``i5Pvalb``.

    Raises
    ------
    CircuitError
        If the name does not tell it.
    """
    name = given.get(label, label)
    if name in POPULATIONS:
        return name
    if label in given:
        raise CircuitError(
            f"no population '{name}' for '{label}'. {did_you_mean(name, POPULATIONS)}"
        )
    if name in tables.labels.label:
        return POPULATIONS[int(tables.labels.population[tables.labels.label.index(name)])]
    match = _NAME.fullmatch(name)
    if match:
        rest = match["rest"].lower()
        cell_class = "E" if match["ei"] == "e" else _INTERNEURONS.get(rest, "")
        guess = f"L{match['layer']}_{cell_class}"
        if guess in POPULATIONS:
            return guess
    if not label:
        raise CircuitError(
            f"{where} has no name: its table of types, or the nodes, need a 'pop_name', such as "
            "L4_E or e4Rorb"
        )
    raise CircuitError(
        f"{where}: cannot tell which V1 population '{label}' belongs to. Give it with "
        f"populations={{'{label}': 'L4_E'}} (--population {label or 'NAME'}=L4_E); known: "
        f"{', '.join(POPULATIONS)}"
    )


def _from_columns(nodes: NodeGroup, type_id: int, where: str) -> dict[str, Any]:
    """Read parameters from the table of types, as in folders written by v1cortex."""
    row = nodes.types.get(type_id, {})
    parameters: dict[str, Any] = {
        key: _value(row, name, where) for key, name in _OWN_COLUMNS.items() if name in row
    }
    if "asc_amp_1_pA" in row:
        numbers = range(1, N_AFTER_SPIKE + 1)
        parameters["asc_amps"] = [_value(row, f"asc_amp_{k}_pA", where) for k in numbers]
        parameters["asc_decay"] = [
            1.0 / (_value(row, f"asc_tau_{k}_ms", where) or math.nan) for k in numbers
        ]
        parameters["after_spike_currents"] = True
        parameters["tau_syn"] = TAU_SYN_MS
        parameters["V_reset"] = parameters.get("E_L")
    return parameters


def _value(row: Row, name: str, where: str) -> float:
    """Return a number from the table of types."""
    try:
        return float(row[name])
    except (KeyError, ValueError):
        raise CircuitError(f"{where}: {name} is {row.get(name)}; it must be a number") from None


def _from_cell_types_database(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Convert a model file of the Allen Cell Types Database (SI units) to NEST's parameters.

    Teeter et al. 2018, Nat Commun 9:709; optimised quantities are a value times a coefficient.
    """
    try:
        factor = config["coeffs"]
        rest_mV = 1e3 * config["El_reference"]
        amplitudes = zip(config["asc_amp_array"], factor["asc_amp_array"], strict=True)
        return {
            "C_m": 1e12 * factor["C"] * config["C"],
            "g": 1e9 * factor["G"] / config["R_input"],
            "E_L": rest_mV + 1e3 * config["El"],
            "V_reset": rest_mV,
            "V_th": rest_mV + 1e3 * factor["th_inf"] * config["th_inf"],
            "t_ref": 1e3 * config["spike_cut_length"] * config["dt"],
            "asc_amps": [1e12 * value * scale for value, scale in amplitudes],
            "asc_decay": [1e-3 / tau_s for tau_s in config["asc_tau_array"]],
            "asc_init": [1e12 * value for value in config["init_AScurrents"]],
            "tau_syn": TAU_SYN_MS,
        }
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise CircuitError(f"{where}: incomplete GLIF model file: {error!r}") from error


def _checked(
    parameters: Mapping[str, Any],
    after_spike: bool | None,
    population: str,
    label: str,
    where: str,
) -> CellModel:
    for name, meaning in MECHANISMS.items():
        if parameters.get(name):
            raise CircuitError(f"{where}: {meaning} is not supported ('{name}' is set), only GLIF3")
    missing = [name for name in (*_OWN_COLUMNS, "V_reset") if parameters.get(name) is None]
    if missing:
        raise CircuitError(f"{where} lacks the GLIF3 parameters {', '.join(missing)}")
    (rest_mV, reset_mV, threshold_mV, capacitance_pF, conductance_nS, refractory_ms) = (
        _number(parameters[name], name, where)
        for name in ("E_L", "V_reset", "V_th", "C_m", "g", "t_ref")
    )
    if not rest_mV < threshold_mV:
        raise CircuitError(f"{where}: V_th, {threshold_mV:g} mV, must be above E_L, {rest_mV:g} mV")
    if not abs(rest_mV - reset_mV) <= 1e-6:
        raise CircuitError(
            f"{where}: a reset to {reset_mV:g} mV, not to the resting potential {rest_mV:g} mV, is "
            "not supported"
        )
    if after_spike is None:
        after_spike = bool(parameters.get("after_spike_currents", False))
    amplitudes, taus = _after_spike_currents(parameters, where) if after_spike else ((), ())
    empty = N_AFTER_SPIKE - len(amplitudes)
    return CellModel(
        population=population,
        label=label,
        C_m_pF=capacitance_pF,
        g_nS=conductance_nS,
        E_L_mV=rest_mV,
        V_th_mV=threshold_mV,
        t_ref_ms=refractory_ms,
        asc_amp_pA=(*amplitudes, *[0.0] * empty),
        asc_tau_ms=(*taus, *[10.0] * empty),
        tau_syn_ms=_numbers(parameters, "tau_syn", where),
    )


def _after_spike_currents(
    parameters: Mapping[str, Any], where: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    amplitudes = _numbers(parameters, "asc_amps", where)
    decays = _numbers(parameters, "asc_decay", where)
    n = len(amplitudes)
    if n > N_AFTER_SPIKE or len(decays) != n:
        raise CircuitError(
            f"{where}: after-spike currents {list(amplitudes)} with decay rates {list(decays)} are "
            f"not supported, only up to {N_AFTER_SPIKE}, each with its own rate"
        )
    if any(_numbers(parameters, "asc_init", where)):
        raise CircuitError(f"{where}: after-spike currents at the start (asc_init) are unsupported")
    if any(value != 1.0 for value in _numbers(parameters, "asc_r", where)):
        raise CircuitError(f"{where}: 'asc_r' other than 1 is not supported")
    return amplitudes, tuple(1.0 / rate for rate in decays)


def _numbers(parameters: Mapping[str, Any], name: str, where: str) -> tuple[float, ...]:
    """Return a list of numbers; empty if it is missing."""
    values = parameters.get(name, ())
    if not isinstance(values, list | tuple):
        raise CircuitError(f"{where}: {name} is {values!r:.80}; it must be a list of numbers")
    return tuple(_number(each, f"{name}[{k}]", where) for k, each in enumerate(values))


def _number(value: object, name: str, where: str) -> float:
    """Return a parameter, checked against its range."""
    low, high, unit = RANGES[name.partition("[")[0]]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise CircuitError(
            f"{where}: {name} is {value!r:.80}; it must be a number from {low:g} to {high:g}"
            + f" {unit}" * bool(unit)
        )
    return float(value)
