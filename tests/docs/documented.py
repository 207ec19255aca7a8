"""The documentation of each public name, read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("nestml_models", "v1cortex", "validation", "evolution")
SECTIONS = ("Parameters", "Attributes", "Returns", "Yields", "Raises", "Notes", "Examples")


@dataclass(frozen=True)
class PublicName:
    """A module, class, function, method or property."""

    path: str
    node: ast.Module | ast.ClassDef | ast.FunctionDef
    owner: ast.ClassDef | None = None

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def text(self) -> str:
        return ast.get_docstring(self.node) or ""

    def section(self, *titles: str) -> list[str] | None:
        """Return the names listed in a section of the docstring; None without the section."""
        lines = self.text.splitlines()
        for start, line in enumerate(lines[:-1]):
            if line in titles and re.fullmatch(r"-{3,}", lines[start + 1]):
                names: list[str] = []
                for body, below in zip(lines[start + 2 :], [*lines[start + 3 :], ""], strict=True):
                    if re.fullmatch(r"-{3,}", below):
                        break
                    if body and not body.startswith(" "):
                        names += re.split(r",\s*", body.split(" : ")[0])
                return [name.strip("* `") for name in names]
        return None

    @property
    def parameters(self) -> list[str]:
        """Names of the arguments that a caller can pass."""
        if isinstance(self.node, ast.ClassDef):
            return _fields(self.node)
        if isinstance(self.node, ast.Module):
            return []
        spec = self.node.args
        every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
        return [a.arg for a in every if a.arg not in ("self", "cls")]

    @property
    def accepted(self) -> list[str]:
        """Names that a function's section may list, including those of ``*`` and ``**``."""
        if isinstance(self.node, ast.FunctionDef):
            spec = self.node.args
            return [*self.parameters, *(a.arg for a in (spec.vararg, spec.kwarg) if a)]
        return []

    @property
    def raised(self) -> set[str]:
        """Names of exceptions raised in the body itself."""
        if not isinstance(self.node, ast.FunctionDef):
            return set()
        found = set()
        for each in ast.walk(self.node):
            if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call):
                found.add(ast.unparse(each.exc.func))
        return {name for name in found if re.fullmatch(r"[A-Z]\w+", name)}


def public_names() -> Iterator[PublicName]:
    """Walk through all packages."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not path.name.startswith("_") or path.name == "__init__.py":
                tree = ast.parse(path.read_text(encoding="utf-8"))
                name = str(path.relative_to(ROOT))
                yield PublicName(name, tree)
                yield from _members(tree, name, None)


def _members(
    parent: ast.Module | ast.ClassDef, path: str, owner: ast.ClassDef | None
) -> Iterator[PublicName]:
    for node in parent.body:
        if isinstance(node, ast.FunctionDef) and _is_setter(node):
            continue  # a property is documented where it is read
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            where = f"{path}:{node.lineno} {owner.name + '.' if owner else ''}{node.name}"
            yield PublicName(where, node, owner)
            if isinstance(node, ast.ClassDef):
                yield from _members(node, path, node)


def _is_setter(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(each).endswith(".setter") for each in node.decorator_list)


def _fields(node: ast.ClassDef) -> list[str]:
    """Return the fields of a dataclass, else the parameters of its constructor."""
    decorators = [ast.unparse(each) for each in node.decorator_list]
    if any(each.startswith("dataclass") for each in decorators):
        return [
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign)
            and isinstance(each.target, ast.Name)
            and not each.target.id.startswith("_")
            and "ClassVar" not in ast.unparse(each.annotation)
        ]
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return PublicName("", each).parameters
    return []
