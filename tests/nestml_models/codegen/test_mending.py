import importlib.metadata
from pathlib import Path

import pytest

from nestml_models.codegen import patch_text
from nestml_models.codegen.mending import apply_patch, keep_decorators, mend_templates
from nestml_models.errors import ToolchainError

PATCH = "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n@@ -5,2 +5,3 @@\n five\n+and\n six\n"
TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"


def templates() -> Path:
    import pynestml

    return Path(pynestml.__file__).parent / "codegeneration/resources_nest/point_neuron"


def test_hunks_apply_in_place():
    assert apply_patch(TEXT, PATCH, "text") == "one\nTWO\nthree\nfour\nfive\nand\nsix\nseven\n"


@pytest.mark.parametrize("text", [TEXT.replace("two", "2"), TEXT.replace("six", "6"), "one\n"])
def test_a_text_that_does_not_fit_is_refused(text):
    with pytest.raises(ToolchainError, match="of NESTML's template text is not"):
        apply_patch(text, PATCH, "text")


def test_the_installed_templates_are_as_expected(tmp_path):
    mend_templates(templates(), tmp_path / "mended", patch_text())
    synapse = (tmp_path / "mended/common/SynapseHeader.h.jinja2").read_text()
    assert "exit(1)" not in synapse
    assert "t_lastspike_" not in synapse.replace('else "t_lastspike_"', "")
    with pytest.raises(ToolchainError, match="not the NESTML that it says it is"):
        mend_templates(tmp_path / "mended", tmp_path / "twice", patch_text())


def test_an_unknown_version_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "8.1.0")
    with pytest.raises(ToolchainError, match=r"NESTML 8\.1\.0 is unknown.*9\.0\.0.*pip install"):
        patch_text()


def test_clones_keep_their_decorators():
    class Declaration:
        def __init__(self, decorators):
            self.decorators = decorators

        def clone(self):
            return Declaration([str(each) for each in self.decorators])

    keep_decorators(Declaration)
    assert Declaration([43, 44]).clone().decorators == [43, 44]
