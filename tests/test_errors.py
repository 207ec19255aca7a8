"""All packages raise errors with one base class only, so that one `except` catches them."""

import ast
import builtins
import importlib
import inspect
import pkgutil
import typing

import pytest

from nestml_models.errors import V1CortexError

PACKAGES = ("nestml_models", "v1cortex", "evolution", "validation")
CONTROL_FLOW = {"KeyboardInterrupt", "Exit", "BadParameter"}
"""The user's Ctrl-C, typer's end of a command and its message about an option."""
CAUGHT = {
    "nestml_models.common.anchored": "ValueError",
    "nestml_models.common.json_files": "ValueError",
    "evolution.runs.sqlite_file": "DatabaseError",
    "v1cortex.tables.reader": "ValueError",
    "v1cortex.spikes.events": "ValueError",
    "nestml_models.codegen.generator": "TemplateRuntimeError",
}
"""Modules that raise these to a caller who says where (file, line and column, or the template), or
to pydantic, whose errors become a `ConfigError`."""


def modules():
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


MODULES = {module.__name__: module for module in modules()}


def raised(tree):
    """Names of the classes that a module's `raise` statements raise, and whether in a validator."""
    validators = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("validator" in ast.unparse(each) for each in node.decorator_list)
        for inner in ast.walk(node)
    }
    made = {  # error = SomeError(...); ...; raise error
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            given = node.exc
            if isinstance(given, ast.Name):
                given = made.get(given.id, given)
            called = given.func if isinstance(given, ast.Call) else given
            yield ast.unparse(called), node in validators


def error_class(module, name):
    """Return the class of that name, or the class returned by the function of that name."""
    value = getattr(module, name, None) or getattr(builtins, name, None)
    if value is None:
        classes = [each for each in vars(module).values() if inspect.isclass(each)]
        classes += [each for other in MODULES.values() for each in vars(other).values()]
        value = next((getattr(each, name) for each in classes if hasattr(each, name)), None)
    if inspect.isfunction(value):
        value = typing.get_type_hints(value)["return"]
    return value if inspect.isclass(value) else None


def test_every_exception_class_has_one_root():
    own = {
        f"{name}.{key}": value
        for name, module in MODULES.items()
        for key, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == name
    }
    assert len(own) > 15
    assert [name for name, each in own.items() if not issubclass(each, V1CortexError)] == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_what_is_raised_derives_from_the_root(name):
    module = MODULES[name]
    for text, in_validator in raised(ast.parse(inspect.getsource(module) or "")):
        last = text.rsplit(".", 1)[-1]
        if last in CONTROL_FLOW or text in ("error", "AttributeError"):
            continue  # raised again as it came; what Python expects of a name that is not there
        if text == CAUGHT.get(name) or (text == "ValueError" and in_validator):
            continue  # pydantic's way to say what is wrong; turned into a ConfigError
        found = error_class(module, last)
        assert found is not None, f"{name} raises {text}, which this test does not understand"
        assert issubclass(found, V1CortexError), f"{name} raises {text}"
