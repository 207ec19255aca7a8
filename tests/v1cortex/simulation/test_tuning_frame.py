"""Tuning as a table."""

import numpy as np

from v1cortex.simulation import DIRECTIONS_DEG, Tuning


def test_a_row_for_each_neuron():
    directions = np.array(DIRECTIONS_DEG)
    to_the_right, along_the_vertical, silent = np.zeros((3, len(directions)))
    to_the_right[0] = 8.0
    along_the_vertical[[2, 6]] = 4.0
    curves = np.stack([to_the_right, along_the_vertical, silent])
    table = Tuning(directions, curves, np.array([0.1, 0.2, np.nan])).to_frame()
    assert table.index.name == "neuron"
    assert table["rate_Hz"].tolist() == [1.0, 1.0, 0.0]
    assert np.allclose(table["osi"][:2], 1.0)
    assert np.allclose(table["dsi"][:2], [1.0, 0.0])
    assert np.isclose(table.loc[0, "preferred_direction_deg"], 0.0)
    assert np.isclose(table.loc[1, "preferred_orientation_deg"], 90.0)
    assert set(table.dtypes.astype(str)) == {"float64"}
