"""Names of code in prose link to the reference, such as `v1c.evaluate` and `v1cortex build`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

PACKAGES = ("v1cortex", "nestml_models", "validation", "evolution")
NAME = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*)(?:\(.*\))?")
CLASS = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*")
COMMAND = re.compile(r"v1cortex(?: [a-z]+)+")
GENERATED = "reference/generated/api/"
"""Pages whose names are links already, since they come from docstrings."""


class CodeLinks(SphinxPostTransform):
    """Turn literals that name something documented into references to it."""

    default_priority = 8  # before references are resolved

    def run(self, **_: Any) -> None:  # noqa: ANN401
        """Change the document's literals."""
        if self.env.docname.startswith(GENERATED):
            return
        known = self.env.get_domain("py").objects
        labels = self.env.get_domain("std").labels
        elsewhere = getattr(self.env, "intersphinx_inventory", {})
        outside = {*elsewhere.get("py:class", {}), *elsewhere.get("py:function", {})}
        for literal in list(self.document.findall(nodes.literal)):
            if _is_linked(literal):
                continue
            text = literal.astext()
            if (name := documented(text, known)) or (name := text.removesuffix("()")) in outside:
                _refer(literal, "py", "obj", name)
            elif label := command_label(text, labels):
                _refer(literal, "std", "ref", label)


def documented(text: str, known: Mapping[str, Any]) -> str | None:
    """Return the full name of what a text names, if the reference has it.

    Parameters
    ----------
    text
        A name, with or without parentheses: ``v1c.evaluate``, ``Rule.of_terms(...)``, a class, or
        the path of a module.
    known
        Documented objects by full name.
    """
    found = NAME.fullmatch(text)
    if not found:
        return None
    name = re.sub(r"^v1c(?=\.)", "v1cortex", found[1])
    if name in known and "." in name:
        return name
    if name.split(".")[0] in PACKAGES and "." in name:
        return _imported(name, known)
    if "." in name or CLASS.fullmatch(name):
        return _only(full for full in known if full.endswith(f".{name}"))
    return None


def command_label(text: str, labels: Mapping[str, Any]) -> str | None:
    """Return the label of the verb in a command such as ``v1cortex build``, if it has a section."""
    found = COMMAND.match(text)
    words = found[0].split() if found else []
    for n in range(len(words), 1, -1):
        if (label := "-".join(words[:n])) in labels:
            return label
    return None


def _imported(name: str, known: Mapping[str, Any]) -> str | None:
    """Follow a name to where it is defined."""
    package, *parts = name.split(".")
    found: Any = importlib.import_module(package)
    for part in parts:
        package = f"{package}.{part}"
        try:
            found = getattr(found, part)
        except AttributeError:
            try:
                found = importlib.import_module(package)
            except ImportError:
                return None
    if hasattr(found, "__qualname__"):
        full = f"{found.__module__}.{found.__qualname__}"
        return full if full in known else None
    front, last = name.rsplit(".", 1)
    return _only(
        each for each in known if each.startswith(f"{front}.") and each.endswith(f".{last}")
    )


def _only(names: Iterable[str]) -> str | None:
    """Return the only one of these names; several have no meaning of their own."""
    found = list(names)
    return found[0] if len(found) == 1 else None


def _is_linked(literal: nodes.literal) -> bool:
    node = literal.parent
    while node is not None:
        if isinstance(node, nodes.reference | addnodes.pending_xref | nodes.title):
            return True
        node = node.parent
    return False


def _refer(literal: nodes.literal, domain: str, role: str, target: str) -> None:
    inner = literal.deepcopy()
    literal.replace_self(
        addnodes.pending_xref(
            "",
            inner,
            refdomain=domain,
            reftype=role,
            reftarget=target,
            refexplicit=True,
            refwarn=False,
        )
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    app.add_post_transform(CodeLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
