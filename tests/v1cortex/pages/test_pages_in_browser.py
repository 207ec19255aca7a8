"""Pages in a browser: figures are drawn without errors, and print-outs hold every section."""

import pytest
from browsers import chromium, opened_page, printed_text
from sample_experiments import SCORES, experiment_data

from nestml_models.common import program_versions
from v1cortex.pages import experiment_page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    file = tmp_path_factory.mktemp("pages") / "experiment.html"
    command = "v1cortex experiment final s_pre stdp"
    file.write_text(experiment_page(experiment_data(), "a title", command, program_versions()))
    return file


def test_an_experiment_is_drawn_and_printed(browser, experiment, tmp_path):
    with opened_page(browser, experiment, viewport={"width": 1280, "height": 900}) as page:
        labels = page.text_content("#forest-score .yaxislayer-above")
        assert all(name.split(",")[0] in labels for name in SCORES)
        assert page.locator("#forest-difference .errorbar").count() == 3
        text = printed_text(page, tmp_path / "page.pdf")
        for section in ("Results", "Conditions", "By task", "Methods", "Settings"):
            assert section in text
        assert "v1cortex experiment final s_pre stdp" in text
        assert "validation_trials: " in text


def test_a_phone_needs_no_sideways_scrolling(browser, experiment):
    with opened_page(browser, experiment, viewport={"width": 390, "height": 844}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_dark_mode(browser, experiment):
    with opened_page(browser, experiment, color_scheme="dark") as page:
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('#forest-score text')).fill]"
        )
        paper, ink = (sum(map(int, each[4:-1].split(","))) for each in colours)
        assert paper < 150 < 600 < ink
