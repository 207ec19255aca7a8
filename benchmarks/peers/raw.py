"""The minimal work: draw every pair with NumPy and pass arrays to nest.Connect."""

import numpy as np

from v1cortex.circuit import (
    LGN_DELAY_MS,
    Retinotopy,
    connect_lgn,
    connection_rule,
    orientation_difference_deg,
    place,
    weights_pA,
)


def sample(n_neurons, seed, tables):
    """Draw a circuit of the model, all pairs of neurons at once: O(neurons^2) memory.

    Returns
    -------
    tuple
        Arrays of the recurrent connections (source, target, weight, delay, receptor), and the LGN's
        units and connections.
    """
    nodes, rng = place(n_neurons, seed, tables), np.random.default_rng(seed)
    retinotopy, row = Retinotopy.of(nodes), tables.connectivity
    parts = []
    for index in range(tables.n_synapse_types):
        rule = connection_rule(index, tables)
        pre = np.flatnonzero(nodes.population == rule.pre)
        post = np.flatnonzero(nodes.population == rule.post)
        squared_um = (nodes.x_um[post][:, None] - nodes.x_um[pre]) ** 2
        squared_um += (nodes.z_um[post][:, None] - nodes.z_um[pre]) ** 2
        difference_deg = None
        if rule.like_to_like:
            direction = nodes.preferred_direction_deg
            difference_deg = orientation_difference_deg(direction[post][:, None], direction[pre])
        hit = rng.random(squared_um.shape) < rule.probability(squared_um, difference_deg)
        hit &= post[:, None] != pre
        target, source = (side[of] for side, of in zip((post, pre), np.nonzero(hit), strict=True))
        n_synapses = rng.integers(3, 8, len(source), dtype=np.int8)
        weight = weights_pA(rule, source, target, n_synapses, nodes, retinotopy, tables)
        delay_ms = max(1.0, round(row.delay_ms[index]))
        parts.append((source, target, weight, delay_ms, row.receptor[index]))
    edges = [np.concatenate([part[column] for part in parts]) for column in range(3)]
    sizes = [len(part[0]) for part in parts]
    for column in (3, 4):
        edges.append(np.repeat([part[column] for part in parts], sizes))
    return edges, connect_lgn(nodes, seed, tables)


def connect(edges, lgn, n_neurons):
    """Create neurons and LGN units and connect each with one call of nest.Connect."""
    import nest

    nest.Create("glif_psc", n_neurons, {"tau_syn": [5.5, 8.5, 2.8, 5.8]})
    units, lgn_edges = lgn
    first = n_neurons + 1
    nest.Create("spike_generator", len(units))
    delay_ms = float(round(LGN_DELAY_MS))
    inputs = (
        lgn_edges.source.astype(np.int64) + first,
        lgn_edges.target.astype(np.int64) + 1,
        lgn_edges.weight_pA,
        np.full(len(lgn_edges), delay_ms),
        lgn_edges.receptor,
    )
    recurrent = (edges[0] + 1, edges[1] + 1, *edges[2:])
    for source, target, weight, delay_ms, receptor in (recurrent, inputs):
        nest.Connect(
            source,
            target,
            "one_to_one",
            {
                "synapse_model": "static_synapse",
                "weight": weight,
                "delay": delay_ms,
                "receptor_type": receptor.astype(np.int64),
            },
        )
