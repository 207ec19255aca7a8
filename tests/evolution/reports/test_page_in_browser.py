"""The page of a run in a browser: figures are drawn, clicks show rules, the print is complete."""

import numpy as np
import pytest
from browsers import chromium, opened_page, printed_text
from sample_results import task_result

from evolution.genome import RuleGenome
from evolution.reports import Run, analyse, family_page, write_report
from evolution.runs import Candidate, EvolveConfig, RunFolder
from v1cortex.evaluation import Evaluation
from v1cortex.rules import load_rule
from v1cortex.tables import POPULATIONS
from validation.objectives import worst_values

pytestmark = pytest.mark.slow

GENOME = RuleGenome(POPULATIONS)

N_GENERATIONS, N_EACH = 25, 40

SECTIONS = (
    "Re-test", "Front", "Families of rules", "Course of the search", "Methods",
    "Settings and versions",
)  # fmt: skip

FAMILY_SECTIONS = (
    "Families", "Coefficient maps", "Parameters against behaviour", "Methods", "Settings",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of a thousand rules of up to five terms, with scores that were not simulated."""
    folder, rng = RunFolder(tmp_path_factory.mktemp("large") / "run"), np.random.default_rng(1)
    with folder.locked():
        config = EvolveConfig(population_size=N_EACH, generations=N_GENERATIONS)
        folder.begin(config, resume=False)
    with folder.store() as store:
        for generation in range(N_GENERATIONS):
            for index in range(N_EACH):
                candidate = Candidate(generation, index, 1, random_vector(rng))
                store.put(candidate, random_evaluation(rng))
        static = Candidate(N_GENERATIONS, 0, 1, np.array(GENOME.encode(load_rule("none"))))
        store.put(static, random_evaluation(rng, complexity=0.0))
    return write_report(folder.path)


def random_vector(rng):
    vector = np.array(GENOME.encode(load_rule("none")))
    for term in rng.choice(25, rng.integers(1, 6), replace=False):
        block = GENOME.blocks[term]
        vector[GENOME.layout["gates"].start + term] = 1.0
        vector[block] = rng.uniform(-1, 1, block.stop - block.start)
    return vector


def random_evaluation(rng, **known):
    values = dict(zip(worst_values(), rng.uniform(0.2, 0.8, 6).tolist(), strict=True)) | known
    return Evaluation("ok", values, 1, tasks={"gratings": task_result(1 - values["error"])})


@pytest.fixture
def opened(browser, report, request):
    """The page in a window, with its console output."""
    options = getattr(request, "param", {"viewport": {"width": 1280, "height": 900}})
    with opened_page(browser, report, **options) as page:
        yield page


def test_a_page_of_a_thousand_rules_is_small(report):
    assert report.stat().st_size < 5_000_000


LONELIEST = """() => {
    const plot = document.getElementById('front-plot');
    plot.scrollIntoView({block: 'center'});
    const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
    const at = plot.data.slice(0, 2).flatMap(trace => trace.x.map((x, k) => ({
        x: box.left + xaxis._offset + xaxis.d2p(x), id: trace.customdata[k],
        y: box.top + yaxis._offset + yaxis.d2p(trace.y[k])})));
    const free = point => Math.min(...at.filter(other => other !== point).map(
        other => Math.hypot(point.x - other.x, point.y - other.y)));
    const front = at.slice(plot.data[0].x.length).filter(each => each.id !== data.points[0].id);
    return front.reduce((best, each) => (free(each) > free(best) ? each : best));
}"""
"""The point of the front with most room around it, which the mouse cannot miss."""


def test_a_click_on_a_point_shows_that_rule(opened):
    point = opened.evaluate(LONELIEST)
    assert point["id"] not in opened.inner_text("#detail")
    opened.mouse.move(point["x"], point["y"])
    opened.mouse.click(point["x"], point["y"])
    opened.wait_for_function("id => detail.innerText.includes(id)", arg=point["id"])
    detail = opened.inner_text("#detail")
    assert f"candidate {point['id']} " in detail
    assert "v1cortex evaluate" in detail
    assert opened.locator("#detail math").count() >= 1
    assert opened.locator("#detail [id^=map] .hm").count() >= 1


def test_the_static_network_is_named_in_the_front(opened):
    named = opened.evaluate(
        "document.getElementById('front-plot').data.filter(t => t.mode === 'markers+text')"
    )
    assert [trace["text"] for trace in named] == [["static network"]]
    assert len(named[0]["x"]) == 1


def test_terms_and_limits_filter_the_rules(opened):
    total = N_GENERATIONS * N_EACH + 1  # the static network
    assert f"{total} of {total} rules" in opened.inner_text("#shown")
    opened.locator("fieldset.terms input").first.check()
    expected = opened.evaluate("data.points.filter(p => p.terms.includes(0)).length")
    assert 0 < expected < total
    assert opened.inner_text("#shown").startswith(f"{expected} of {total}")
    opened.evaluate("Plotly.restyle('parallel', {'dimensions[0].constraintrange': [[[0.2, 0.4]]]})")
    both = "data.points.filter(p => p.terms.includes(0) && p.values[0] <= 0.4).length"
    opened.wait_for_function(f"shown.innerText.startsWith(`${{{both}}} of`)")
    opened.click("#clear")
    assert f"{total} of {total} rules" in opened.inner_text("#shown")


def test_rules_are_chosen_by_keyboard(opened):
    button = opened.locator("#front table button.rule").nth(1)
    button.focus()
    opened.keyboard.press("Enter")
    assert opened.inner_text("#detail h3") == "rule_002"
    assert button.get_attribute("aria-current") == "true"
    assert opened.evaluate("document.activeElement.id") == "detail"


@pytest.mark.parametrize("opened", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_a_phone_needs_no_sideways_scrolling(opened):
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("opened", [{"color_scheme": "dark"}], indirect=True)
def test_dark_mode(opened):
    colours = opened.evaluate(
        "[getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.querySelector('#front-plot text')).fill]"
    )
    paper, ink = (sum(map(int, each[4:-1].split(","))) for each in colours)
    assert paper < 150 < 600 < ink


def test_the_print_out_holds_every_section(opened, tmp_path):
    text = printed_text(opened, tmp_path / "page.pdf")
    for section in SECTIONS:
        assert section in text
    n_front = opened.evaluate("data.points.filter(p => p.rule).length")
    assert f"rule_{n_front:03d}" in text, "the table of the front is cut off"
    assert f"generations: {N_GENERATIONS}" in text, "settings are missing"
    assert "Billeh et al. 2020, Neuron" in text


@pytest.fixture(scope="module")
def families(report, tmp_path_factory):
    """The page of the run's families."""
    run = Run(report.parent)
    found = analyse(run.pareto_front(), GENOME, run.config.protocol.plastic)
    limits = {"gates": 0.4, "coefficients": 0.5}
    versions = RunFolder(run.path).versions()
    file = tmp_path_factory.mktemp("families") / "families.html"
    file.write_text(family_page(found, "large", limits, "v1cortex families large", versions))
    return file


def test_the_page_of_families_is_drawn_on_a_phone(browser, families):
    assert families.stat().st_size < 5_000_000
    with opened_page(browser, families, viewport={"width": 390, "height": 844}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator(".plot:not(:has(svg))").count() == 0


def test_the_print_out_of_families_holds_every_section(browser, families, tmp_path):
    with opened_page(browser, families) as page:
        text = printed_text(page, tmp_path / "families.pdf")
    for section in FAMILY_SECTIONS:
        assert section in text
    assert "Family 20:" in text, "maps are missing"
    assert "v1cortex families large" in text
    assert "coefficients: 0.5" in text, "settings are missing"
    assert "Ye, Huang, Wu, Chen and Wu 2026" in text
    assert "nest-simulator" in text
