"""The page for scripts shows what `import v1cortex` offers, and links to where it is defined."""

import importlib
import re
from pathlib import Path

import v1cortex

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\{py:(func|class|meth)\}`(\S+) <(\S+)>`", PAGE)


def _resolve(address):
    """Return the object at an address such as package.module.Class.method."""
    parts = address.split(".")
    for n in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            found = getattr(found, part)
        return found
    raise AssertionError(address)


def test_every_name_is_there_once():
    shown = [name for _, name, _ in LINKS if name in v1cortex.__all__]
    assert sorted(shown) == sorted(set(v1cortex.__all__) - {"__version__"})
    assert "v1c.__version__" in PAGE


def test_links_lead_to_what_they_say():
    for kind, name, address in LINKS:
        found = _resolve(address)
        assert isinstance(found, type) == (kind == "class"), name
        if name in v1cortex.__all__:
            assert found is getattr(v1cortex, name)
        assert address == f"{found.__module__}.{found.__qualname__}"


def test_every_call_on_the_page_exists():
    owners = {
        "circuit": v1cortex.Circuit,
        "simulation": v1cortex.Simulation,
        "evaluation": v1cortex.Evaluation,
        "rule": v1cortex.Rule,
        "run": v1cortex.Run,
        "network": v1cortex.Network,
        "v1c": v1cortex,
    }
    calls = re.findall(r"\b(\w+)\.(\w+)\(", PAGE)
    assert len(calls) > 20
    for owner, name in calls:
        if owner in owners:
            assert hasattr(owners[owner], name), f"{owner}.{name}"


def test_it_comes_first_in_the_reference():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = index.split(":caption: Reference")[1].split("```")[0].split()
    assert listed[listed.index(":hidden:") + 1] == "reference/python"
