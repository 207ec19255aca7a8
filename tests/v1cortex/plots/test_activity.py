import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.image import imread
from written_texts import texts

from v1cortex.errors import ConfigError
from v1cortex.plots import DPI, save, trial_averages
from v1cortex.plots import activity as plots
from validation.errors import StatisticsError
from validation.reference import load_reference
from validation.spikes import SpikeTrains

NAMES = ("L1_Htr3a", "L23_E", "L23_Pvalb", "L4_E", "L4_Htr3a")
SIZES = (3, 120, 15, 100, 12)
POPULATION = np.repeat(np.arange(5, dtype=np.int8), SIZES)


def make_trains(rates_Hz, seed=0, duration_ms=2000.0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(np.asarray(rates_Hz) * duration_ms / 1000)
    senders = np.repeat(np.arange(counts.size), counts)
    times = np.ceil(rng.random(senders.size) * duration_ms)
    return SpikeTrains.from_events(times, senders, counts.size, duration_ms)


@pytest.fixture(scope="module")
def trains():
    return make_trains(np.full(250, 8.0))


def draw(kind, trains, path):
    if kind == "raster":
        picture = plots.raster(trains, POPULATION, NAMES, spans=[(50.0, 150.0, "image")])
    elif kind == "rates":
        picture = plots.rates(trains.rates_Hz(), POPULATION, NAMES, title="Rates")
    else:
        picture = plots.psth(trains, POPULATION, NAMES, period_ms=200.0)
    return save(picture, path, DPI)


@pytest.mark.parametrize("kind", ["raster", "rates", "psth"])
def test_same_data_give_the_same_picture(kind, trains, tmp_path):
    first = draw(kind, trains, tmp_path / "new folder" / "first.png")
    second = draw(kind, trains, tmp_path / "second.png")
    assert first == tmp_path / "new folder" / "first.png"
    assert first.read_bytes() == second.read_bytes()
    height, width, _ = imread(first).shape
    assert width >= 800
    assert height >= 250
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new folder", "second.png"]


@pytest.mark.parametrize("kind", ["raster", "rates", "psth"])
def test_networks_that_never_fire_can_be_drawn(kind, tmp_path):
    silent = make_trains(np.zeros(250))
    assert draw(kind, silent, tmp_path / "silent.png").stat().st_size > 1000


def test_raster_shows_who_fires(assert_as_stored, tmp_path):
    fast = make_trains(np.where(POPULATION == 2, 60.0, 5.0))
    slow = make_trains(np.where(POPULATION == 2, 0.0, 5.0))
    assert_as_stored(draw("raster", fast, tmp_path / "fast.png"), "raster_fast_pvalb")
    with pytest.raises(AssertionError, match="RMS"):
        picture = draw("raster", slow, tmp_path / "slow.png")
        assert_as_stored(picture, "raster_fast_pvalb", renew=False)


def test_psth_as_stored(trains, assert_as_stored, tmp_path):
    assert_as_stored(draw("psth", trains, tmp_path / "psth.png"), "psth")


def test_raster_draws_only_its_window(trains):
    bare = trains.window(1000.0, 1500.0)
    spans = [(0.0, 400.0, "before"), (1100.0, 1200.0, "image")]
    arguments = (POPULATION, NAMES)
    whole = plots.raster(trains, *arguments, window_ms=(1000.0, 1500.0), spans=spans)
    part = plots.raster(bare, *arguments, window_ms=(1000.0, 1500.0), spans=spans)
    assert whole._repr_png_() == part._repr_png_()


def test_every_population_is_in_the_sample():
    sample = plots.stratified_sample(POPULATION, 5, rows=60, seed=0)
    drawn = np.bincount(POPULATION[sample], minlength=5)
    assert drawn.tolist() == [3, 29, 14, 24, 12]
    assert np.all(np.diff(sample) > 0)
    assert plots.stratified_sample(POPULATION, 5, rows=10_000, seed=0).size == 250


def test_the_mouse_is_drawn_next_to_populations_with_data(trains, assert_as_stored, tmp_path):
    rates = trains.rates_Hz()
    for name, chosen in (("without_data", POPULATION == 4), ("with_data", POPULATION < 4)):
        drawn = plots.rates(rates[chosen], POPULATION[chosen], NAMES)
        assert_as_stored(save(drawn, tmp_path / f"{name}.png", DPI), f"rates_{name}")


def test_psth_needs_whole_bins_and_a_whole_trial(trains):
    arguments = (trains, POPULATION, NAMES)
    with pytest.raises(StatisticsError, match="not a multiple of the bin"):
        plots.psth(*arguments, period_ms=202.0, bin_ms=5.0)
    with pytest.raises(StatisticsError, match="too short for a 5000"):
        plots.psth(*arguments, period_ms=5000.0)


def test_small_populations_are_left_out_and_named(trains):
    figure = plots.psth(trains, POPULATION, NAMES, period_ms=200.0)
    said = texts(figure)
    assert "left out, fewer than 5 cells: L1 Htr3a (3)" in said
    assert "L1\nrate (Hz)" not in said
    assert "cells: E 120, Pvalb 15" in said
    assert "mean ± s.e.m. of 10 trials, smoothed by a Gaussian of sd 10 ms" in said
    few = plots.psth(trains.window(0, 400), POPULATION, NAMES, period_ms=200.0)
    assert "of 2 trials (noisy: fewer than 10)" in texts(few)
    tiny = plots.psth(trains.select(np.arange(3)), POPULATION[:3], NAMES, period_ms=200.0)
    assert "no population is large enough" in texts(tiny)


def test_averages_have_the_rate_and_the_error_of_poisson_trains(trains):
    found = trial_averages(
        trains, POPULATION, NAMES, period_ms=200.0, bin_ms=20.0, smoothing_ms=0.0
    )
    assert [each.name for each in found.populations] == list(NAMES[1:])
    large = found.populations[0]
    assert large.mean_Hz.mean() == pytest.approx(8.0, rel=0.1)
    # 120 cells at 8 Hz: counts of 19.2 in a bin, averaged over 10 trials.
    assert large.sem_Hz.mean() == pytest.approx(8.0 / np.sqrt(19.2 * 10), rel=0.15)
    assert found.time_ms.tolist() == list(range(10, 200, 20))
    single = trial_averages(trains, POPULATION, NAMES, period_ms=2000.0)
    assert (single.bin_ms, single.smoothing_ms) == (5.0, 50.0)
    assert single.populations[0].sem_Hz is None
    smooth = trial_averages(trains, POPULATION, NAMES, period_ms=200.0, bin_ms=1.0)
    rough = trial_averages(trains, POPULATION, NAMES, period_ms=200.0, bin_ms=1.0, smoothing_ms=0.0)
    assert smooth.populations[0].mean_Hz.std() < 0.3 * rough.populations[0].mean_Hz.std()


def test_rates_say_how_many_cells_and_units(trains):
    said = texts(plots.rates(trains.rates_Hz(), POPULATION, NAMES))
    units = load_reference().row("L23_E").n_units
    assert f"L2/3 E (n = 120, mouse {units:,})" in said
    assert "L4 Htr3a (n = 12)" in said


def test_plots_draw_into_panels_of_another_figure(trains):
    figure, axes = plt.subplots(5, 1)
    assert plots.raster(trains, POPULATION, NAMES, axes=axes[:2]) is figure
    assert plots.psth(trains, POPULATION, NAMES, period_ms=200.0, axes=axes[2:4]) is figure
    assert plots.rates(trains.rates_Hz(), POPULATION, NAMES, ax=axes[4]) is figure
    assert all(each.has_data() for each in axes)
    assert not figure.legends, "a legend of one plot would belong to all"
    with pytest.raises(ConfigError, match="3 axes were given; this plot has 2 panels"):
        plots.raster(trains, POPULATION, NAMES, axes=axes[:3])
    plt.close(figure)
