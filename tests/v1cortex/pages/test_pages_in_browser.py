"""Pages in a browser: figures are drawn without errors, and print-outs hold every section."""

import pytest
from browsers import chromium, opened_page, printed_text
from sample_experiments import SCORES, experiment_data
from sample_pages import VERSIONS, page_of_simulation, page_of_validation
from sample_searches import random_data, search_data

from v1cortex.pages import experiment_page

pytestmark = pytest.mark.slow

SECTIONS = {
    "experiment": ("Results", "Conditions", "By task", "Methods", "Settings"),
    "gains": (
        "Results", "Search", "signs", "classes", "Gains found", "Conditions", "By task", "Methods",
        "Settings",
    ),
    "random": ("Results", "Rules", "gratings", "outcome", "Methods", "Settings"),
    "simulation": ("Spikes", "Firing rates", "Rates averaged over trials", "Methods", "Settings"),
    "validation": (
        "Distance from the mouse", "Firing rates", "Variability", "Spikes", "Methods", "Settings",
    ),
}  # fmt: skip
"""Sections by kind of page."""

COMMANDS = {
    "experiment": "experiment final",
    "gains": "experiment gains",
    "random": "experiment random",
    "simulation": "simulate",
    "validation": "validate",
}

EXPERIMENTS = {
    "experiment": experiment_data,
    "gains": lambda: search_data(lengths=(0.1, 0.3, 0.8)),
    "random": random_data,
}
"""Data of the experiments."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def pages(small_circuit, tmp_path_factory):
    """Files by kind of page."""
    folder = tmp_path_factory.mktemp("pages")
    files = {kind: folder / f"{kind}.html" for kind in SECTIONS}
    for kind, data in EXPERIMENTS.items():
        page = experiment_page(data(), "a title", f"v1cortex {COMMANDS[kind]}", VERSIONS)
        files[kind].write_text(page)
    files["simulation"].write_text(page_of_simulation(small_circuit))
    files["validation"].write_text(page_of_validation(small_circuit))
    return files


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_page_is_drawn_and_printed(browser, pages, kind, tmp_path):
    with opened_page(browser, pages[kind], viewport={"width": 1280, "height": 900}) as page:
        empty = page.evaluate(
            "[...document.querySelectorAll('.plot')].filter(each => !each.querySelector('svg'))"
            ".map(each => each.id)"
        )
        assert empty == []
        text = printed_text(page, tmp_path / "page.pdf")
        for section in SECTIONS[kind]:
            assert section in text
        assert "nest-simulator" in text
        assert f"v1cortex {COMMANDS[kind]}" in text


def test_a_forest_has_all_conditions(browser, pages):
    with opened_page(browser, pages["experiment"]) as page:
        labels = page.text_content("#forest-score .yaxislayer-above")
        assert all(name.split(",")[0] in labels for name in SCORES)
        assert page.locator("#forest-difference .errorbar").count() == 3


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_phone_needs_no_sideways_scrolling(browser, pages, kind):
    with opened_page(browser, pages[kind], viewport={"width": 390, "height": 844}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("phone", [True, False])
def test_a_tool_bar_lies_over_no_figure_without_a_mouse(browser, pages, phone):
    # On a phone it would not go away.
    with opened_page(browser, pages["experiment"], has_touch=phone, is_mobile=phone) as page:
        assert bool(page.locator(".modebar").count()) is not phone


def test_dark_mode(browser, pages):
    with opened_page(browser, pages["experiment"], color_scheme="dark") as page:
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('#forest-score text')).fill]"
        )
        paper, ink = (sum(map(int, each[4:-1].split(","))) for each in colours)
        assert paper < 150 < 600 < ink
