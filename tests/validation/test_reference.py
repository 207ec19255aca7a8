import numpy as np
import pytest

from validation.distribution import (
    Distribution,
    sampling_floor,
    seed_floor,
    similarity,
    wasserstein,
)
from validation.errors import StatisticsError
from validation.reference import PROBABILITIES, load_reference


@pytest.fixture(scope="module")
def reference():
    return load_reference()


def test_table_is_complete_and_sane(reference):
    assert len(reference.rows) == 54
    assert len(reference.populations()) == 15
    for (_, quantity), row in reference.rows.items():
        assert np.all(np.diff(row.quantiles) >= 0)
        assert row.quantiles[0] >= 0
        assert row.n_units > 0
        if quantity in ("osi", "dsi"):
            assert row.distribution().values.max() <= 1
    # The populations are parts of the whole; a few units belong to none of them.
    units = sum(reference.row(name).n_units for name in reference.populations())
    assert units == 3150
    assert reference.row("all").n_units == 3156


def test_published_figures_of_all_units(reference):
    mouse = reference.all_units()
    assert mouse.mean == pytest.approx(6.35, abs=0.05)
    assert mouse.median == pytest.approx(3.43, abs=0.005)
    assert mouse.sd_log == pytest.approx(1.42, abs=0.01)
    assert mouse.share_below(0.1) == pytest.approx(0.017, abs=0.001)


def test_all_units_are_the_mixture_of_the_populations(reference):
    units = {name: reference.row(name).n_units for name in reference.populations()}
    mixed, whole = reference.mixture(units), reference.all_units()
    assert mixed.mean == pytest.approx(whole.mean, rel=0.02)
    assert wasserstein(mixed, whole) < 0.12


def test_samples_reproduce_the_tabulated_quantiles(reference):
    for name in ("L23_E", "L5_Pvalb", "L4_Sst"):
        row = reference.row(name)
        np.testing.assert_allclose(
            row.distribution().quantile(PROBABILITIES), row.quantiles, rtol=5e-3, atol=5e-3
        )


def test_mixture_weighs_populations_and_drops_those_without_data(reference):
    a, b = reference.row("L4_E").distribution().mean, reference.row("L4_Pvalb").distribution().mean
    assert reference.mixture({"L4_E": 3, "L4_Pvalb": 1}).mean == pytest.approx((3 * a + b) / 4)
    assert reference.mixture({"L4_E": 1, "L4_Htr3a": 99}).mean == pytest.approx(a)
    with pytest.raises(StatisticsError, match="L4_Htr3a"):
        reference.mixture({"L4_Htr3a": 1})
    with pytest.raises(StatisticsError, match="negative"):
        reference.mixture({"L4_E": -1})


def test_unknown_names_are_answered_with_the_nearest(reference):
    with pytest.raises(StatisticsError, match="Did you mean 'L23_Pvalb'"):
        reference.row("L23_PV_alb")
    with pytest.raises(StatisticsError, match="Did you mean 'osi'"):
        reference.row("L23_E", "os")


def test_fano_curves(reference):
    evoked, spontaneous = (reference.population_fano[k] for k in ("evoked", "spontaneous"))
    assert evoked.n_samples == 32
    assert evoked.bin_ms.size == spontaneous.bin_ms.size == 19
    assert np.all(evoked.mean > 0)
    assert evoked.bin_ms.max() <= 900  # bins that fit a window of 1,800 ms at least twice
    assert np.all(evoked.mean > spontaneous.mean)


def test_wasserstein_distances_in_closed_form():
    rng = np.random.default_rng(0)
    x = rng.gamma(2.0, 3.0, 500)
    base = Distribution.of(x)
    assert wasserstein(base, Distribution.of(x + 1.7)) == pytest.approx(1.7)
    assert wasserstein(base, Distribution.of(2 * x)) == pytest.approx(x.mean())
    weighted = Distribution.of([0.0, 10.0], [3.0, 1.0])
    assert wasserstein(weighted, Distribution.of([0.0])) == pytest.approx(2.5)
    assert weighted.mean == 2.5
    assert weighted.share_below(10.0) == 0.75


def test_similarity_of_equal_shifted_and_disjoint_samples():
    uniform = Distribution.of(np.linspace(0, 1, 1001))
    assert similarity(uniform, uniform) == 1.0
    assert similarity(uniform, Distribution.of(np.linspace(0.3, 1.3, 1001))) == pytest.approx(
        0.7, abs=0.002
    )
    assert similarity(uniform, Distribution.of([2.0, 3.0])) == pytest.approx(0.0)


def test_sampling_floor_falls_with_the_sample_and_is_reproducible():
    source = Distribution.of(np.random.default_rng(0).exponential(5.0, 5000))
    floors = [sampling_floor(source, n, n) for n in (20, 200, 2000)]
    assert floors[0] > 2 * floors[1] > 4 * floors[2] > 0
    assert floors[1] == sampling_floor(source, 200, 200)


def test_seed_floor_is_the_mean_over_pairs():
    samples = [np.zeros(3), np.ones(3), np.full(3, 3.0)]
    assert seed_floor(samples) == pytest.approx((1 + 3 + 2) / 3)
    with pytest.raises(StatisticsError, match="at least two"):
        seed_floor(samples[:1])
