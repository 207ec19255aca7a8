"""LGN firing rates compared with BMTK's FilterNet, and spikes with Poisson statistics."""

import numpy as np
import pytest
from scipy import stats

from v1cortex.circuit import LgnUnits
from v1cortex.errors import StimulusError
from v1cortex.lgn import cache as lgn_cache
from v1cortex.lgn import firing_rates_Hz, poisson_spikes, rates_in_pieces_Hz
from v1cortex.lgn import rates as lgn
from v1cortex.stimuli import Movie, grating, gray_frame, gray_movie, natural_images, still_movie
from v1cortex.stimuli.movies import image_sequence
from v1cortex.tables import load_tables

TABLES = load_tables()
TYPES = TABLES.lgn_units.unit
ON_PARAMETERS = {  # sON_TF4, the ON subfield of both two-subfield types
    "opt_wts": [3.59404, -1.81458],
    "opt_kpeaks": [30.75887, 58.35846],
    "opt_delays": [0, 25],
}
TOLERANCE_HZ = 1e-4
"""Rates are stored as 32-bit numbers: up to 100 Hz their spacing is below 1e-5 Hz; the rest of the
tolerance is for float32 frames that FilterNet sums in another order."""


class Node(dict):
    """A unit as FilterNet's cell loader reads it from a network."""

    weights = kpeaks = delays = weights_non_dom = kpeaks_non_dom = delays_non_dom = None
    predefined_jitter = False
    non_dom_params = ON_PARAMETERS

    def __init__(self, separation_deg, angle_deg, **properties):
        super().__init__(properties)
        self.sf_sep, self.tuning_angle = separation_deg, angle_deg


def filternet_rates_Hz(units, movie, separable=True):
    """FilterNet's own rates for the units and the movie, built unit by unit."""
    from bmtk.simulator.filternet.default_setters.cell_loaders import default_cell_loader
    from bmtk.simulator.filternet.lgnmodel.movie import Movie as FilterNetMovie

    shown = FilterNetMovie(movie.frames[movie.frame_of_step].astype(np.float64), frame_rate=1000.0)
    table = TABLES.lgn_units
    rates = []
    for unit, kind in enumerate(units.unit_type):
        node = Node(
            {"sONsOFF_001": 6.0, "sONtOFF_001": 4.0}.get(TYPES[kind], 0.0),
            units.tuning_angle_deg[unit],
            x=units.x_deg[unit],
            y=units.y_deg[unit],
            spatial_size=units.size_deg[unit],
        )
        parameters = {
            "opt_wts": [table.kernel_weight_1[kind], table.kernel_weight_2[kind]],
            "opt_kpeaks": [table.kernel_peak_1_ms[kind], table.kernel_peak_2_ms[kind]],
            "opt_delays": [table.kernel_delay_1_ms[kind], table.kernel_delay_2_ms[kind]],
        }
        cell = default_cell_loader(node, ("lgnmodel", TYPES[kind]), parameters)
        rates.append(np.asarray(cell.evaluate(shown, downsample=1, separable=separable)[1]))
    return np.array(rates)


def make_units(kinds, x, y, size=None, angle=None):
    """Units of the given types, with sizes and angles spread over the table's ranges."""
    kinds = np.asarray(kinds, dtype=np.int8)
    table = TABLES.lgn_units
    share = np.linspace(0.0, 1.0, len(kinds))
    low, high = table.size_min_deg[kinds], table.size_max_deg[kinds]
    tuned = table.orientation_tuned[kinds]
    return LgnUnits(
        kinds,
        np.asarray(x, dtype=np.float64),
        np.asarray(y, dtype=np.float64),
        low + share * (high - low) if size is None else np.asarray(size, dtype=np.float64),
        np.where(tuned, 360.0 * share + 17.0, np.nan) if angle is None else np.asarray(angle),
    )


def image_movie():
    """Gray, a photograph, gray, a grating, another photograph and gray: 750 ms."""
    frames = np.stack([gray_frame(), *natural_images()[:2], grating(30.0, contrast=2.0)])
    return image_sequence(frames, [(0, 50), (1, 100), (0, 100), (3, 150), (2, 150), (0, 200)])


@pytest.mark.parametrize("kind", range(14), ids=TYPES)
def test_every_unit_type_agrees_with_filternet(kind):
    # At the centre, between pixels, and where the field's edge cuts the filter.
    x = [120.0, 117.3, 96.5, 1.2, 238.9, 60.25]
    y = [60.0, 58.7, 77.5, 30.1, 118.2, 0.4]
    units = make_units([kind] * len(x), x, y)
    movie = image_movie()
    ours = firing_rates_Hz(units, TABLES, movie, cache=False)
    theirs = filternet_rates_Hz(units, movie)
    assert theirs.std() > 0.5
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE_HZ)


def test_agreement_with_the_non_separable_evaluation_of_filternet():
    units = make_units([3, 11], [120.4, 119.0], [60.2, 63.0], size=[2.0, 3.0])
    movie = still_movie(grating(0.0, contrast=1.0), 120)
    theirs = filternet_rates_Hz(units, movie, separable=False)
    ours = firing_rates_Hz(units, TABLES, movie, cache=False)
    # FilterNet adds a sample after the end of the movie.
    np.testing.assert_allclose(ours, theirs[:, :120], atol=TOLERANCE_HZ)


def test_gray_gives_the_spontaneous_rates():
    kinds = np.arange(14)
    units = make_units(kinds, np.full(14, 100.0), np.full(14, 50.0))
    rates = firing_rates_Hz(units, TABLES, gray_movie(5), cache=False)
    # The mean rates shipped with FilterNet, and its constants for two subfields.
    assert rates[0, 0] == pytest.approx(5.2)
    assert rates[TYPES.index("sONsOFF_001"), 0] == pytest.approx(4.0)
    assert rates[TYPES.index("sONtOFF_001"), 0] == pytest.approx(5.5)
    assert (rates == rates[:, :1]).all()


def test_on_units_prefer_light_and_off_units_dark():
    units = make_units([0, 3, 4, 9], [120.0] * 4, [60.0] * 4)
    light = firing_rates_Hz(units, TABLES, still_movie(gray_frame() + 1, 60), cache=False)
    dark = firing_rates_Hz(units, TABLES, still_movie(gray_frame() - 1, 60), cache=False)
    assert (light[:2].mean(axis=1) > dark[:2].mean(axis=1)).all()
    assert (light[2:].mean(axis=1) < dark[2:].mean(axis=1)).all()


def test_rows_of_a_frame_count_from_the_lower_edge():
    frame = gray_frame()
    frame[80:100, 30:50] = 1.0
    units = make_units([3, 3], [40.0, 40.0], [90.0, 30.0], size=[6.0, 6.0])
    above, below = firing_rates_Hz(units, TABLES, still_movie(frame, 60), cache=False).max(axis=1)
    assert above > 1.5 * below


def test_the_previous_image_is_remembered_only_with_memory():
    frames = np.stack([gray_frame(), grating(0.0, contrast=2.0), grating(90.0, contrast=2.0)])
    units = make_units(range(14), np.full(14, 121.0), np.full(14, 61.0))

    def second_image_after(first, memory):
        order = np.repeat([0, first, 0, 2, 0], [50, 100, 50, 100, 30]).astype(np.int16)
        movie = Movie(frames, order, episode_starts=np.array([0, 170]))
        return firing_rates_Hz(units, TABLES, movie, cache=False, memory=memory)[:, 170:]

    after_gray = image_sequence(frames, [(0, 800), (2, 100), (0, 30)])
    expected = firing_rates_Hz(units, TABLES, after_gray, cache=False)[:, 770:]
    np.testing.assert_allclose(second_image_after(1, memory=False), expected, atol=TOLERANCE_HZ)
    np.testing.assert_allclose(second_image_after(2, memory=False), expected, atol=TOLERANCE_HZ)
    difference = second_image_after(1, memory=True) - second_image_after(2, memory=True)
    assert np.abs(difference).max() > 5.0


def test_rates_do_not_depend_on_block_sizes(monkeypatch):
    kinds = np.tile(np.arange(14), 3)
    units = make_units(kinds, np.linspace(90, 150, 42), np.linspace(40, 80, 42))
    movie = image_movie()
    at_once = firing_rates_Hz(units, TABLES, movie, cache=False)
    monkeypatch.setattr(lgn, "BLOCK_SIZE", 1000)
    monkeypatch.setattr(lgn, "FRAME_BLOCK", 1)
    np.testing.assert_allclose(
        firing_rates_Hz(units, TABLES, movie, cache=False), at_once, atol=TOLERANCE_HZ
    )


def test_a_movie_of_other_steps_and_a_unit_outside_the_field_are_refused():
    units = make_units([0], [120.0], [60.0])
    slow = Movie(gray_frame()[None], np.zeros(4, dtype=np.int16), dt_ms=5.0)
    with pytest.raises(StimulusError, match="5 ms long"):
        firing_rates_Hz(units, TABLES, slow, cache=False)
    outside = make_units([0], [300.0], [60.0])
    with pytest.raises(StimulusError, match=r"\(300, 60\)"):
        firing_rates_Hz(outside, TABLES, gray_movie(4), cache=False)


@pytest.fixture
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("V1CORTEX_CACHE", str(tmp_path))
    return tmp_path / "lgn"


def counted(monkeypatch):
    """Count how often rates are actually computed."""
    calls = []
    compute = lgn._rates_Hz
    monkeypatch.setattr(lgn, "_rates_Hz", lambda *args: calls.append(1) or compute(*args))
    return calls


def test_rates_are_computed_once_per_content(cache_folder, monkeypatch):
    calls = counted(monkeypatch)
    units = make_units([0, 3], [120.0, 121.0], [60.0, 61.0])
    movie = still_movie(grating(10.0), 30)
    first = firing_rates_Hz(units, TABLES, movie)
    again = firing_rates_Hz(units, TABLES, still_movie(grating(10.0), 30))
    assert (len(calls), first.dtype) == (1, np.float32)
    np.testing.assert_array_equal(first, again)
    firing_rates_Hz(units, TABLES, movie, memory=False)
    firing_rates_Hz(units, TABLES, still_movie(grating(11.0), 30))
    firing_rates_Hz(make_units([0, 3], [120.0, 121.5], [60.0, 61.0]), TABLES, movie)
    assert len(calls) == 4
    assert len(list(cache_folder.iterdir())) == 4


@pytest.mark.parametrize("damage", ["truncated", "bit flipped", "empty", "zeros", "garbage"])
def test_damaged_cache_files_are_computed_again(cache_folder, monkeypatch, damage):
    calls = counted(monkeypatch)
    units = make_units([0, 3], [120.0, 121.0], [60.0, 61.0])
    movie = still_movie(grating(10.0), 30)
    first = firing_rates_Hz(units, TABLES, movie)
    (path,) = cache_folder.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    broken = {
        "truncated": path.read_bytes()[:-40],
        "bit flipped": bytes(content),
        "empty": b"",
        "zeros": bytes(4),  # whose checksum is right
        "garbage": b"not an array",
    }
    path.write_bytes(broken[damage])
    np.testing.assert_array_equal(firing_rates_Hz(units, TABLES, movie), first)
    assert len(calls) == 2
    firing_rates_Hz(units, TABLES, movie)
    assert len(calls) == 2


def test_the_cache_forgets_what_was_not_used_for_longest(cache_folder, monkeypatch):
    units = make_units([0], [120.0], [60.0])
    movies = [still_movie(grating(angle), 1000) for angle in (0.0, 1.0, 2.0)]
    monkeypatch.setattr(lgn_cache, "MAX_BYTES", 2 * 4200)
    calls = counted(monkeypatch)
    for movie in (movies[0], movies[1], movies[0], movies[2]):
        firing_rates_Hz(units, TABLES, movie)
    assert len(list(cache_folder.iterdir())) == 2
    firing_rates_Hz(units, TABLES, movies[0])
    assert len(calls) == 3


def test_spikes_are_poisson_with_the_rates():
    rates = np.zeros((3, 20_000), dtype=np.float32)
    rates[1] = 30.0
    rates[2] = np.where(np.arange(20_000) % 2, 800.0, 200.0)
    unit, step = poisson_spikes(rates, 1.0, np.random.default_rng(5))
    assert not (unit == 0).any()
    counts = np.zeros(rates.shape, dtype=int)
    np.add.at(counts, (unit, step), 1)
    odd, even = counts[2, 1::2], counts[2, ::2]
    for observed, mean in ((counts[1], 0.03), (odd, 0.8), (even, 0.2)):
        # Four standard errors of a Poisson mean; variance equals mean.
        assert abs(observed.mean() - mean) < 4 * np.sqrt(mean / len(observed))
        assert observed.var() / observed.mean() == pytest.approx(1.0, abs=0.06)
    frequencies = np.bincount(odd, minlength=8)[:8]
    expected = stats.poisson.pmf(np.arange(8), 0.8)
    expected[-1] += stats.poisson.sf(7, 0.8)
    assert stats.chisquare(frequencies, expected * len(odd)).pvalue > 1e-3
    assert abs(np.corrcoef(odd[:-1], odd[1:])[0, 1]) < 4 / np.sqrt(len(odd))


def test_spikes_are_sorted_and_repeatable():
    rates = np.random.default_rng(0).uniform(0, 50, (40, 500)).astype(np.float32)
    unit, step = poisson_spikes(rates, 1.0, np.random.default_rng(3))
    order = np.lexsort((step, unit))
    np.testing.assert_array_equal(order, np.arange(len(unit)))
    assert (unit.dtype, step.dtype) == (np.int32, np.int64)
    same = poisson_spikes(rates, 1.0, np.random.default_rng(3))
    np.testing.assert_array_equal(np.stack(same), np.stack((unit, step)))
    other = poisson_spikes(rates, 1.0, np.random.default_rng(4))
    assert len(other[0]) != len(unit) or (other[1] != step).any()
    fewer, _ = poisson_spikes(rates, 0.1, np.random.default_rng(3))
    assert len(fewer) / len(unit) == pytest.approx(0.1, abs=0.05)


def test_spikes_of_nothing_and_of_impossible_rates():
    unit, step = poisson_spikes(np.zeros((2, 10), np.float32), 1.0, np.random.default_rng(0))
    assert len(unit) == len(step) == 0
    unit, _ = poisson_spikes(np.zeros((0, 10), np.float32), 1.0, np.random.default_rng(0))
    assert len(unit) == 0
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(StimulusError, match="negative or non-finite"):
            poisson_spikes(np.full((2, 3), wrong, np.float32), 1.0, np.random.default_rng(0))


def test_rates_in_pieces_are_those_of_the_whole_movie(small_circuit):
    """Pieces shorter than the temporal kernels; frames that occur in some pieces only."""
    rng = np.random.default_rng(3)
    frames = rng.uniform(-1, 1, (40, 120, 240)).astype(np.float32)
    movie = Movie(frames, np.repeat(np.arange(40), 23).astype(np.int16)[:900])
    units, tables = small_circuit.lgn_units, small_circuit.tables
    whole = firing_rates_Hz(units, tables, movie, cache=False)
    pieces = list(rates_in_pieces_Hz(units, tables, movie, 130))
    assert [piece.shape[1] for piece in pieces] == [130] * 6 + [120]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-4)


def test_pieces_start_episodes_from_gray_without_memory(small_circuit):
    """Pieces that begin within episodes, with and without others after them."""
    rng = np.random.default_rng(4)
    frames = rng.uniform(-1, 1, (5, 120, 240)).astype(np.float32)
    order = np.repeat(rng.integers(0, 5, 30), 20).astype(np.int16)
    movie = Movie(frames, order, episode_starts=np.array([0, 200, 350]))
    units, tables = small_circuit.lgn_units, small_circuit.tables
    whole = firing_rates_Hz(units, tables, movie, cache=False, memory=False)
    pieces = list(rates_in_pieces_Hz(units, tables, movie, 170, cache=False, memory=False))
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-4)
    remembered = firing_rates_Hz(units, tables, movie, cache=False)
    assert np.abs(remembered - whole).max() > 1.0
