"""The patches fit the installed templates, wherever their lines are, and no others."""

import configparser
import importlib.metadata
import re
import shutil
from pathlib import Path

import pytest

from nestml_models.codegen import installed_series
from nestml_models.codegen.generator import TEMPLATES, keep_decorators
from nestml_models.codegen.patching import KNOWN_NESTML, Patch, patched_templates, series_text
from nestml_models.errors import ToolchainError

ROOT = Path(__file__).parents[3]
DIFF = (
    "Symptom: two is\n  too small.\nKind: fix\nTest: a.py::test_b\n\n"
    "--- some/text\n+++ some/text\n"
    "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n@@ -5,2 +5,3 @@\n five\n+and\n six\n"
)
TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
PATCHED = "one\nTWO\nthree\nfour\nfive\nand\nsix\nseven\n"
PATCH = Patch.parse("07-two", DIFF)


def test_a_patch_is_read_with_its_header():
    assert PATCH.symptom == "two is too small."
    assert (PATCH.kind, PATCH.test) == ("fix", "a.py::test_b")
    assert list(PATCH.files) == ["some/text"]


@pytest.mark.parametrize("before", ["", "zero\n", "one\nthree\n" * 9])
def test_hunks_are_found_by_their_lines_not_their_numbers(before):
    assert PATCH.apply("some/text", before + TEXT) == before + PATCHED
    assert PATCH.apply("another/text", TEXT) == TEXT


@pytest.mark.parametrize(
    ("text", "n_places"), [(TEXT.replace("two", "2"), 0), (PATCHED, 0), ("", 0), (TEXT + TEXT, 2)]
)
def test_a_text_that_does_not_fit_is_refused(text, n_places):
    told = rf"patch 07-two does not fit .*some/text.*'three'.*{n_places} times.*pip install"
    with pytest.raises(ToolchainError, match=told):
        PATCH.apply("some/text", text)


@pytest.fixture
def templates(tmp_path) -> Path:
    """NESTML's templates, to be changed."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def test_the_series_fits_templates_whose_lines_have_moved(templates):
    expected = patched_templates(TEMPLATES, installed_series())
    synapse = expected["common/SynapseHeader.h.jinja2"]
    assert "exit(1)" not in synapse
    assert "1E-12" not in synapse
    moved = "{# a line more #}\n" * 40
    for path in expected:
        (templates / path).write_text(moved + (templates / path).read_text())
    found = patched_templates(templates, installed_series())
    assert found == {path: moved + text for path, text in expected.items()}


def test_a_changed_template_is_refused_with_the_patch_that_needs_a_look(templates):
    series = installed_series()
    for number, patch in enumerate(series):
        assert patch.name.startswith(f"{number + 1:02d}-")
        texts = patched_templates(templates, series[:number])
        path, hunks = next(iter(patch.files.items()))
        text = texts.get(path) or (templates / path).read_text()
        line = next(line[1:] for line in hunks.splitlines() if re.match(r"[- ].*\w", line))
        with pytest.raises(ToolchainError, match=rf"patch {patch.name} does not fit .*{path}"):
            patch.apply(path, text.replace(line, line.upper() + "!"))


def test_after_each_patch_every_block_of_a_template_is_closed():
    series = installed_series()
    assert 10 <= len(series) < 100
    for number, patch in enumerate(series):
        texts = patched_templates(TEMPLATES, series[: number + 1])
        for path in patch.files:
            words = re.findall(r"\{%-?\s*(\w+)", texts[path])
            for block in ("if", "for", "filter", "with", "macro"):
                assert words.count(block) == words.count(f"end{block}"), (patch.name, path, block)


def test_a_template_that_is_gone_is_named(tmp_path):
    with pytest.raises(ToolchainError, match=r"01-.*no template common/SynapseHeader"):
        patched_templates(tmp_path, installed_series())


@pytest.mark.parametrize("patch", installed_series(), ids=lambda patch: patch.name)
def test_each_patch_says_what_it_is_for_and_which_test_holds_it(patch):
    assert len(patch.symptom) > 40
    assert re.fullmatch(r"fix for upstream|(memory and )?speed-up( of compilation)?", patch.kind)
    path, _, name = patch.test.partition("::")
    assert f"def {name.partition('[')[0]}" in (ROOT / path).read_text()
    page = (ROOT / "docs/traps.md").read_text()
    assert patch.name in page


def test_an_unknown_version_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "8.1.0")
    with pytest.raises(ToolchainError, match=r"NESTML 8\.1\.0 is not supported.*9\.0\.0.*pip"):
        series_text()


def test_the_versions_that_can_be_installed_are_those_with_patches():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (required,) = re.findall(r"^nestml (.*)$", setup["options"]["install_requires"], re.MULTILINE)
    assert [f"=={version}" for version in KNOWN_NESTML] == [required]
    shipped = setup["options.package_data"]["nestml_models"].split(", ")
    folder = ROOT / "nestml_models"
    patches = {path for pattern in shipped for path in folder.glob(pattern)}
    assert patches >= set(folder.glob("codegen/**/*.patch"))
    assert all(any(folder.glob(pattern)) for pattern in shipped)


def test_clones_keep_their_decorators():
    class Declaration:
        def __init__(self, decorators):
            self.decorators = decorators

        def clone(self):
            return Declaration([str(each) for each in self.decorators])

    keep_decorators(Declaration)
    assert Declaration([43, 44]).clone().decorators == [43, 44]
