"""Files of figures, and ticks of logarithmic axes."""

import numpy as np
import pytest
from matplotlib.image import imread

from v1cortex.errors import ConfigError
from v1cortex.plots import log_axis, panels_of, save, save_alone


def make_figure():
    drawn, (axes,) = panels_of(None, (3.0, 2.0))
    axes.plot([1, 2], [3, 4])
    axes.set_xlabel("rate (Hz)")
    return drawn


def test_files_have_the_format_of_their_name_and_the_same_bytes_again(tmp_path):
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    for kind, begin in begins.items():
        first = save(make_figure(), tmp_path / f"a.{kind}").read_bytes()
        assert first.startswith(begin)
        assert save(make_figure(), tmp_path / f"b.{kind}").read_bytes() == first
    height, width, _ = imread(tmp_path / "a.png").shape
    assert (width, height) == (900, 600)
    assert "rate (Hz)" in (tmp_path / "a.svg").read_text()  # text that can be edited
    with pytest.raises(ConfigError, match=r"a\.bmp: figures are written as \.png, \.svg, \.pdf"):
        save(make_figure(), tmp_path / "a.bmp")
    assert not (tmp_path / "a.bmp").exists()


def test_a_figure_in_another_format_replaces_the_earlier_one(tmp_path):
    for name in ("a.png", "a.pdf", "ab.png", "a.csv"):
        (tmp_path / name).write_text("earlier")
    save_alone(make_figure(), tmp_path / "a.svg")
    assert {path.name for path in tmp_path.iterdir()} == {"a.svg", "ab.png", "a.csv"}


@pytest.mark.parametrize(
    ("low", "high"), [(10, 180), (1, 700), (90, 110), (0.02, 5000), (100, 101), (3, 3)]
)
def test_logarithmic_axes_have_three_ticks_or_more(low, high):
    _, (axes,) = panels_of(None, (3.0, 2.0))
    axes.plot([low, high], [0, 1])
    log_axis(axes.xaxis)
    left, right = axes.get_xlim()
    ticks = axes.get_xticks()
    assert np.count_nonzero((ticks >= left) & (ticks <= right)) >= 3
    assert left <= low <= high <= right
    assert len(ticks) <= 12
