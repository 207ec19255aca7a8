import numpy as np
import pytest

from validation.errors import StatisticsError
from validation.tuning import (
    direction_selectivity,
    orientation_selectivity,
    preferred_direction_deg,
    tuning_curves,
)

DIRECTIONS = np.arange(0.0, 360.0, 45.0)


def test_indices_of_cosine_tuning():
    theta = np.deg2rad(DIRECTIONS)
    curves = np.array(
        [
            np.full(8, 3.0),
            5 + 2 * np.cos(theta - np.pi / 3),  # first harmonic / 2 / mean = 0.2
            5 + 4 * np.cos(2 * (theta - 1.0)),  # second harmonic / 2 / mean = 0.4
            np.eye(8)[3],
            np.eye(8)[1] + np.eye(8)[5],
        ]
    )
    np.testing.assert_allclose(
        direction_selectivity(curves, DIRECTIONS), [0, 0.2, 0, 1, 0], atol=1e-12
    )
    np.testing.assert_allclose(
        orientation_selectivity(curves, DIRECTIONS), [0, 0, 0.4, 1, 1], atol=1e-12
    )
    preferred = preferred_direction_deg(curves, DIRECTIONS)
    assert preferred[1] == pytest.approx(60.0)
    assert preferred[3] == pytest.approx(135.0)


def test_silent_neurons_have_no_index():
    assert np.isnan(orientation_selectivity(np.zeros((1, 8)), DIRECTIONS)).all()


def test_curves_average_trials():
    shown = np.array([90.0, 0.0, 90.0, 0.0, 90.0])
    directions, curves = tuning_curves([[1, 2, 3, 4, 5], [0, 1, 0, 1, 0]], shown)
    assert directions.tolist() == [0.0, 90.0]
    assert curves.tolist() == [[3.0, 3.0], [1.0, 0.0]]
    with pytest.raises(StatisticsError, match="trials"):
        tuning_curves([[1.0, 2.0]], shown)


def test_orientations_only_serve_the_orientation_index():
    orientations = np.array([0.0, 45.0, 90.0, 135.0])
    curves = np.array([[4.0, 1.0, 0.0, 1.0]])
    assert orientation_selectivity(curves, orientations) == pytest.approx(4 / 6)
    with pytest.raises(StatisticsError, match="over 360 deg"):
        direction_selectivity(curves, orientations)


@pytest.mark.parametrize("directions", [[0.0, 10.0, 180.0], [0.0, 90.0, 180.0], [0.0]])
def test_uneven_directions_are_refused(directions):
    with pytest.raises(StatisticsError, match="evenly spaced"):
        orientation_selectivity(np.ones((1, len(directions))), directions)
