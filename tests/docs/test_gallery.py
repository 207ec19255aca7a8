"""The gallery shows every example, with a picture, a notebook and links to the reference."""

import ast
import json

import pytest

pytest.importorskip("jupytext")

import gallery

import v1cortex as v1c

NAMES = sorted(path.stem for path in gallery.EXAMPLES.glob("*.py"))


def statements(text):
    return [ast.dump(each) for each in ast.parse(text).body]


@pytest.mark.parametrize("name", NAMES)
def test_page_and_notebook_have_the_script_s_code(name):
    files = gallery.files()
    script = (gallery.EXAMPLES / f"{name}.py").read_text()
    cells = json.loads(files[f"{name}.ipynb"])["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 1
    assert statements("\n".join(code)) == statements(script)[1:]
    assert all(cell in files[f"{name}.md"] for cell in code)
    assert "sys.argv" not in script
    assert f"images/gallery/{name}.png" in files["index.md"]
    assert (gallery.PICTURES / f"{name}.png").stat().st_size < 200_000
    assert f'"{name}.png"' in script


def test_pages_name_what_they_use():
    for each in gallery.examples():
        assert each.uses
        assert {name.removeprefix("v1c.") for name in each.uses} <= set(v1c.__all__)


def test_notebooks_are_the_same_at_each_build():
    assert gallery.files() == gallery.files()
