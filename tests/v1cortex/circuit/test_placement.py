"""Placement: counts, proportions, positions, cell models and preferred directions."""

import numpy as np
import pytest
from scipy import stats

from v1cortex.circuit import build_circuit, place, radius_um
from v1cortex.circuit.placement import apportion
from v1cortex.errors import CircuitError
from v1cortex.tables import load_tables

TABLES = load_tables()


@pytest.fixture(scope="module")
def nodes():
    return place(20_000, 3, TABLES)


def test_apportion_by_largest_remainder():
    np.testing.assert_array_equal(apportion(10, [1, 1, 1]), [4, 3, 3])
    np.testing.assert_array_equal(apportion(5, [5.5, 1.2, 3.3]), [3, 0, 2])
    np.testing.assert_array_equal(apportion(5, [6, 1, 3]), [3, 1, 1])
    np.testing.assert_array_equal(apportion(0, [1, 2]), [0, 0])
    for total in (1, 17, 999, 51_978):
        counts = apportion(total, TABLES.populations.n_core)
        assert counts.sum() == total
        exact = total * TABLES.populations.n_core / 51_978
        assert np.all(np.abs(counts - exact) < 1)


def test_core_has_the_published_counts():
    nodes = place(51_978, 0, TABLES)
    np.testing.assert_array_equal(np.bincount(nodes.population), TABLES.populations.n_core)
    labels = np.array(TABLES.cells.label)[nodes.cell_model]
    for label, count in zip(TABLES.labels.label, TABLES.labels.n_core, strict=True):
        assert np.count_nonzero(labels == label) == count


def test_radii_of_the_usual_sizes():
    for n, expected in ((1000, 55.5), (3000, 96.1), (5000, 124.1), (51_978, 400.0)):
        assert radius_um(n, TABLES) == pytest.approx(expected, abs=0.05)
    assert radius_um(230_924, TABLES) == pytest.approx(845, abs=2)


def test_positions_are_uniform_in_the_disc_and_the_layer(nodes):
    radius = radius_um(20_000, TABLES)
    distance = np.hypot(nodes.x_um, nodes.z_um)
    assert distance.max() <= radius
    assert stats.kstest((distance / radius) ** 2, "uniform").pvalue > 1e-3
    angle = np.arctan2(nodes.z_um, nodes.x_um)
    assert stats.kstest(angle, "uniform", (-np.pi, 2 * np.pi)).pvalue > 1e-3
    top = TABLES.populations.depth_top_um[nodes.population]
    bottom = TABLES.populations.depth_bottom_um[nodes.population]
    assert stats.kstest((nodes.depth_um - top) / (bottom - top), "uniform").pvalue > 1e-3


def test_sorted_by_population_and_models_fit_their_population(nodes):
    assert np.all(np.diff(nodes.population) >= 0)
    np.testing.assert_array_equal(TABLES.cells.population[nodes.cell_model], nodes.population)


def test_cell_models_of_a_label_have_equal_counts(nodes):
    counts = np.bincount(nodes.cell_model, minlength=111)
    labels = np.array(TABLES.cells.label)
    for label in TABLES.labels.label:
        assert np.ptp(counts[labels == label]) <= 1


def test_preferred_directions_are_evenly_spaced_within_a_cell_model(nodes):
    for model in range(111):
        directions = np.sort(nodes.preferred_direction_deg[nodes.cell_model == model])
        assert 0 <= directions[0] <= directions[-1] < 360
        gaps = np.diff(np.append(directions, directions[0] + 360))
        np.testing.assert_allclose(gaps, 360 / len(directions), atol=1e-9)


def test_order_within_a_population_carries_no_information(nodes):
    members = np.flatnonzero(nodes.population == TABLES.population_index("L5_E"))
    rank = np.arange(len(members))
    for values in (nodes.cell_model, nodes.preferred_direction_deg, nodes.x_um, nodes.depth_um):
        assert stats.spearmanr(rank, values[members]).pvalue > 1e-3


def test_single_cells_of_a_model_do_not_share_a_direction():
    nodes = place(150, 0, TABLES)
    assert len(np.unique(nodes.preferred_direction_deg)) == 150


@pytest.mark.parametrize("n", [1, 2, 16, 17, 100])
def test_smallest_circuits(n):
    circuit = build_circuit(n, 0)
    assert circuit.n_neurons == n
    assert circuit.summary()["n_connections"] == len(circuit.edges)


@pytest.mark.parametrize("n", [0, -1, 230_925, 3000.0, "3000", True, None])
def test_invalid_sizes_are_refused(n):
    with pytest.raises(CircuitError, match="1 to 230,924"):
        build_circuit(n, 0)


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_invalid_seeds_are_refused(seed):
    with pytest.raises(CircuitError, match="seed"):
        build_circuit(10, seed)


def test_numpy_integers_are_accepted():
    assert build_circuit(np.int64(20), np.uint8(1)).digest() == build_circuit(20, 1).digest()
