"""A circuit built with PyNN's own connectors."""

import numpy as np

from v1cortex.circuit import connection_rule
from v1cortex.nest import RECEPTORS, reset
from v1cortex.network import neuron_parameters, rounded_delays_ms
from v1cortex.tables import POPULATIONS


def populations(circuit, calibration, module):
    """Create the circuit's neurons as PyNN's own populations."""
    from pyNN.nest import Population

    from v1cortex.nest import cell_type

    glif3 = cell_type(module.neuron_model)
    parameters = neuron_parameters(circuit, calibration)
    made = {}
    for name in POPULATIONS:
        cells = circuit.population_slice(name)
        own = {key: values[cells] for key, values in parameters.items()}
        made[name] = Population(cells.stop - cells.start, glif3(**own), label=name)
    return made


def build(circuit, calibration, module):
    """Build the static network with one FromListConnector per synapse type, including the LGN."""
    nest, sim = reset(dt_ms=1.0, min_delay_ms=1.0, seed=1, threads=1)
    module.install()
    made = populations(circuit, calibration, module)
    names = {number: name for name, number in RECEPTORS.items()}
    table, edges = circuit.tables.connectivity, circuit.edges
    for row, delay_ms in enumerate(rounded_delays_ms(circuit, 1.0)):
        pre, post = POPULATIONS[table.pre[row]], POPULATIONS[table.post[row]]
        own = circuit.edges_of(row)
        source = edges.source[own] - circuit.population_slice(pre).start
        target = edges.target[own] - circuit.population_slice(post).start
        weight_nA = edges.weight_pA[own] * calibration.recurrent_scale[row] * 1e-3
        sim.Projection(
            made[pre],
            made[post],
            _connector(sim, source, target, weight_nA, delay_ms),
            sim.StaticSynapse(),
            receptor_type=names[int(table.receptor[row])],
        )
    units = sim.Population(len(circuit.lgn_units), sim.SpikeSourceArray())
    lgn = circuit.lgn_edges
    for name, population in made.items():
        cells = circuit.population_slice(name)
        for receptor in (1, 3):
            own = (lgn.receptor == receptor) & (lgn.target >= cells.start)
            own &= lgn.target < cells.stop
            if own.any():
                arrays = lgn.source[own], lgn.target[own] - cells.start, lgn.weight_pA[own] * 1e-3
                sim.Projection(
                    units,
                    population,
                    _connector(sim, *arrays, 2.0),
                    sim.StaticSynapse(),
                    receptor_type=names[receptor],
                )
    return nest


def _connector(sim, source, target, weight_nA, delay_ms):
    rows = np.column_stack([source, target, weight_nA, np.full(len(source), delay_ms)])
    return sim.FromListConnector(rows)


def sample_and_build(circuit, calibration, module):
    """Let PyNN sample by distance, with one weight per type: no orientation, no LGN."""
    nodes, tables = circuit.nodes, circuit.tables
    _, sim = reset(dt_ms=1.0, min_delay_ms=1.0, seed=1, threads=1)
    module.install()
    made = populations(circuit, calibration, module)
    for name, population in made.items():
        cells = circuit.population_slice(name)
        population.positions = np.array(
            [nodes.x_um[cells], nodes.z_um[cells], nodes.depth_um[cells]]
        )
    names = {number: name for name, number in RECEPTORS.items()}
    for row in range(tables.n_synapse_types):
        rule = connection_rule(row, tables)
        weight_nA = float(tables.connectivity.weight_pA_per_pF[row]) * 0.5
        connector = sim.DistanceDependentProbabilityConnector(
            f"{min(rule.amplitude, 1.0)} * exp(-(d / {rule.sigma_um})**2)",
            allow_self_connections=False,
        )
        sim.Projection(
            made[POPULATIONS[rule.pre]],
            made[POPULATIONS[rule.post]],
            connector,
            sim.StaticSynapse(weight=weight_nA, delay=2.0),
            receptor_type=names[int(tables.connectivity.receptor[row])],
            space=sim.Space(axes="xy"),
        )
