"""Short-term dynamics of a network's synapses: where they come from, and models that have them.

Synapses that follow no rule but have short-term dynamics use the compiled model without terms, not
NEST's ``tsodyks2_synapse`` (*choice*): its weight is what a synapse at rest transmits, with or
without a rule, and its parameters are stored once per synapse type. With ``tsodyks2``, weights in
NEST would be those of the circuit divided by U, and each synapse would store five parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nestml_models.build import CompiledModule, compile_general
from nestml_models.common import Notice
from nestml_models.compiled import compile_rule
from nestml_models.errors import did_you_mean
from nestml_models.rule import Rule, ShortTerm
from v1cortex.circuit import Circuit
from v1cortex.errors import ConfigError
from v1cortex.nest import load_nest
from v1cortex.tables import (
    POPULATIONS,
    SHORT_TERM_TABLES,
    ShortTermRow,
    SynapseDynamics,
    load_short_term,
    short_term_of_types,
)

if TYPE_CHECKING:
    from v1cortex.network.settings import BuildSettings

__all__ = [
    "OFF",
    "SHORT_TERM",
    "ShortTermModules",
    "ShortTermSynapses",
    "compile_models",
    "dynamic_types",
    "short_term_for",
    "short_term_rows",
    "with_short_term",
]

OFF, OF_CIRCUIT = "off", "circuit"
SHORT_TERM = (OFF, OF_CIRCUIT, *SHORT_TERM_TABLES)
"""Names of the setting `short_term`; any other value is the path of a table."""

_FLUSH_MS = 60_000.0
"""Update interval of static synapses, since NEST requires one; they need no updates."""


def short_term_rows(name: str) -> tuple[ShortTermRow, ...]:
    """Return the rows of the table named by the setting `short_term`.

    Parameters
    ----------
    name
        ``table`` or ``rat`` for a shipped one, or a path; no rows for ``off`` and ``circuit``.

    Raises
    ------
    ConfigError
        If there is neither such a setting nor a file of that name.
    TableError
        If the table is damaged.
    """
    if name in (OFF, OF_CIRCUIT):
        return ()
    if name in SHORT_TERM_TABLES:
        return load_short_term(SHORT_TERM_TABLES[name])
    if not Path(name).is_file():
        raise ConfigError(
            f"short_term is '{name}': no such setting and no file. {did_you_mean(name, SHORT_TERM)}"
        )
    return load_short_term(Path(name))


def short_term_for(circuit: Circuit, setting: str | SynapseDynamics) -> SynapseDynamics | None:
    """Return the short-term dynamics of a circuit's synapse types.

    Parameters
    ----------
    circuit
        The circuit.
    setting
        ``off``; ``circuit`` for those that belong to the circuit; ``table`` or ``rat`` for those
        of a shipped table; the path of another table; or the dynamics themselves.

    Returns
    -------
    SynapseDynamics or None
        None if all synapses are static.

    Raises
    ------
    ConfigError
        If there is no such setting or file, or the circuit has no dynamics.
    TableError
        If the table is damaged, or lacks a pair of populations that the circuit connects.
    """
    if isinstance(setting, SynapseDynamics):
        return setting
    if setting == OFF:
        return None
    if setting == OF_CIRCUIT:
        if circuit.tables.short_term is None:
            raise ConfigError(
                "short_term is 'circuit', but this circuit has no short-term dynamics; "
                "build it with `v1cortex build --short-term table`, or use 'table' or a file"
            )
        return circuit.tables.short_term
    needed = np.flatnonzero(np.diff(circuit.edges.type_offsets))
    name = SHORT_TERM_TABLES[setting].name if setting in SHORT_TERM_TABLES else setting
    return short_term_of_types(short_term_rows(setting), circuit.tables, needed.tolist(), name)


def with_short_term(circuit: Circuit, setting: str | SynapseDynamics) -> Circuit:
    """Return the circuit with short-term dynamics of its own, for `save_circuit` and ``circuit``.

    Parameters
    ----------
    circuit, setting
        As for `short_term_for`; with ``off`` the circuit is left without.

    Raises
    ------
    ConfigError, TableError
        As `short_term_for`.
    """
    dynamics = short_term_for(circuit, setting)
    return replace(circuit, tables=replace(circuit.tables, short_term=dynamics))


def dynamic_types(circuit: Circuit, dynamics: SynapseDynamics | None) -> list[int]:
    """Return the synapse types with connections and with short-term dynamics."""
    if dynamics is None:
        return []
    sizes = np.diff(circuit.edges.type_offsets)
    return [row for row in np.flatnonzero(sizes).tolist() if dynamics.of(row) is not None]


def compile_models(settings: Iterable[BuildSettings], progress: Notice | None = None) -> None:
    """Compile the modules that networks with these settings need, so that they are cached.

    Raises
    ------
    ToolchainError, CompilationError
        If they cannot be compiled.
    """
    if any(each.short_term != OFF or each.lgn_short_term is not None for each in settings):
        ShortTermModules(plastic=True, static=True, progress=progress)
    compile_general(progress)


class ShortTermModules:
    """The compiled models with short-term dynamics that a network needs.

    Parameters
    ----------
    plastic
        Whether some synapse types with dynamics follow a rule.
    static
        Whether some do not.
    progress
        Called with a line of text when something is compiled.

    Attributes
    ----------
    plastic
        Module of the general synapse with short-term dynamics; None if not needed.
    static
        Module of the one without terms; None if not needed.
    """

    def __init__(self, *, plastic: bool, static: bool, progress: Notice | None = None) -> None:
        none = Rule.static(POPULATIONS)
        self.plastic: CompiledModule | None = None
        self.static: CompiledModule | None = None
        if plastic:
            self.plastic = compile_rule(none, progress, specialised=False, short_term=True).module
        if static:
            self.static = compile_rule(none, progress, short_term=True).module

    def install(self) -> None:
        """Install the models in NEST."""
        for module in (self.plastic, self.static):
            if module is not None:
                module.install()


def lgn_model(own: ShortTerm, module: CompiledModule, min_delay_ms: float) -> str:
    """Return the NEST model of LGN synapses with short-term dynamics, made for one network.

    A generator in NEST sends through synapses of one model only, so that all have the same
    dynamics. Several spikes of a unit in one time step use up resources once.

    Parameters
    ----------
    own
        The dynamics.
    module
        The installed module of the synapse without terms.
    min_delay_ms
        Minimum delay of the network.
    """
    nest = load_nest()
    interval = round(_FLUSH_MS / min_delay_ms)
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": interval})
    parameters = {**own.parameters(), "volume_transmitter": transmitter}
    nest.CopyModel(module.synapse_model, "lgn_short_term", parameters)
    return "lgn_short_term"


class ShortTermSynapses:
    """Synapse types with short-term dynamics and without a rule.

    Parameters
    ----------
    dynamics
        Dynamics of each synapse type.
    types
        Synapse types, rows of the connectivity table.
    module
        The installed module of the synapse without terms.
    min_delay_ms
        Minimum delay of the network.

    Attributes
    ----------
    models
        NEST model (the variant with labels) of each type, by row; types with the same dynamics
        share one.
    """

    def __init__(
        self,
        dynamics: SynapseDynamics,
        types: Sequence[int],
        module: CompiledModule,
        min_delay_ms: float,
    ) -> None:
        interval = round(_FLUSH_MS / min_delay_ms)
        nest = load_nest()
        transmitter = nest.Create("volume_transmitter", params={"deliver_interval": interval})
        names: dict[ShortTerm, str] = {}
        self.models = {}
        for row in types:
            own = dynamics.of(row)
            assert own is not None
            if own not in names:
                names[own] = f"short_term_{len(names)}"
                parameters = {**own.parameters(), "volume_transmitter": transmitter}
                nest.CopyModel(f"{module.synapse_model}_lbl", names[own], parameters)
            self.models[row] = names[own]
