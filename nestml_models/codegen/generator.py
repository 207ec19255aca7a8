"""NESTML's code generator with our templates; it generates only the code that is used.

Everything that a subclass can change is changed in one. Only the cloning of declarations is
corrected in place (`keep_decorators`), because syntax trees consist of NESTML's own classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pynestml
from jinja2 import Environment, FileSystemLoader, TemplateRuntimeError
from pynestml.codegeneration.nest_code_generator import NESTCodeGenerator
from pynestml.utils.ast_utils import ASTUtils

from nestml_models.codegen.patching import installed_series, patched_templates

__all__ = ["Generator", "TemplateStore", "keep_decorators"]

TEMPLATES = Path(pynestml.__file__).parent / "codegeneration" / "resources_nest" / "point_neuron"
"""NESTML's templates for neurons and synapses."""


class TemplateStore:
    """NESTML's templates with our patches, compiled once for all modules."""

    def __init__(self) -> None:
        self._patched = patched_templates(TEMPLATES, installed_series())
        self._environments: dict[tuple[str, ...], Environment] = {}

    def get(self, paths: Iterable[Path]) -> list[Any]:
        """Return templates, which may include others from the same folders."""
        paths = list(paths)
        folders = tuple(sorted({str(path.parent) for path in paths}))
        if folders not in self._environments:
            self._environments[folders] = self._environment(folders)
        return [self._environments[folders].get_template(path.name) for path in paths]

    def _environment(self, folders: Sequence[str]) -> Environment:
        environment = Environment(loader=_PatchedLoader(folders, self._patched))
        # What NESTML passes to its templates.
        environment.globals.update(zip=zip, is_delta_kernel=ASTUtils.is_delta_kernel)
        environment.globals["raise"] = _raise
        return environment


class _PatchedLoader(FileSystemLoader):
    """Loads templates from folders; templates with patches are loaded patched."""

    def __init__(self, folders: Sequence[str], patched: Mapping[str, str]) -> None:
        super().__init__(folders)
        self._patched = patched

    def get_source(self, environment: Environment, template: str) -> Any:  # noqa: ANN401
        text, path, is_current = super().get_source(environment, template)
        relative = Path(path).relative_to(TEMPLATES).as_posix()
        return self._patched.get(relative, text), path, is_current


class Generator(NESTCodeGenerator):  # type: ignore[misc]
    """Generates a synapse, and the neuron paired with it unless that is compiled already.

    Parameters
    ----------
    options
        NESTML's options of code generation.
    neuron
        Name of the neuron that synapses are paired with.
    compiled_neuron
        Name of a compiled neuron for which the other is a placeholder, or None. Only its name
        appears in the code of synapses.
    templates
        The templates.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        neuron: str,
        compiled_neuron: str | None,
        templates: TemplateStore,
    ) -> None:
        self._neuron = neuron
        self._compiled_neuron = compiled_neuron
        self._store = templates
        super().__init__(options)

    def generate_code(self, models: Iterable[Any], metadata: dict[str, Any]) -> None:
        """Generate all models except the unpaired neuron and the one compiled already."""
        used = []
        for model in models:
            name = model.get_name()
            is_neuron = name.partition("__with_")[0] == self._neuron
            if not is_neuron or (name != self._neuron and self._compiled_neuron is None):
                used.append(model)
            elif name != self._neuron:
                model.set_name(self._compiled_neuron)
                metadata[model.get_name()] = metadata.get(name, {})
        super().generate_code(used, metadata)

    def _setup_template_env(self, template_files: list[str], templates_root_dir: str) -> list[Any]:
        paths = self._get_abs_template_paths(template_files, templates_root_dir)
        return self._store.get(map(Path, paths))


def keep_decorators(declaration_class: Any) -> None:  # noqa: ANN401
    """Make cloned NESTML declarations keep their decorators, such as ``@homogeneous``.

    Otherwise they are lost when a synapse is paired with a neuron: every parameter becomes a field
    of every synapse.

    Parameters
    ----------
    declaration_class
        NESTML's ``ASTDeclaration``, whose ``clone`` replaces decorators by their names.
    """
    clone = declaration_class.clone

    def clone_with_decorators(self: Any) -> Any:  # noqa: ANN401
        duplicate = clone(self)
        duplicate.decorators = [
            each.clone() if hasattr(each, "clone") else each for each in self.decorators
        ]
        return duplicate

    declaration_class.clone = clone_with_decorators


def _raise(message: str) -> None:
    raise TemplateRuntimeError(message)
