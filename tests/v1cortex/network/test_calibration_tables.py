"""Tables of calibrations, and the synapses that they were fitted for."""

import numpy as np
import pytest

from v1cortex.errors import ConfigError, TableError
from v1cortex.network import calibration_for, calibration_notes, population_background_pA
from v1cortex.tables import POPULATIONS


def test_calibration_tables_are_checked(small_circuit, tmp_path):
    with pytest.raises(ConfigError, match="mouse-classes"):
        calibration_for(small_circuit, "mouse-clases")
    path = tmp_path / "mine.csv"
    path.write_text("# made by hand\npopulation,background_pA\nL4_E,1\n")
    with pytest.raises(ConfigError, match=r"mine\.csv.*L1_Htr3a is nan"):
        population_background_pA(str(path))


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("# weight_gain: E->E", ConfigError, "has 'E->E'; write KIND=FACTOR"),
        ("# weight_gain: E->E=2.2, =3", ConfigError, "has '=3'"),
        ("# weight_gain: E->E=-1", ConfigError, "weight_gain of E->E is -1"),
        ("# weight_gain: E->X=1", ConfigError, "no neuron type.*'X'"),
        ("# short_term: rats", ConfigError, "short_term is '.*rats'"),
        ("# short_term: mine.csv", TableError, "not a table of short-term dynamics"),
    ],
)
def test_what_a_calibration_was_fitted_for_is_checked(
    small_circuit, tmp_path, line, error, message
):
    path = tmp_path / "mine.csv"
    path.write_text(line + "\npopulation,background_pA\n" + ",1\n".join(POPULATIONS) + ",1\n")
    with pytest.raises(error, match=message):
        calibration_for(small_circuit, str(path))


def test_a_calibration_brings_its_gains(small_circuit):
    own = calibration_for(small_circuit, "mouse-classes-rat")
    static = calibration_for(small_circuit, "mouse-classes-rat", {})
    table = small_circuit.tables.connectivity
    excitatory = np.array([name.endswith("_E") for name in POPULATIONS])
    expected = np.where(excitatory[table.pre] & excitatory[table.post], 2.2, 1.0)
    assert own.recurrent_scale / static.recurrent_scale == pytest.approx(expected)
    assert own.reference_scale == pytest.approx(static.recurrent_scale)  # learning is not scaled


def test_notes_name_the_calibration_that_suits(tmp_path):
    assert not calibration_notes("mouse-classes", "off")
    assert not calibration_notes("published", "off")
    assert not calibration_notes("mouse-classes-rat", "rat")
    assert not calibration_notes("mouse-classes-table", "circuit")
    (note,) = calibration_notes("mouse-classes-table", "off")
    assert "fitted for short-term dynamics 'table'" in note
    assert "'mouse-classes' was fitted for these" in note
    (note,) = calibration_notes("mouse-classes", "rat")
    assert "fitted for static synapses" in note
    assert "'mouse-classes-rat'" in note
    (note,) = calibration_notes("published", "other.csv")
    assert "v1cortex calibrate" in note
