"""Without an extra all else works, and what needs the extra names it in one error."""

import ast
import configparser
from pathlib import Path

import hidden_packages
import pytest
from packaging.requirements import Requirement

import v1cortex as v1c
from nestml_models.common import OPTIONAL, require
from nestml_models.errors import MissingExtraError

ROOT = Path(__file__).parents[1]
GUARDED = {
    "evolution": "evolution/__init__.py",
    "v1cortex/workers/dask_": "v1cortex/workers/settings.py",
}
"""Modules that import optional packages at their top, and who has required these before."""


def extras():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    found = setup["options.extras_require"]
    return {
        name: {Requirement(line).name for line in lines.split("\n") if line and line[0] != "#"}
        for name, lines in found.items()
    }


def test_each_optional_package_is_in_the_extra_that_its_message_names():
    named = {
        extra: {each.distribution for each in OPTIONAL.values() if each.extra == extra}
        for extra in ("lgn", "search")
    }
    assert named["lgn"] == extras()["lgn"]
    assert named["search"] == extras()["search"] - {"v1cortex"}


def required(node):
    """The packages that a module's or function's own statements require, by line."""
    return {
        argument.value: call.lineno
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "require"
        for argument in call.args
    }


def imported(node):
    """(package, line) of each import of an optional package below a node."""
    for each in ast.walk(node):
        names = [alias.name for alias in each.names] if isinstance(each, ast.Import) else []
        names += [each.module or ""] if isinstance(each, ast.ImportFrom) and not each.level else []
        for name in names:
            if name.partition(".")[0] in OPTIONAL:
                yield name.partition(".")[0], each.lineno


SOURCES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text())
    for package in ("nestml_models", "v1cortex", "evolution", "validation")
    for path in sorted((ROOT / package).rglob("*.py"))
}
IMPORTS = {name: found for name, tree in SOURCES.items() if (found := set(imported(tree)))}


def test_all_imports_are_known():
    assert {package for found in IMPORTS.values() for package, _ in found} == set(OPTIONAL)


@pytest.mark.parametrize("name", IMPORTS)
def test_optional_packages_are_required_before_they_are_imported(name):
    guard = next((file for start, file in GUARDED.items() if name.startswith(start)), None)
    if guard is not None:
        assert {package for package, _ in IMPORTS[name]} <= set(required(SOURCES[guard]))
        return
    missing = set(IMPORTS[name])
    for node in ast.walk(SOURCES[name]):
        if isinstance(node, ast.FunctionDef):
            lines = required(node)
            missing -= {each for each in imported(node) if lines.get(each[0], 10**9) < each[1]}
    assert not missing


def test_what_is_installed_is_no_error():
    require("sklearn")


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    """All that is installed without any extra."""
    return hidden_packages.without(tmp_path_factory.mktemp("core"), OPTIONAL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a small circuit."""
    found = tmp_path_factory.mktemp("folder")
    v1c.save_circuit(v1c.build_circuit(300, seed=1), found / "circuit")
    return found


def test_the_packages_are_really_hidden(core):
    code = f"""
for name in {sorted(OPTIONAL)!r}:
    try:
        __import__(name)
    except ModuleNotFoundError:
        print(name)
"""
    assert hidden_packages.run(core, code=code).stdout.split() == sorted(OPTIONAL)


def test_what_needs_no_extra_works(core, tmp_path):
    done = hidden_packages.run(core, "--help")
    assert "evolve" in done.stdout, done.stderr
    done = hidden_packages.run(core, "rules", "list")
    assert "inhibitory_homeostasis" in done.stdout, done.stderr
    done = hidden_packages.run(core, "build", "--neurons", "60", "--out", "circuit", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (("evolve", "demo"), "pymoo", "search"),
        (("report", "run"), "pymoo", "search"),
        (("tasks", "show", "digits"), "scikit-image", "lgn"),
        (("simulate", "circuit", "--duration", "130"), "bmtk", "lgn"),
        (("evaluate", "circuit", "--rule", "none"), "scikit-learn", "lgn"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_what_needs_an_extra_names_it(core, folder, arguments, package, extra):
    done = hidden_packages.run(core, *arguments, cwd=folder)
    assert done.returncode == 1
    assert f"needs the package {package}, which is not installed" in done.stderr
    assert f"pip install 'v1cortex[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_in_a_script(core):
    code = """
import v1cortex as v1c
try:
    v1c.evolve("demo")
except v1c.V1CortexError as error:
    print(type(error).__name__, isinstance(error, ImportError), error)
"""
    done = hidden_packages.run(core, code=code)
    assert done.stdout.startswith(f"{MissingExtraError.__name__} True the search for rules needs")


def test_the_doctor_says_which_extras_there_are(core):
    done = hidden_packages.run(core, "doctor", "--json")
    assert "bmtk, scikit-image, scikit-learn not installed" in done.stdout
    assert "pip install 'v1cortex[search]'" in done.stdout
