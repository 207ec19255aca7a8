"""The cells that answer: around the middle of their layer, or in disjoint pools."""

import numpy as np
import pytest

from v1cortex.circuit import build_circuit
from v1cortex.errors import TaskError
from v1cortex.tasks import pool, pools


def test_the_pool_is_the_cells_around_the_middle_of_layer_5(small_circuit):
    cells = pool(small_circuit, n=20)
    nodes = small_circuit.nodes
    position = np.stack([nodes.x_um, nodes.depth_um - 535.0, nodes.z_um])
    distance = np.linalg.norm(position, axis=0)
    assert (len(cells), cells.dtype) == (20, np.int32)
    assert (np.diff(cells) > 0).all()
    inside = small_circuit.population_slice("L5_E")
    assert cells[0] >= inside.start
    assert cells[-1] < inside.stop
    others = np.setdiff1d(np.arange(inside.start, inside.stop), cells)
    assert distance[cells].max() <= min(55.0, distance[others].min())


def test_a_pool_larger_than_its_surroundings_is_refused(small_circuit):
    with pytest.raises(TaskError, match=r"pool of 400 L5_E cells .* within 55 µm .*Choose 1 to"):
        pool(small_circuit, n=400)
    with pytest.raises(TaskError, match="pool of 0"):
        pool(small_circuit, n=0)
    with pytest.raises(TaskError, match="within 1 µm"):
        pool(small_circuit, n=5, radius_um=1.0)


def test_several_pools_share_no_cell_and_lie_around_the_axis():
    circuit = build_circuit(3000, 1)
    found = pools(circuit, 10)
    assert found.shape == (10, 30)
    assert len(np.unique(found)) == 300
    inside = circuit.population_slice("L5_E")
    assert inside.start <= found.min() <= found.max() < inside.stop
    middle = np.stack([circuit.nodes.x_um[found].mean(1), circuit.nodes.z_um[found].mean(1)])
    angle = np.rad2deg(np.arctan2(middle[1], middle[0])) % 360
    np.testing.assert_allclose((angle - 36 * np.arange(10)) % 360, 180, atol=20)
    np.testing.assert_array_equal(pools(circuit, 1)[0], pool(circuit))


def test_pools_that_do_not_fit_are_refused(small_circuit):
    with pytest.raises(TaskError, match=r"10 pools of 30 .* has 73 such cells. Choose at most 7"):
        pools(small_circuit, 10)
    with pytest.raises(TaskError, match=r"reach \d+ µm from its centre"):
        pools(small_circuit, 2, n=36, radius_um=20.0)
