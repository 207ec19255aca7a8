"""The tables: published totals, consistency, and errors for damaged files."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from v1cortex.errors import TableError
from v1cortex.tables import POPULATIONS, load_tables
from v1cortex.tables.reader import FOLDER


@pytest.fixture
def copied_tables(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "tables"))


def replace_once(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_published_totals():
    tables = load_tables()
    assert tables.populations.population == POPULATIONS
    assert tables.populations.n_core.sum() == 51_978
    assert len(tables.cells.specimen_id) == len(set(tables.cells.specimen_id.tolist())) == 111
    assert tables.n_synapse_types == 186
    assert len(tables.labels.label) == len(tables.background.label) == 21
    assert tables.lgn_units.n_full_field.sum() == 17_400
    assert len(tables.lgn_connectivity.population) == 13


def test_receptors_follow_the_classes_of_both_populations():
    connectivity = load_tables().connectivity
    excitatory = np.array([name.endswith("_E") for name in POPULATIONS])
    pre, post = excitatory[connectivity.pre], excitatory[connectivity.post]
    expected = np.select([pre & post, ~pre & post, pre & ~post], [1, 2, 3], 4)
    np.testing.assert_array_equal(connectivity.receptor, expected)
    np.testing.assert_array_equal(np.isfinite(connectivity.like_to_like_ratio), pre & post)
    lgn = load_tables().lgn_connectivity
    np.testing.assert_array_equal(lgn.receptor, np.where(excitatory[lgn.population], 1, 3))


def test_every_threshold_lies_above_rest():
    cells = load_tables().cells
    assert np.all(cells.V_th_mV > cells.E_L_mV)
    assert np.all((cells.asc_tau_1_ms > 0) & (cells.asc_tau_2_ms > 0) & (cells.g_nS > 0))


def test_loaded_once_and_read_only():
    tables = load_tables()
    assert load_tables() is tables
    with pytest.raises(ValueError, match="read-only"):
        tables.cells.C_m_pF[0] = 1.0


def test_digest_follows_the_content(copied_tables: Path):
    assert load_tables(copied_tables).digest == load_tables().digest
    other = Path(shutil.copytree(copied_tables, copied_tables.parent / "other"))
    replace_once(other / "connectivity.csv", "0.656", "0.657")
    assert load_tables(other).digest != load_tables().digest


def test_names_and_indices():
    tables = load_tables()
    index = tables.synapse_type_index("L4_E", "L23_E")
    assert tables.synapse_type_name(index) == "L4_E_to_L23_E"
    assert tables.connectivity.p_0_75um[index] == 0.14
    with pytest.raises(TableError, match="Did you mean 'L4_Pvalb'"):
        tables.population_index("L4_Pvlb")
    with pytest.raises(TableError, match="L1_Htr3a does not connect to L4_Sst"):
        tables.synapse_type_index("L1_Htr3a", "L4_Sst")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("connectivity.csv", "sigma_um", "sigma", "has columns"),
        ("connectivity.csv", "L1_Htr3a,L23_E", "L1_Htr3a,L23_Ee", "Did you mean 'L23_E'"),
        ("connectivity.csv", "L1_Htr3a,L23_E", "L1_Htr3a,L1_Htr3a", "a pair twice"),
        ("connectivity.csv", "0.656", "1.656", r"outside \[0, 1\]"),
        ("connectivity.csv", "-0.0477241", "0.0477241", "contradicts its receptor"),
        ("cells.csv", "123.4174", "nan", "not a finite number"),
        ("cells.csv", "e23Cux2", "e23Cux", "different labels"),
        ("labels.csv", "1248", "1249", "does not add up"),
        ("populations.csv", "L23_Pvalb,640,100", "L23_Pvalb,640,310", "empty depth range"),
        ("lgn_units.csv", "False", "no", "neither True nor False"),
        ("lgn_connectivity.csv", "5.826,3", "5.826,5", "not one of 1, 2, 3, 4"),
    ],
)
def test_damage_is_named(copied_tables: Path, file: str, old: str, new: str, message: str):
    replace_once(copied_tables / file, old, new)
    with pytest.raises(TableError, match=message) as error:
        load_tables(copied_tables)
    assert file in str(error.value)


def test_missing_short_and_empty_files(copied_tables: Path):
    path = copied_tables / "cells.csv"
    text = path.read_text()
    path.write_text(text.splitlines()[0] + "\n")
    with pytest.raises(TableError, match="no rows"):
        load_tables(copied_tables)
    path.write_text(text[:-20])
    with pytest.raises(TableError, match="line 112"):
        load_tables(copied_tables)
    path.unlink()
    with pytest.raises(TableError, match="Cannot read table"):
        load_tables(copied_tables)
