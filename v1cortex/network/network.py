"""A circuit as live PyNN populations and projections in NEST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.build import CompiledModule, compile_general
from nestml_models.rule import Rule
from v1cortex.circuit import Circuit, require_for_network
from v1cortex.errors import ConfigError, RuleError
from v1cortex.lgn import firing_rates_Hz
from v1cortex.nest import RECEPTORS, connect_pynn_devices, held_bytes, hold, ranks, reset
from v1cortex.network.calibration import Calibration, calibration_for
from v1cortex.network.delays import exchange_interval_ms, rounded_delays_ms
from v1cortex.network.lgn_input import lgn_input
from v1cortex.network.plastic_synapses import PlasticSynapses, plastic_types
from v1cortex.network.settings import BuildSettings, NetworkSettings
from v1cortex.network.short_term import (
    ShortTermModules,
    ShortTermSynapses,
    dynamic_types,
    lgn_model,
    short_term_for,
)
from v1cortex.network.weights import SynapseWeights, circuit_of, read_weights
from v1cortex.stimuli import Movie
from v1cortex.tables import POPULATIONS, is_excitatory


class Network:
    """One circuit in NEST. Only one exists at a time: building a network resets the simulator.

    Populations and projections are PyNN's: ``record``, ``get``, ``set``, current sources, and the
    user's own populations, projections and recorders work as in any PyNN script
    (``v1cortex.nest.kernel.load_pynn()`` returns the module ``pyNN.nest``). Advance it with
    `simulate`; PyNN's ``run`` adds one minimum delay to its first call.

    Parameters
    ----------
    circuit
        The circuit.
    rule
        Plasticity rule of the synapse types named by `settings.plastic`; None, or a rule without
        active terms, for static synapses.
    settings
        How to build it.
    progress
        Called with a message when a long step (compilation) begins.

    Attributes
    ----------
    populations
        PyNN population of each V1 population with cells, by name.
    projections
        PyNN projection of each connected pair, by (presynaptic, postsynaptic) name; if a pair has
        several synapse types, as in some imported circuits, the others are named
        (presynaptic, postsynaptic, synapse type).
    synapse_types
        Synapse type (row of the connectivity table) of each projection, with the same keys.
    lgn
        The LGN input, see `v1cortex.network.lgn_input`; None if the circuit has no LGN units.
    node_ids
        NEST id of each neuron of the circuit, increasing, shape (n_neurons,). Ids have gaps, since
        PyNN creates recorders for each population.
    plastic
        The plastic synapse types; None in a static network.
    dynamics
        Short-term dynamics of each synapse type; None in a network without.

    Raises
    ------
    RuleError
        If the rule's neuron types are not the circuit's populations.
    CircuitError
        If there is not enough memory.
    """

    def __init__(
        self,
        circuit: Circuit,
        rule: Rule | None = None,
        settings: NetworkSettings | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.circuit = circuit
        self.settings = settings or NetworkSettings()
        if rule is not None and rule.types != POPULATIONS:
            raise RuleError(
                f"the rule is for neuron types {', '.join(rule.types)}; this network has "
                f"{', '.join(POPULATIONS)}"
            )
        self.dynamics = short_term_for(circuit, self.settings.short_term)
        needed_bytes = require_memory(circuit, rule, self.settings)
        calibration = self.settings.calibration
        if isinstance(calibration, str):
            calibration = calibration_for(circuit, calibration)
        self.calibration = calibration
        self._delays_ms = rounded_delays_ms(circuit, self.settings.dt_ms)
        self._min_delay_ms = exchange_interval_ms(
            self._delays_ms, self.settings.dt_ms, self.settings.flush_ms
        )
        module = compile_general(progress)
        plastic = self._plastic_types(rule)
        dynamic = dynamic_types(circuit, self.dynamics)
        static = [row for row in dynamic if row not in plastic]
        short_term = ShortTermModules(
            plastic=len(static) < len(dynamic),
            static=bool(static) or self.settings.lgn_short_term is not None,
            progress=progress,
        )
        self._nest, self._sim = reset(
            dt_ms=self.settings.dt_ms,
            min_delay_ms=self.min_delay_ms,
            max_delay_ms=float(self._delays_ms.max(initial=0.0)),
            seed=self.settings.seed,
            threads=self.settings.threads,
        )
        with hold(needed_bytes):
            self._build(module, short_term, rule, plastic, static)

    def _build(
        self,
        module: CompiledModule,
        short_term: ShortTermModules,
        rule: Rule | None,
        plastic: list[int],
        static: list[int],
    ) -> None:
        module.install()
        short_term.install()
        self.populations = self._create_populations(module)
        self.node_ids = np.concatenate(
            [np.asarray(each.all_cells, dtype=np.int64) for each in self.populations.values()]
        )
        self.plastic = None
        if rule is not None and rule.active_terms:
            self.plastic = self._create_plastic_synapses(module, short_term, rule, plastic)
        self._models = dict(self.plastic.models) if self.plastic else {}
        if short_term.static is not None and self.dynamics is not None:
            self._models |= ShortTermSynapses(
                self.dynamics, static, short_term.static, self.min_delay_ms
            ).models
        self.synapse_types: dict[tuple[str, ...], int] = {}
        self.projections = self._create_projections(f"{module.static_synapse_model}_lbl")
        self.lgn = lgn_input(
            self.settings.lgn_mode,
            self.circuit,
            self.node_ids,
            self.settings.dt_ms,
            module,
            self._lgn_synapse_model(short_term),
        )

    def _lgn_synapse_model(self, short_term: ShortTermModules) -> str | None:
        """Return the model of LGN synapses, None if their weight is constant."""
        own = self.settings.lgn_short_term
        if own is None or short_term.static is None:
            return None
        if self.settings.lgn_mode != "poisson":
            raise ConfigError(
                f"lgn_short_term needs the LGN's spikes; lgn_mode is '{self.settings.lgn_mode}'. "
                "Use 'poisson', or leave lgn_short_term out"
            )
        return lgn_model(own.dynamics, short_term.static, self.min_delay_ms)

    @classmethod
    def from_circuit(
        cls,
        circuit: Circuit,
        rule: Rule | None = None,
        **settings: Any,  # noqa: ANN401
    ) -> Network:
        """Build a network; keyword arguments are the fields of `NetworkSettings`."""
        return cls(circuit, rule, NetworkSettings(**settings))

    def __repr__(self) -> str:
        kind = "static" if self.plastic is None else f"plastic ({self.settings.plastic})"
        return (
            f"<Network: {self.circuit.n_neurons:,} neurons, {len(self.circuit.edges):,} "
            f"connections, {kind}, {self.time_ms:g} ms simulated>"
        )

    @property
    def min_delay_ms(self) -> float:
        """Interval at which NEST exchanges spikes; no connection can have a shorter delay.

        See `exchange_interval_ms`.
        """
        return self._min_delay_ms

    @property
    def time_ms(self) -> float:
        """Simulated time since the network was built."""
        return float(self._nest.biological_time)

    @property
    def neurons(self) -> Any:  # noqa: ANN401
        """NEST node collection of all V1 neurons, in the circuit's order."""
        parts = [population.node_collection for population in self.populations.values()]
        return sum(parts[1:], start=parts[0])

    def simulate(self, duration_ms: float) -> None:
        """Advance the network, and everything added to it through PyNN, by `duration_ms`."""
        connect_pynn_devices()
        pieces_ms = self.lgn.pieces_ms(duration_ms) if self.lgn else [duration_ms]
        for piece_ms in pieces_ms:
            self._nest.Simulate(piece_ms)

    def weights(self, *key: str) -> SynapseWeights:
        """Read the current weights of one synapse type: ``network.weights("L4_E", "L23_E")``.

        Parameters
        ----------
        key
            Key of its projection.

        Raises
        ------
        CircuitError
            If there is no such projection, or its connections are not the circuit's.
        """
        return read_weights(self, key)

    def to_circuit(self) -> Circuit:
        """Return the circuit with the network's current weights.

        ``v1cortex.sonata.folder.save_circuit`` writes it as a folder,
        ``v1cortex.network.weights.save_weights`` only its recurrent connections. A network built
        from it starts with the current weights. The bounds of its plastic weights are set anew,
        relative to the largest of them.
        """
        return circuit_of(self)

    def show(self, movie: Movie, seed: int = 1) -> None:
        """Show the LGN a movie from now on, replacing any earlier one; then call `simulate`.

        Parameters
        ----------
        movie
            The movie, which begins after a long gray screen. Its rates are cached.
        seed
            Seed of the LGN's spikes.
        """
        units, tables = self.circuit.lgn_units, self.circuit.tables
        self.set_lgn_rates(firing_rates_Hz(units, tables, movie), np.random.default_rng(seed))

    def set_lgn_rates(self, rates_Hz: NDArray[np.float32], rng: np.random.Generator) -> None:
        """Set the rates of the LGN units from now on, replacing any earlier ones.

        Parameters
        ----------
        rates_Hz
            One column per millisecond, shape (n_units, n_ms); when they end, the LGN is silent.
        rng
            Generator that draws the spikes; not used in the mode ``current``.
        """
        if self.lgn is not None:
            self.lgn.start(rates_Hz, rng, self.time_ms)

    def _create_populations(self, module: CompiledModule) -> dict[str, Any]:
        from v1cortex.nest import Population, cell_type

        glif3 = cell_type(module.neuron_model)
        parameters = neuron_parameters(self.circuit, self.calibration)
        nodes = self.circuit.nodes
        positions_um = np.stack([nodes.x_um, -nodes.depth_um, nodes.z_um])
        populations = {}
        for name in POPULATIONS:
            cells = self.circuit.population_slice(name)
            if cells.stop == cells.start:
                continue
            own = {key: values[cells] for key, values in parameters.items()}
            populations[name] = Population(
                cells.stop - cells.start,
                glif3(**own),
                initial_values={"V_m": own["E_L"]},
                label=name,
            )
            populations[name].positions = positions_um[:, cells]
        return populations

    def _plastic_types(self, rule: Rule | None) -> list[int]:
        """Return the synapse types that follow a rule."""
        if rule is None or not rule.active_terms:
            return []
        return plastic_types(self.circuit, self.settings.plastic)

    def _create_plastic_synapses(
        self, module: CompiledModule, short_term: ShortTermModules, rule: Rule, types: list[int]
    ) -> PlasticSynapses:
        return PlasticSynapses(
            self.circuit,
            rule,
            types,
            self.settings.plasticity,
            self.calibration.recurrent_scale,
            self.calibration.reference_scale,
            module,
            node_ids=self.node_ids,
            flush_ms=self.settings.flush_ms,
            min_delay_ms=self.min_delay_ms,
            dynamics=self.dynamics,
            short_term_module=short_term.plastic,
        )

    def _create_projections(self, static_model: str) -> dict[tuple[str, ...], Any]:
        from v1cortex.nest import BulkConnector, CompiledSynapse

        receptor_names = {number: name for name, number in RECEPTORS.items()}
        table, edges = self.circuit.tables.connectivity, self.circuit.edges
        projections: dict[tuple[str, ...], Any] = {}
        for row in range(len(table.pre)):
            pre, post = POPULATIONS[table.pre[row]], POPULATIONS[table.post[row]]
            if pre not in self.populations or post not in self.populations:
                continue
            own = self.circuit.edges_of(row)
            connector = BulkConnector(
                edges.source[own] - self.circuit.population_slice(pre).start,
                edges.target[own] - self.circuit.population_slice(post).start,
                edges.weight_pA[own] * self.calibration.recurrent_scale[row],
                self._delays_ms[row],
            )
            name = self.circuit.tables.synapse_type_name(row)
            key = (pre, post) if (pre, post) not in projections else (pre, post, name)
            self.synapse_types[key] = row
            projections[key] = self._sim.Projection(
                self.populations[pre],
                self.populations[post],
                connector,
                CompiledSynapse(
                    self._models.get(row, static_model),
                    float(self._delays_ms[row]),
                    is_own_model=row in self._models,
                ),
                receptor_type=receptor_names[int(table.receptor[row])],
                label=name,
            )
            connector.release()
        return projections


def require_memory(circuit: Circuit, rule: Rule | None, settings: BuildSettings) -> int:
    """Check that there is enough memory for a network; return the estimate in bytes.

    Memory of a network in the simulator counts as free: it is released before the next is built.

    Raises
    ------
    CircuitError
        With the estimate.
    """
    sizes, plastic = np.diff(circuit.edges.type_offsets), []
    if rule is not None and rule.active_terms:
        plastic = plastic_types(circuit, settings.plastic)
    dynamic = dynamic_types(circuit, short_term_for(circuit, settings.short_term))
    n_lgn = len(circuit.lgn_edges) if settings.lgn_short_term is not None else 0
    n_compiled = int(sizes[sorted({*plastic, *dynamic})].sum()) + n_lgn
    return require_for_network(
        circuit.n_neurons,
        len(circuit.edges) + len(circuit.lgn_edges) - n_compiled,
        n_compiled,
        n_short_term=int(sizes[dynamic].sum()) + n_lgn,
        released_bytes=held_bytes(),
        n_ranks=ranks.size(),
        n_ranks_here=ranks.size_of_machine(),
    )


def neuron_parameters(circuit: Circuit, calibration: Calibration) -> dict[str, NDArray[np.float64]]:
    """Return the parameters of the GLIF3 model for every neuron.

    Returns
    -------
    dict
        Values by NEST parameter name, each of shape (n_neurons,), in NEST's units.
    """
    cells, model = circuit.tables.cells, circuit.nodes.cell_model
    excitatory = is_excitatory(circuit.nodes.population)
    background_pA = calibration.background_pA
    return {
        "C_m": cells.C_m_pF[model],
        "g": cells.g_nS[model],
        "E_L": cells.E_L_mV[model],
        "V_reset": cells.E_L_mV[model],
        "V_th": cells.V_th_mV[model],
        "t_ref": cells.t_ref_ms[model],
        "asc_amp_1": cells.asc_amp_1_pA[model],
        "asc_amp_2": cells.asc_amp_2_pA[model],
        "asc_tau_1": cells.asc_tau_1_ms[model],
        "asc_tau_2": cells.asc_tau_2_ms[model],
        "background_rate": np.full(len(model), calibration.background_rate_Hz),
        "background_weight_1": np.where(excitatory, background_pA, 0.0),
        "background_weight_3": np.where(excitatory, 0.0, background_pA),
    }
