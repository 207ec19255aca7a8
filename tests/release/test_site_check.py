"""The check of the built site finds dead links and raw signatures, and passes a sound site."""

import runpy
from pathlib import Path

import pytest

CHECK = runpy.run_path(str(Path(__file__).parents[2] / "release" / "site_check.py"))

INDEX = """<html><head><link rel="stylesheet" href="site.css?v=1"/>
<script src="site.js">const a = '<a href="not-a-link">';</script></head>
<body><h1 id="top">v1cortex</h1>
<a href="reference/rule.html#Rule">Rule</a> <a href="#top">up</a>
<a href="https://doi.org/1">doi</a>
{}</body></html>"""
RULE = """<dl><dt class="sig sig-object py" id="Rule">Rule(terms: <em>Mapping[str, float]</em>)
<a href="../index.html">back</a></dt></dl>{}"""


@pytest.fixture
def site(tmp_path):
    """Build a site of two pages, with something added to either."""

    def build(index="", rule=""):
        (tmp_path / "reference").mkdir()
        (tmp_path / "index.html").write_text(INDEX.format(index))
        (tmp_path / "reference" / "rule.html").write_text(RULE.format(rule))
        for name in ("site.css", "site.js"):
            (tmp_path / name).touch()
        return tmp_path

    return build


def test_a_site_without_faults_passes(site, capsys):
    assert CHECK["main"](site()) == 0
    assert "as they should be" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("index", "rule", "fault"),
    [
        ('<a href="gallery.html">', "", "index.html: no file gallery.html"),
        ('<img src="images/none.png"/>', "", "index.html: no file images/none.png"),
        (
            '<a href="reference/rule.html#Terms">',
            "",
            "index.html: nothing called #Terms in reference/rule.html",
        ),
        ("", '<a href="#none">', "reference/rule.html: nothing called #none in rule.html"),
        (
            "",
            '<dt class="sig" id="a">a(b=<span>&lt;factory&gt;</span>)</dt>',
            "reference/rule.html: <factory> in the signature a(b=<factory>)",
        ),
        (
            "",
            '<dt class="sig" id="a">a(b: <span>~numpy.ndarray</span>)</dt>',
            "reference/rule.html: ~numpy.ndarray in the signature a(b: ~numpy.ndarray)",
        ),
    ],
)
def test_faults_are_found(site, index, rule, fault):
    assert CHECK["faults"](site(index, rule)) == [fault]


def test_what_is_no_part_of_a_site_is_found(site):
    folder = site()
    (folder / ".doctrees").mkdir()
    assert CHECK["faults"](folder) == [".doctrees is in the site"]


def test_an_empty_folder_is_no_site(tmp_path):
    assert CHECK["main"](tmp_path) == 1
