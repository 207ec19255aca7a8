"""LGN mosaic and wiring compared with a plain loop over units and the published geometry."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import csr_array

from v1cortex.circuit import LgnUnits, build_circuit, connect_lgn, lgn_wiring, place
from v1cortex.circuit.lgn_mosaic import lgn_mosaic
from v1cortex.circuit.lgn_wiring import visual_field_position
from v1cortex.lgn import firing_rates_Hz
from v1cortex.stimuli import drifting_grating
from v1cortex.tables import POPULATIONS, load_tables
from validation.tuning import preferred_direction_deg, preferred_orientation_deg

TABLES = load_tables()
UNITS = np.array(TABLES.lgn_units.unit)


@pytest.fixture(scope="module")
def mosaic():
    return lgn_mosaic(1, TABLES)


@pytest.fixture(scope="module")
def circuit():
    return build_circuit(3000, 1)


def test_mosaic_counts_sizes_and_angles(mosaic):
    assert len(mosaic) == 17_400
    np.testing.assert_array_equal(np.bincount(mosaic.unit_type), TABLES.lgn_units.n_full_field)
    low = TABLES.lgn_units.size_min_deg[mosaic.unit_type]
    high = TABLES.lgn_units.size_max_deg[mosaic.unit_type]
    assert np.all((mosaic.size_deg >= low) & (mosaic.size_deg <= high))
    ranged = high > low
    fraction = ((mosaic.size_deg - low) / np.where(ranged, high - low, 1))[ranged]
    assert stats.kstest(fraction, "uniform").pvalue > 1e-3
    tuned = TABLES.lgn_units.orientation_tuned[mosaic.unit_type]
    np.testing.assert_array_equal(np.isnan(mosaic.tuning_angle_deg), ~tuned)
    assert stats.kstest(mosaic.tuning_angle_deg[tuned], "uniform", (0, 360)).pvalue > 1e-3


def test_mosaic_covers_the_field_evenly(mosaic):
    assert stats.kstest(mosaic.x_deg, "uniform", (0, 240)).pvalue > 1e-3
    assert stats.kstest(mosaic.y_deg, "uniform", (0, 120)).pvalue > 1e-3
    for kind, count in enumerate(TABLES.lgn_units.n_full_field):
        of_kind = mosaic.unit_type == kind
        tile = (mosaic.x_deg[of_kind] // 16) * 10 + mosaic.y_deg[of_kind] // 12
        assert np.all(np.bincount(tile.astype(int), minlength=150) == count / 150)


def test_retinotopy():
    nodes = place(51_978, 0, TABLES)
    x, y = visual_field_position(nodes)
    i = int(np.argmax(nodes.x_um))
    assert x[i] == pytest.approx(120 + math.degrees(math.tan(math.radians(0.07 * nodes.x_um[i]))))
    assert y[i] == pytest.approx(60 + math.degrees(math.tan(math.radians(0.04 * nodes.z_um[i]))))
    assert np.corrcoef(nodes.x_um, x)[0, 1] > 0.99


def test_search_finds_the_units_inside_each_ellipse(mosaic, circuit):
    """All units of all pools inside ellipses of all kinds, found by testing every unit."""
    pools = lgn_wiring._pools(mosaic, TABLES)
    fields = lgn_wiring._subfields(11, circuit.nodes, 1, TABLES)
    fields = fields.take(np.arange(len(fields.node)) < 60)
    shift = np.linspace(-6, 6, 60)
    across, along = fields.long_radius_deg, fields.short_radius_deg
    # Some fields at the border of the mosaic.
    moved = dataclasses.replace(fields, x_deg=np.linspace(-5, 245, 60), y_deg=fields.y_deg * 2)
    for geometry in (fields, moved):
        found = set()
        for unit, field in lgn_wiring._in_ellipses(
            mosaic, pools["tOFF_"], geometry, shift, across, along
        ):
            found |= set(zip(field.tolist(), unit.tolist(), strict=True))
        expected = set()
        off = np.flatnonzero([name.startswith("tOFF_") for name in UNITS[mosaic.unit_type]])
        for f in range(60):
            angle = math.radians(geometry.direction_deg[f])
            x = geometry.x_deg[f] + shift[f] * math.cos(angle)
            y = geometry.y_deg[f] + shift[f] * math.sin(angle)
            turned = (mosaic.x_deg[off] - x + 1j * (mosaic.y_deg[off] - y)) * np.exp(-1j * angle)
            inside = (turned.real / along[f]) ** 2 + (turned.imag / across[f]) ** 2 <= 1
            expected |= {(f, int(unit)) for unit in off[inside]}
        assert found == expected
        assert len(found) > 100


def test_units_and_connections_of_3000_neurons(circuit):
    """About 750 units and 44,000 connections at 3000 neurons; units per neuron by population."""
    assert 660 < len(circuit.lgn_units) < 800
    assert len(circuit.lgn_edges) == pytest.approx(44_000, rel=0.08)
    inputs = np.bincount(circuit.lgn_edges.target, minlength=3000)
    for name, expected in (
        ("L4_E", 15.5),
        ("L5_E", 22),
        ("L6_E", 17),
        ("L23_E", 12.5),
        ("L23_Pvalb", 12),
        ("L6_Pvalb", 12),
    ):
        assert inputs[circuit.population_slice(name)].mean() == pytest.approx(expected, rel=0.15)


def test_only_the_listed_populations_get_input_with_their_probability():
    circuit = build_circuit(5000, 3)
    inputs = np.bincount(circuit.lgn_edges.target, minlength=5000)
    listed = {}
    for row, population in enumerate(TABLES.lgn_connectivity.population):
        listed[POPULATIONS[population]] = TABLES.lgn_connectivity.probability[row]
    for name in POPULATIONS:
        connected = inputs[circuit.population_slice(name)] > 0
        p = listed.get(name, 0.0)
        sd = math.sqrt(max(p * (1 - p) * len(connected), 1e-9))
        assert abs(connected.sum() - p * len(connected)) < max(4.5 * sd, 0.5), name


def test_weights_and_receptors_follow_the_table(circuit):
    table = TABLES.lgn_connectivity
    edges, nodes = circuit.lgn_edges, circuit.nodes
    labels = np.array(TABLES.cells.label)[nodes.cell_model]
    for row in range(len(table.population)):
        target = nodes.population == table.population[row]
        if table.label[row]:
            target &= labels == table.label[row]
        chosen = target[edges.target]
        assert chosen.any()
        weight = table.n_synapses[row] * table.weight_pA[row]
        np.testing.assert_allclose(edges.weight_pA[chosen], weight)
        assert np.all(edges.receptor[chosen] == table.receptor[row])
    excitatory = np.char.endswith(np.array(POPULATIONS), "_E")[nodes.population[edges.target]]
    np.testing.assert_array_equal(edges.receptor, np.where(excitatory, 1, 3))
    l4 = TABLES.population_index("L4_E")
    assert edges.weight_pA[nodes.population[edges.target] == l4].mean() == pytest.approx(42, abs=1)


def test_sustained_class_per_target_and_its_share(circuit):
    names = UNITS[circuit.lgn_units.unit_type[circuit.lgn_edges.source]]
    on = np.char.startswith(names, "sON_")
    off = np.char.startswith(names, "sOFF_")
    takes_on = np.bincount(circuit.lgn_edges.target, on, 3000) > 0
    takes_off = np.bincount(circuit.lgn_edges.target, off, 3000) > 0
    assert not np.any(takes_on & takes_off)
    for name, share in (("L23_E", 0.9), ("L5_E", 0.5)):
        part = circuit.population_slice(name)
        n = np.count_nonzero(takes_on[part] | takes_off[part])
        sd = math.sqrt(share * (1 - share) / n)
        assert np.count_nonzero(takes_on[part]) / n == pytest.approx(share, abs=4.5 * sd)


def test_sustained_on_units_lie_ahead_and_sustained_off_units_behind(circuit):
    """Half the published distance along the preferred direction; transient ones opposite."""
    edges, units, nodes = circuit.lgn_edges, circuit.lgn_units, circuit.nodes
    x, y = visual_field_position(nodes)
    angle = np.deg2rad(nodes.preferred_direction_deg[edges.target])
    dx = units.x_deg[edges.source] - x[edges.target]
    dy = units.y_deg[edges.source] - y[edges.target]
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    names = UNITS[units.unit_type[edges.source]]
    transient, on = np.char.startswith(names, "tOFF_"), np.char.startswith(names, "sON_")
    off = np.char.startswith(names, "sOFF_")
    takes_off = (np.bincount(edges.target, off, 3000) > 0)[edges.target]
    takes_on = (np.bincount(edges.target, on, 3000) > 0)[edges.target]
    for name, half_distance in (("L4_E", 2.5), ("L5_E", 5.0), ("L6_E", 1.75)):
        target = nodes.population[edges.target] == TABLES.population_index(name)
        for chosen, expected in (
            (on, half_distance),
            (off, -half_distance),
            (transient & takes_on, -half_distance),
            (transient & takes_off, half_distance),
        ):
            assert along[target & chosen].mean() == pytest.approx(expected, abs=0.6)
        between = target & ~(transient | on | off)
        assert across[target & transient].std() > across[between].std()


def test_lgn_input_is_modulated_most_by_motion_in_the_preferred_direction(circuit):
    """For L4 E cells, by their LGN input alone: first harmonic of the current during gratings."""
    cells = circuit.population_slice("L4_E")
    edges, units = circuit.lgn_edges, circuit.lgn_units
    shape = circuit.n_neurons, len(units)
    weight = csr_array((edges.weight_pA, (edges.target, edges.source)), shape)[cells]
    directions_deg, cycle = np.arange(0.0, 360.0, 45.0), np.arange(500)
    modulation = []
    for direction_deg in directions_deg:
        movie = drifting_grating(direction_deg, 1500, spatial_frequency_cpd=0.04)
        current = weight @ firing_rates_Hz(units, TABLES, movie, cache=False)[:, -500:]
        modulation.append(np.abs(current @ np.exp(-2j * np.pi * cycle / 500)))
    curves = np.transpose(modulation)
    preferred = circuit.nodes.preferred_direction_deg[cells]
    direction = np.mod(preferred_direction_deg(curves, directions_deg) - preferred, 360.0)
    assert np.minimum(direction, 360.0 - direction).mean() < 40  # 90 by chance, 180 if turned
    axis = np.mod(preferred_orientation_deg(curves, directions_deg) - preferred, 180.0)
    assert np.minimum(axis, 180.0 - axis).mean() < 20


def test_extent_of_the_ellipses_gives_width_and_aspect(circuit):
    """A uniform ellipse has variance a^2 / 4 along each semi-axis a."""
    edges, units, nodes = circuit.lgn_edges, circuit.lgn_units, circuit.nodes
    x, y = visual_field_position(nodes)
    angle = np.deg2rad(nodes.preferred_direction_deg[edges.target])
    dx = units.x_deg[edges.source] - x[edges.target]
    dy = units.y_deg[edges.source] - y[edges.target]
    across = dy * np.cos(angle) - dx * np.sin(angle)
    chosen = np.char.startswith(UNITS[units.unit_type[edges.source]], "tOFF_")
    chosen &= nodes.population[edges.target] == TABLES.population_index("L6_E")
    assert 2 * across[chosen].std() == pytest.approx(5.0 * 3.5, rel=0.06)


def test_two_subfield_units_come_from_the_small_ellipse_between_the_subfields(circuit):
    """Semi-axes: a quarter of the subfields' distance along, half a subfield's width across."""
    edges, units, nodes = circuit.lgn_edges, circuit.lgn_units, circuit.nodes
    x, y = visual_field_position(nodes)
    angle = np.deg2rad(nodes.preferred_direction_deg[edges.target])
    dx = units.x_deg[edges.source] - x[edges.target]
    dy = units.y_deg[edges.source] - y[edges.target]
    chosen = np.isfinite(units.tuning_angle_deg[edges.source])
    chosen &= nodes.population[edges.target] == TABLES.population_index("L5_E")
    along = (dx * np.cos(angle) + dy * np.sin(angle))[chosen]
    across = (dy * np.cos(angle) - dx * np.sin(angle))[chosen]
    assert len(along) > 200
    assert 2 * along.std() == pytest.approx(2.5, rel=0.15)
    assert np.abs(along).max() <= 3.0
    assert 2 * across.std() == pytest.approx(7.0, rel=0.15)
    assert np.abs(across).max() <= 8.0


def test_two_subfield_units_fit_the_preferred_orientation(circuit):
    angle = circuit.lgn_units.tuning_angle_deg[circuit.lgn_edges.source]
    tuned = np.isfinite(angle)
    assert tuned.sum() > 100
    target = circuit.nodes.preferred_direction_deg[circuit.lgn_edges.target]
    axis = np.cos(2 * np.deg2rad(angle[tuned] - target[tuned]))
    assert axis.min() >= math.cos(math.radians(30))
    assert np.median(np.rad2deg(np.arccos(axis)) / 2) == pytest.approx(7.5, abs=2)


def test_preferred_frequency_is_a_positive_poisson_number():
    uniform = np.random.default_rng(0).random(50_000)
    numbers = lgn_wiring._positive_poisson(uniform, 2.0)
    assert numbers.min() == 1
    observed = np.bincount(numbers, minlength=8)[1:8]
    expected = stats.poisson.pmf(np.arange(1, 8), 2.0) / (1 - math.exp(-2)) * 50_000
    assert stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), 6) > 1e-3
    assert lgn_wiring._positive_poisson(np.zeros(1), 2.0)[0] == 1


def test_type_probabilities_by_hand():
    probability = lgn_wiring._type_probabilities(4, UNITS)
    # Preferred frequency 4 Hz; sustained ON types at 1, 2, 4, 8 Hz: distances 3, 2, 0, 4 of 9.
    np.testing.assert_allclose(probability[4, :4], [6 / 27, 7 / 27, 9 / 27, 5 / 27])
    # Transient OFF types at 4, 8, 15 Hz: distances 0, 4, 11 of 15.
    np.testing.assert_allclose(probability[4, 9:12], [15 / 30, 11 / 30, 4 / 30])
    np.testing.assert_array_equal(probability[:, 12:], 0)
    np.testing.assert_allclose(probability[2, 4:9].sum(), 1)


def test_share_of_frequencies_among_connections(circuit):
    """Transient OFF types of L2/3 E: chance inside the ellipse, averaged over preferences."""
    weights = stats.poisson.pmf(np.arange(1, 30), 1.5)
    expected = np.zeros(3)
    for f, w in enumerate(weights / weights.sum(), start=1):
        gap = np.abs(f - np.array([4.0, 8.0, 15.0]))
        expected += w * (1 - gap / gap.sum()) / 2
    expected *= TABLES.lgn_units.n_full_field[9:12]
    target = circuit.nodes.population[circuit.lgn_edges.target]
    kind = circuit.lgn_units.unit_type[circuit.lgn_edges.source]
    kind = kind[target == TABLES.population_index("L23_E")]
    counts = np.bincount(kind, minlength=14)[9:12]
    # Neighbouring neurons share the same few units: allow for their sampling.
    np.testing.assert_allclose(counts / counts.sum(), expected / expected.sum(), atol=0.06)


def test_sorted_unique_and_without_idle_units(circuit):
    edges = circuit.lgn_edges
    assert np.all(np.diff(edges.target * np.int64(20_000) + edges.source) > 0)
    np.testing.assert_array_equal(np.unique(edges.source), np.arange(len(circuit.lgn_units)))
    types = {name: str(array.dtype) for name, array in edges.items()}
    assert types == {
        "source": "int32",
        "target": "int32",
        "weight_pA": "float64",
        "receptor": "int8",
    }


def test_independent_of_the_block_size(circuit, monkeypatch):
    monkeypatch.setattr(lgn_wiring, "BLOCK_SIZE", 777)
    units, edges = connect_lgn(circuit.nodes, 1, TABLES)
    for mine, theirs in ((units, circuit.lgn_units), (edges, circuit.lgn_edges)):
        for (name, a), (_, b) in zip(mine.items(), theirs.items(), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)


def test_circuit_without_lgn_targets():
    nodes = place(3000, 0, TABLES)
    sst = nodes.population == TABLES.population_index("L6_Sst")
    only = type(nodes)(*(array[sst] for _, array in nodes.items()))
    units, edges = connect_lgn(only, 0, TABLES)
    assert isinstance(units, LgnUnits)
    assert len(units) == len(edges) == 0
