"""The picture of adaptation: lines of the populations that fire, and a panel of one's own."""

import numpy as np
import pytest
from written_texts import texts

from v1cortex.errors import ConfigError
from v1cortex.plots import adaptation
from v1cortex.plots.style import new_figure
from validation.adaptation import Adaptation, PopulationAdaptation


def population(name, change_Hz) -> PopulationAdaptation:
    return PopulationAdaptation(
        population=name,
        n_cells=120,
        repeats_Hz=tuple(change_Hz * np.array([1.0, 0.7, 0.6, 0.55, 0.5, 0.5])),
        repeats_standard_error_Hz=(0.2,) * 6,
        omitted_Hz=0.1 * change_Hz,
        gray_Hz=0.1 * change_Hz,
        after_gap_Hz=tuple(change_Hz * np.array([0.7, 0.8, 0.9, 1.0])),
        after_gap_standard_error_Hz=(0.3,) * 4,
        change_over_repeat=1 / 0.51 if change_Hz else None,
    )


FOUND = Adaptation(
    n_sequences=16,
    period_ms=750.0,
    gaps_ms=(1500.0, 2250.0, 3750.0, 6750.0),
    populations=(population("L23_E", 4.0), population("L4_E", 8.0), population("L6_E", 0.0)),
)


def test_lines_are_relative_to_the_change_and_silence_is_left_out():
    figure = adaptation(FOUND)
    found = texts(figure)
    assert "L2/3 E (n = 120)" in found
    assert "L4 E (n = 120)" in found
    assert not any("L6" in each for each in found)
    assert "repeats before (16 sequences)" in found
    top, bottom = figure.axes
    for panel, expected in ((top, [1.0, 0.7, 0.6, 0.55, 0.5, 0.5]), (bottom, [0.7, 0.8, 0.9, 1.0])):
        lines = [line.get_ydata() for line in panel.lines if len(line.get_xdata()) == len(expected)]
        assert len(lines) == 2
        for line in lines:
            np.testing.assert_allclose(np.asarray(line, dtype=float), expected)


def test_into_panels_of_a_figure_of_ones_own():
    figure, panels = new_figure((5, 5), 2)
    assert adaptation(FOUND, ("L23_E",), panels) is figure
    with pytest.raises(ConfigError, match="1 axes were given"):
        adaptation(FOUND, axes=panels[:1])
    with pytest.raises(ConfigError, match="none of L6_E fires at changes; draw others of L23_E"):
        adaptation(FOUND, ("L6_E",))
