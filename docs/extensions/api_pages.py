"""Pages of the programming interface: one for each public module, one index for each package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

PACKAGES = {
    "nestml_models": "Rules and neurons as NESTML models, compiled into NEST; knows nothing of V1.",
    "v1cortex": "Tables, circuit, network, tasks and evaluation.",
    "validation": "Statistics of spike trains, and the mouse.",
    "evolution": "The search for rules.",
}
LEFT_OUT = ("v1cortex.commands", "evolution.commands")
"""The command line has a page of its own."""


def api_pages() -> dict[str, str]:
    """Return pages as Markdown, by their path without ending."""
    pages = {"api/index": _overview()}
    for package in PACKAGES:
        modules = list(public_modules(package))
        pages[f"api/{package}/index"] = _package(package, modules)
        for name in modules:
            pages[f"api/{package}/{name}"] = _module(name)
    return pages


def public_modules(package: str) -> Iterator[str]:
    """Return the names of a package's modules that have no page elsewhere, without its own."""
    path = importlib.import_module(package).__path__
    for each in pkgutil.walk_packages(path, f"{package}."):
        private = any(part.startswith("_") for part in each.name.split("."))
        if not private and not each.name.startswith(LEFT_OUT):
            yield each.name


def _overview() -> str:
    rows = "\n".join(f"- [{name}]({name}/index.md): {text}" for name, text in PACKAGES.items())
    names = "\n".join(f"{name}/index" for name in PACKAGES)
    return (
        "# All modules\n\n[What scripts need](../../python.md) is on one page; these are all "
        "modules of the four packages. Data flows one way: tables, circuit, network, session, "
        "evaluation, objectives, evolution, report.\n\n"
        f"{rows}\n\n:::{{toctree}}\n:hidden:\n\n{names}\n:::\n"
    )


def _package(package: str, modules: list[str]) -> str:
    rows = "\n".join(f"| [{name}]({name}.md) | {_first_line(name)} |" for name in modules)
    names = "\n".join(modules)
    return (
        f"# {package}\n\n{PACKAGES[package]}\n\n| module | what it has |\n|---|---|\n{rows}\n\n"
        f":::{{toctree}}\n:hidden:\n\n{names}\n:::\n"
    )


def _module(name: str) -> str:
    # Matplotlib gives every class of figures a method `set`, with roles of its own documentation.
    return (
        f"# {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n"
        "   :show-inheritance:\n   :ignore-module-all:\n   :exclude-members: set\n```\n"
    )


def _first_line(name: str) -> str:
    text = importlib.import_module(name).__doc__ or ""
    return text.strip().split("\n", 1)[0].replace("|", "\\|").replace("``", "`")
