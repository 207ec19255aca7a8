"""Short-term dynamics: the shipped values against their source, precedence of rows, bad tables."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

from v1cortex.errors import TableError
from v1cortex.tables import (
    POPULATIONS,
    SHORT_TERM_TABLES,
    load_short_term,
    load_tables,
    short_term_of_types,
)

# Recovery time constant at rest (ms), its relative fall at each spike, its own time constant (ms),
# release probability: model of Hennig 2013 for pairs of mouse V1, AllenInstitute/AIBS_synapse.
UNKNOWN = (1195.9, 0.42, 716.4, 0.27)
LAYER_5 = ((330.1, 0.51, 52.4, 0.41), (1020.7, 0.45, 198.0, 0.33), (1764.3, 0.33, 1000.0, 0.24))
PAIRS = {
    ("L23_E", "L23_E"): (UNKNOWN,),
    ("L5_E", "L5_E"): LAYER_5,
    ("E", "E"): (UNKNOWN, *LAYER_5),
    ("L4_E", "L4_Pvalb"): ((300.6, 0.66, 22.8, 0.47),),
    ("L5_E", "L5_Pvalb"): ((4499.1, 0.39, 873.6, 0.21),),
    ("L23_Pvalb", "L23_E"): ((1959.8, 0.45, 419.5, 0.19),),
    ("L4_Pvalb", "L4_E"): ((703.4, 0.60, 158.4, 0.28),),
    ("L5_Pvalb", "L5_E"): ((2054.6, 0.72, 225.2, 0.26),),
    ("Pvalb", "I"): ((704.5, 0.56, 120.3, 0.44), (2067.4, 0.53, 571.9, 0.27)),
}


def trains_ms() -> list[np.ndarray]:
    """Eight pulses at several frequencies, and four more after a pause (Seeman et al. 2018)."""
    found = []
    for rate_Hz, pause_ms in (
        *((rate_Hz, 250) for rate_Hz in (10, 20, 50, 100)),
        *((50, pause_ms) for pause_ms in (125, 500, 1000, 2000, 4000)),
    ):
        first = np.arange(8) * 1000.0 / rate_Hz
        found.append(np.concatenate([first, first[-1] + pause_ms + first[:4]]))
    return found


def published(parameters: tuple[float, ...], times_ms: np.ndarray) -> np.ndarray:
    """Responses of the model with recovery that quickens with use, relative to the first."""
    tau_rest, fall, tau_of_tau, release = parameters
    available, tau, responses = 1.0, tau_rest, []
    for gap_ms in np.diff(times_ms, prepend=times_ms[0]):
        steps_ms = np.linspace(0, gap_ms, 4 * int(gap_ms) + 2)
        course = tau_rest - (tau_rest - tau) * np.exp(-steps_ms / tau_of_tau)
        available = 1 - (1 - available) * np.exp(-np.trapezoid(1 / course, steps_ms))
        responses.append(available)
        available -= release * available
        tau = course[-1] * (1 - fall)
    return np.array(responses)


def depressing(U: float, tau_rec_ms: float, times_ms: np.ndarray) -> np.ndarray:
    available, responses = 1.0, []
    for gap_ms in np.diff(times_ms, prepend=times_ms[0]):
        available = 1 - (1 - available) * np.exp(-gap_ms / tau_rec_ms)
        responses.append(available)
        available -= U * available
    return np.array(responses)


def fitted(parameters: tuple[float, ...]) -> tuple[float, float, float]:
    trains = trains_ms()
    wanted = np.concatenate([published(parameters, train) for train in trains])

    def residuals(found: np.ndarray) -> np.ndarray:
        own = [depressing(found[0], float(np.exp(found[1])), train) for train in trains]
        return np.concatenate(own) - wanted

    best = least_squares(residuals, [0.4, 6.0], bounds=([0.01, 0.0], [1.0, 10.0]))
    return best.x[0], float(np.exp(best.x[1])), float(np.sqrt(np.mean(best.fun**2)))


@pytest.mark.parametrize("pair", PAIRS)
def test_values_of_the_mouse_follow_from_the_published_models(pair: tuple[str, str]):
    (row,) = [each for each in load_short_term() if (each.pre, each.post) == pair]
    fits = np.array([fitted(parameters) for parameters in PAIRS[pair]])
    U, tau_rec_ms, error = fits.mean(axis=0)
    assert abs(row.dynamics.U - U) < 0.006
    assert abs(row.dynamics.tau_rec_ms / tau_rec_ms - 1) < 0.01
    assert 0.03 < error < 0.08


def test_every_pair_of_the_model_has_one_row():
    tables = load_tables()
    found = short_term_of_types(load_short_term(), tables, range(tables.n_synapse_types), "shipped")
    row = tables.synapse_type_index
    assert found.U[row("L23_E", "L23_E")] == 0.28
    assert found.U[row("L23_E", "L5_E")] == found.U[row("L4_E", "L4_E")] == 0.30
    assert found.tau_fac_ms[row("L5_E", "L5_Sst")] == 670
    assert found.U[row("L5_Pvalb", "L5_Sst")] == 0.31
    facilitating = found.tau_fac_ms > found.tau_rec_ms
    targets = {POPULATIONS[k].partition("_")[2] for k in tables.connectivity.post[facilitating]}
    assert targets == {"Sst"}


def test_the_table_of_rat_makes_excitatory_pairs_depress_and_no_others():
    tables = load_tables()
    rows = load_short_term(SHORT_TERM_TABLES["rat"])
    found = short_term_of_types(rows, tables, range(tables.n_synapse_types), "rat")
    excitatory = [POPULATIONS[k].endswith("_E") for k in range(len(POPULATIONS))]
    pre, post = tables.connectivity.pre, tables.connectivity.post
    both = np.array([excitatory[a] and excitatory[b] for a, b in zip(pre, post, strict=True)])
    # Markram et al. 2015, doi 10.1016/j.cell.2015.09.029: excitatory synapses of type E2.
    assert set(found.U[both]) == {0.5} and set(found.tau_rec_ms[both]) == {671}
    assert set(found.tau_fac_ms[both]) == {17}
    assert not found.tau_rec_ms[~both].any() and not found.tau_fac_ms[~both].any()


def test_sources_are_given():
    text = (Path(load_tables.__code__.co_filename).parent / "short_term.csv").read_text()
    for line in text.splitlines()[1:]:
        assert "10." in line.rpartition(",")[2] and line.count('"') == 2, line


HEADER = "pre,post,U,tau_rec_ms,tau_fac_ms\n"


def written(folder: Path, rows: str) -> Path:
    path = folder / "own.csv"
    path.write_text(HEADER + rows)
    return path


def test_the_row_that_names_the_pair_most_closely_counts(tmp_path: Path):
    tables = load_tables()
    rows = load_short_term(
        written(tmp_path, "E,E,0.5,671,17\nE,I,1,0,0\nI,E,1,0,0\nI,I,1,0,0\nL4_E,E,0.2,100,0\n")
    )
    found = short_term_of_types(rows, tables, range(186), "own.csv")
    index = tables.synapse_type_index
    assert found.of(index("L4_E", "L23_E")).U == 0.2
    assert found.of(index("L5_E", "L23_E")).tau_rec_ms == 671
    assert found.of(index("L5_Pvalb", "L5_E")) is None


def test_missing_and_ambiguous_pairs_are_named(tmp_path: Path):
    tables = load_tables()
    rows = load_short_term(written(tmp_path, "E,E,0.5,671,17\nI,E,1,0,0\nI,I,1,0,0\n"))
    missing = tables.synapse_type_index("L4_E", "L4_Pvalb")
    with pytest.raises(TableError, match="no row for L4_E -> L4_Pvalb"):
        short_term_of_types(rows, tables, [missing], "own.csv")
    others = np.flatnonzero(tables.connectivity.receptor != 3)
    assert short_term_of_types(rows, tables, others, "own.csv").of(missing) is None
    rows = load_short_term(written(tmp_path, "L4_E,E,0.5,671,17\nE,L4_E,0.5,600,17\n"))
    with pytest.raises(TableError, match="two equally specific rows for L4_E -> L4_E"):
        short_term_of_types(rows, tables, [], "own.csv")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("E,E,0,671,17", r"own.csv: E -> E: U of short-term dynamics is 0.0; .*\(0, 1\]"),
        ("E,E,1.2,671,17", "is 1.2"),
        ("E,E,0.5,-1,17", "tau_rec_ms of short-term dynamics is -1.0"),
        ("E,E,0.5,671,nan", "tau_fac_ms of short-term dynamics is nan"),
        ("E,E,half,671,17", "could not convert"),
        ("E,E,0.5,671", "E -> E"),
        ("E,Pvlb,0.5,671,17", "Did you mean 'Pvalb'"),
        ("", "lacks rows"),
    ],
)
def test_bad_values_are_named(tmp_path: Path, row: str, message: str):
    with pytest.raises(TableError, match=message):
        load_short_term(written(tmp_path, row + "\n" if row else ""))


def test_other_files_are_refused(tmp_path: Path):
    with pytest.raises(TableError, match="cannot read"):
        load_short_term(tmp_path / "nowhere.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="lacks pre, post, U"):
        load_short_term(tmp_path / "other.csv")
