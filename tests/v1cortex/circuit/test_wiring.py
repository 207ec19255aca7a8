"""Wiring compared with oracles that recompute probabilities and weights pair by pair."""

import dataclasses
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import integrate, stats

from v1cortex.circuit import build_circuit, connection_rule, place, wiring
from v1cortex.circuit.circuit import expected_connections
from v1cortex.circuit.connection_rules import gaussian_amplitude, like_to_like_factor
from v1cortex.errors import CircuitError, TableError
from v1cortex.tables import load_tables

TABLES = load_tables()
TYPES = range(TABLES.n_synapse_types)


@pytest.fixture(scope="module")
def circuit():
    return build_circuit(3000, 1)


def members(nodes, population):
    return np.flatnonzero(nodes.population == population)


def folded_orientation_difference(a, b):
    """Angle between two undirected axes, from the scalar product of doubled angles."""
    return np.rad2deg(np.arccos(np.clip(np.cos(2 * np.deg2rad(a - b)), -1, 1))) / 2


def pair_probabilities(nodes, k):
    """Probability of every pair of a synapse type, [target, source], written out densely."""
    row = TABLES.connectivity
    pre, post = members(nodes, row.pre[k]), members(nodes, row.post[k])
    sigma, ratio = row.sigma_um[k], row.like_to_like_ratio[k]
    r = np.hypot(
        nodes.x_um[post][:, None] - nodes.x_um[pre], nodes.z_um[post][:, None] - nodes.z_um[pre]
    )
    disc, _ = integrate.quad(lambda s: 2 * s * math.exp(-((s / sigma) ** 2)), 0, 75)
    p = np.minimum(1, row.p_0_75um[k] * 75**2 / disc * np.exp(-((r / sigma) ** 2)))
    if not math.isnan(ratio):
        angle = nodes.preferred_direction_deg
        d = folded_orientation_difference(angle[post][:, None], angle[pre])
        p = p * (2 / (1 + ratio)) * (1 - (1 - ratio) * d / 90)
    p[post[:, None] == pre] = 0
    return pre, post, r, p


def counts_of(circuit):
    return np.diff(circuit.edges.type_offsets)


def test_amplitude_and_orientation_factor():
    for p, sigma in ((0.16, 114.0), (0.857, 120.0)):
        amplitude = gaussian_amplitude(p, sigma)
        mean, _ = integrate.quad(
            lambda r: 2 * r * amplitude * math.exp(-((r / sigma) ** 2)) / 75**2,  # noqa: B023
            0,
            75,
        )
        assert mean == pytest.approx(p, rel=1e-9)
    near, slope = like_to_like_factor(0.5, 0.2)
    assert near == pytest.approx(4 / 3)
    assert near + 90 * slope == pytest.approx(0.5 * near)
    assert near + 45 * slope == pytest.approx(1)


def test_orientation_factor_is_clipped_keeping_the_mean():
    near, slope = like_to_like_factor(0.5, 0.9)
    assert 0.9 * near == pytest.approx(1)
    assert near + 45 * slope == pytest.approx(1)


@pytest.mark.parametrize("n", [1000, 3000])
def test_counts_match_the_placement(n, circuit):
    drawn = circuit if n == 3000 else build_circuit(n, 2)
    expected, variance = np.zeros(len(TYPES)), np.zeros(len(TYPES))
    for k in TYPES:
        _, _, _, p = pair_probabilities(drawn.nodes, k)
        expected[k], variance[k] = p.sum(), (p * (1 - p)).sum()
    counts = counts_of(drawn)
    assert counts.sum() == pytest.approx(expected.sum(), abs=4 * math.sqrt(variance.sum()))
    z = (counts - expected)[variance > 5] / np.sqrt(variance[variance > 5])
    assert np.abs(z).max() < 4.5
    assert stats.kstest(z, "norm").pvalue > 1e-3


def test_counts_match_the_integral_over_placements():
    assert expected_connections(51_978, TABLES).sum() == pytest.approx(14_441_124, rel=0.005)
    for n in (1000, 3000):
        drawn = [len(wiring.connect(place(n, seed, TABLES), seed, TABLES)) for seed in range(3)]
        assert np.mean(drawn) == pytest.approx(expected_connections(n, TABLES).sum(), rel=0.02)


@pytest.mark.parametrize("pair", [("L4_E", "L4_E"), ("L5_Pvalb", "L5_E"), ("L23_E", "L23_Sst")])
def test_distance_profile(circuit, pair):
    k = TABLES.synapse_type_index(*pair)
    pre, post, r, p = pair_probabilities(circuit.nodes, k)
    part = circuit.edges_of(k)
    connected = np.zeros(r.shape, dtype=bool)
    connected[
        circuit.edges.target[part] - post[0],
        circuit.edges.source[part] - pre[0],
    ] = True
    assert connected.sum() == part.stop - part.start
    edges = np.quantile(r, np.linspace(0, 1, 13))
    box = np.clip(np.digitize(r, edges) - 1, 0, 11).ravel()
    observed = np.bincount(box, connected.ravel(), 12)
    expected = np.bincount(box, p.ravel(), 12)
    variance = np.bincount(box, (p * (1 - p)).ravel(), 12)
    chi2 = ((observed - expected) ** 2 / variance).sum()
    assert stats.chi2.sf(chi2, 12) > 1e-3


def test_like_to_like_ratio(circuit):
    """Density of connections near 0 and near 90 degrees, over all pairs with ratio 0.5."""
    direction = circuit.nodes.preferred_direction_deg
    near, far, near_pairs, far_pairs = 0, 0, 0, 0
    for k in np.flatnonzero(TABLES.connectivity.like_to_like_ratio == 0.5):
        part = circuit.edges_of(int(k))
        d = folded_orientation_difference(
            direction[circuit.edges.source[part]], direction[circuit.edges.target[part]]
        )
        _, _, _, p = pair_probabilities(circuit.nodes, k)
        rule = connection_rule(int(k), TABLES)
        pre = members(circuit.nodes, rule.pre)
        post = members(circuit.nodes, rule.post)
        every = folded_orientation_difference(direction[post][:, None], direction[pre])
        near += np.count_nonzero(d < 15)
        far += np.count_nonzero(d > 75)
        # Pairs weighted by their probability at equal orientation preference.
        flat = p / (rule.near + rule.slope_per_deg * every)
        near_pairs += flat[every < 15].sum()
        far_pairs += flat[every > 75].sum()
    # Mean of the linear factor over 75-90 degrees and 0-15 degrees: 0.5417 / 0.9583.
    ratio = (far / far_pairs) / (near / near_pairs)
    assert ratio == pytest.approx(0.54167 / 0.95833, abs=5 * ratio * math.sqrt(1 / near + 1 / far))


def test_weights_follow_the_direction_rule(circuit):
    """Weights of sampled edges, recomputed one by one with plain arithmetic."""
    nodes, edges, row = circuit.nodes, circuit.edges, TABLES.connectivity
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(len(TYPES)), counts_of(circuit))
    for e in rng.choice(len(edges), 3000, replace=False):
        k, i, j = kinds[e], edges.target[e], edges.source[e]
        a, b = nodes.preferred_direction_deg[i], nodes.preferred_direction_deg[j]
        difference = 180 - abs(180 - abs(a - b))
        weight = row.weight_pA_per_pF[k] * TABLES.cells.C_m_pF[nodes.cell_model[i]]
        weight *= edges.n_synapses[e]
        weight *= math.exp(-((difference / row.weight_sigma_deg[k]) ** 2))
        if not math.isnan(row.like_to_like_ratio[k]):
            phase = 0.07 * (nodes.x_um[i] - nodes.x_um[j]) * math.cos(math.radians(a))
            phase += 0.04 * (nodes.z_um[i] - nodes.z_um[j]) * math.sin(math.radians(a))
            folded = min(a % 180, 180 - a % 180)
            weight *= math.exp(-(phase**2) / 2) * (5.5 / 4 - 11 / 1680 * folded)
        assert edges.weight_pA[e] == pytest.approx(weight, rel=1e-9)


def test_synapse_numbers_are_uniform(circuit):
    numbers = np.bincount(circuit.edges.n_synapses, minlength=8)
    assert numbers[:3].sum() == 0
    assert len(numbers) == 8
    assert stats.chisquare(numbers[3:]).pvalue > 1e-3


def test_edges_are_grouped_sorted_unique_and_dale(circuit):
    edges, nodes = circuit.edges, circuit.nodes
    assert edges.type_offsets[0] == 0
    assert edges.type_offsets[-1] == len(edges)
    for k in TYPES:
        part = circuit.edges_of(k)
        source, target = edges.source[part], edges.target[part]
        assert np.all(nodes.population[source] == TABLES.connectivity.pre[k])
        assert np.all(nodes.population[target] == TABLES.connectivity.post[k])
        assert np.all(np.diff(target * np.int64(3000) + source) > 0)
        inhibitory = TABLES.connectivity.receptor[k] in (2, 4)
        assert np.all(edges.weight_pA[part] * (-1 if inhibitory else 1) > 0)
    assert not np.any(edges.source == edges.target)


def test_nothing_depends_on_the_block_size():
    nodes = place(2000, 5, TABLES)
    whole = wiring.connect(nodes, 5, TABLES)
    for block_size in (997, 10**9):
        blocks = wiring.connect(nodes, 5, TABLES, block_size=block_size)
        for (name, a), (_, b) in zip(whole.items(), blocks.items(), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)


def test_a_type_has_streams_of_its_own(circuit):
    """Changing one row of the table leaves the connections of all other types as they were."""
    p = TABLES.connectivity.p_0_75um.copy()
    p[7] *= 0.5
    tables = dataclasses.replace(
        TABLES, connectivity=dataclasses.replace(TABLES.connectivity, p_0_75um=p)
    )
    other = wiring.connect(circuit.nodes, 1, tables)
    for k in TYPES:
        mine = circuit.edges.weight_pA[circuit.edges_of(k)]
        theirs = other.weight_pA[other.type_offsets[k] : other.type_offsets[k + 1]]
        assert (len(mine) == len(theirs) and np.all(mine == theirs)) == (k != 7)


def test_full_and_capped_probability():
    """Amplitudes above 1 connect every nearby pair once; zero connects none."""
    p = np.zeros(len(TYPES))
    k = TABLES.synapse_type_index("L4_E", "L4_E")
    p[k] = 1.0
    sigma, ratio = TABLES.connectivity.sigma_um.copy(), np.full(len(TYPES), np.nan)
    sigma[k] = 1e6
    row = dataclasses.replace(
        TABLES.connectivity, p_0_75um=p, sigma_um=sigma, like_to_like_ratio=ratio
    )
    nodes = place(600, 0, TABLES)
    edges = wiring.connect(nodes, 0, dataclasses.replace(TABLES, connectivity=row))
    n = len(members(nodes, TABLES.population_index("L4_E")))
    assert len(edges) == n * (n - 1)


def test_same_seed_same_bytes_other_seed_other_circuit(circuit):
    again = build_circuit(3000, 1)
    assert again.digest() == circuit.digest()
    assert build_circuit(3000, 2).digest() != circuit.digest()


def test_another_process_builds_the_same_bytes():
    code = (
        "from v1cortex.circuit.circuit import build_circuit; print(build_circuit(400, 6).digest())"
    )
    digests = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert digests == [build_circuit(400, 6).digest()] * 2


def test_arrays_have_the_declared_types_and_are_read_only(circuit):
    expected = {
        "source": "int32",
        "target": "int32",
        "weight_pA": "float64",
        "n_synapses": "int8",
        "type_offsets": "int64",
    }
    assert {name: str(array.dtype) for name, array in circuit.edges.items()} == expected
    with pytest.raises(ValueError, match="read-only"):
        circuit.edges.weight_pA[0] = 0


def test_slices_and_summary(circuit):
    summary = circuit.summary()
    assert summary["n_neurons"] == sum(summary["neurons"].values()) == 3000
    assert summary["n_connections"] == sum(summary["connections"].values())
    assert summary["n_connections"] == pytest.approx(summary["expected_connections"], rel=0.02)
    part = circuit.population_slice("L5_E")
    assert part.stop - part.start == summary["neurons"]["L5_E"]
    assert np.all(circuit.nodes.population[part] == TABLES.population_index("L5_E"))
    with pytest.raises(TableError, match="Did you mean"):
        circuit.population_slice("L5E")
    with pytest.raises(CircuitError, match="0 to 185"):
        circuit.edges_of(186)


@pytest.mark.slow
def test_full_model_follows_the_rule_of_distance_in_bounded_memory():
    """All 230,924 neurons, in a separate process: counts of every type, one distance profile."""
    code = """
import resource
import numpy as np
from v1cortex.circuit import build_circuit
from v1cortex.circuit.circuit import expected_connections
from v1cortex.circuit import connection_rule
circuit = build_circuit(230_924, 3)
peak_B = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
counts, edges = np.diff(circuit.edges.type_offsets), circuit.edges
expected = expected_connections(230_924, circuit.tables)
k = circuit.tables.synapse_type_index("L23_E", "L23_E")
own, nodes, rule = circuit.edges_of(k), circuit.nodes, connection_rule(k, circuit.tables)
middle = np.hypot(nodes.x_um[edges.target[own]], nodes.z_um[edges.target[own]]) < 400
source, target = edges.source[own][middle], edges.target[own][middle]
r = np.hypot(nodes.x_um[source] - nodes.x_um[target], nodes.z_um[source] - nodes.z_um[target])
print(peak_B / len(edges), np.abs(counts / expected - 1)[expected > 1e5].max())
print(counts.sum() / expected.sum(), np.mean((r / rule.sigma_um) ** 2))
print(np.bincount(edges.n_synapses)[3:].std())
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    bytes_per_edge, worst, total, squared, spread = map(float, done.stdout.split())
    assert bytes_per_edge < 45  # the arrays take 17
    assert worst < 0.03
    assert total == pytest.approx(1, rel=0.003)
    # Of exp(-(r / sigma)^2) in the plane, (r / sigma)^2 has the mean 1.
    assert squared == pytest.approx(1, abs=0.02)
    assert spread < 6 * math.sqrt(70e6 / 5)


@pytest.mark.slow
def test_core_has_the_published_number_of_connections():
    circuit = build_circuit(51_978, 1)
    assert len(circuit.edges) == pytest.approx(14_441_124, rel=0.01)
