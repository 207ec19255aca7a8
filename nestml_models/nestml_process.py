"""Runs NESTML in a process of its own: it prints, and ends its process, as it likes.

Started by the compiler as ``python -m nestml_models.nestml_process job.json``.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import Any

from nestml_models.errors import ToolchainError
from nestml_models.mending import keep_decorators, mend_templates, patch_text

__all__ = ["generate"]


def generate(job: dict[str, Any]) -> bool:
    """Generate C++ from NESTML.

    Parameters
    ----------
    job
        ``files``: NESTML files; ``target``: folder for the C++; ``module``: name of the module;
        ``nest_version``; ``neuron``: name of the neuron model; ``synapses``: names of the synapse
        models to their postsynaptic ports, each of which is paired with the neuron.

    Returns
    -------
    bool
        Whether all went well.
    """
    import pynestml
    from pynestml.frontend import pynestml_frontend
    from pynestml.meta_model.ast_declaration import ASTDeclaration

    sys.setrecursionlimit(10_000)
    gc.disable()  # a short process with many small objects: a tenth of its time
    target = Path(job["target"])
    source = Path(pynestml.__file__).parent / "codegeneration/resources_nest/point_neuron"
    mended = target.parent / "templates"
    mend_templates(source, mended, patch_text())
    keep_decorators(ASTDeclaration)
    _stop_at_errors(len(job["files"]))
    _leave_out(job["neuron"])
    _resolve_symbols_fast()
    pynestml_frontend.builder_from_target_name = lambda _name, options=None: (None, options)
    failed = pynestml_frontend.generate_target(
        job["files"],
        target_platform="NEST",
        target_path=str(target),
        logging_level="WARNING",
        module_name=job["module"],
        codegen_opts=_options(job, mended),
    )
    return not failed


def _stop_at_errors(n_models: int) -> None:
    """End the process if a model has errors; NESTML would go on with the others."""
    from pynestml.frontend import pynestml_frontend

    transform = pynestml_frontend.transform_models

    def transform_if_all_are_sound(transformers: Any, models: Any) -> Any:  # noqa: ANN401
        if len(models) < n_models:
            sys.exit("NESTML reports errors")
        return transform(transformers, models)

    pynestml_frontend.transform_models = transform_if_all_are_sound


def _leave_out(neuron: str) -> None:
    """Make NESTML write no code for the unpaired neuron, which nothing uses."""
    from pynestml.codegeneration.nest_code_generator import NESTCodeGenerator

    write = NESTCodeGenerator.generate_code

    def write_others(self: Any, models: Any, metadata: Any) -> None:  # noqa: ANN401
        write(self, [each for each in models if each.get_name() != neuron], metadata)

    NESTCodeGenerator.generate_code = write_others


def _resolve_symbols_fast() -> None:
    """Make NESTML look up symbols without a new list for each scope: a tenth of its time."""
    from pynestml.symbol_table.scope import Scope, ScopeType
    from pynestml.symbols.symbol import Symbol

    def resolve_to_symbol(self: Any, name: str, kind: Any) -> Any:  # noqa: ANN401
        scope = self
        while scope is not None:
            for each in scope.declared_elements:
                if isinstance(each, Symbol) and each.name == name and each.symbol_kind == kind:
                    return each
            scope = None if scope.scope_type is ScopeType.GLOBAL else scope.enclosing_scope
        return None

    Scope.resolve_to_symbol = resolve_to_symbol


def _options(job: dict[str, Any], templates: Path) -> dict[str, Any]:
    synapses: dict[str, list[str]] = job["synapses"]
    return {
        "nest_version": f"v{job['nest_version']}",
        "templates": {
            "path": str(templates),
            "model_templates": {
                "neuron": ["@NEURON_NAME@.cpp.jinja2", "@NEURON_NAME@.h.jinja2"],
                "synapse": ["@SYNAPSE_NAME@.h.jinja2"],
            },
            "module_templates": ["setup"],
        },
        "synapse_models": list(synapses),
        "neuron_synapse_pairs": [
            {
                "neuron": job["neuron"],
                "synapses": {
                    name: {"post_ports": post_ports, "vt_ports": ["reward"]}
                    for name, post_ports in synapses.items()
                },
            }
        ],
        "strictly_synaptic_vars": {
            name: ["w", "X_pre", "X_post", "R", "post_now"] for name in synapses
        },
        "weight_variable": dict.fromkeys(synapses, "w"),
        "delay_variable": dict.fromkeys(synapses, "d"),
    }


if __name__ == "__main__":
    try:
        succeeded = generate(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except ToolchainError as error:
        sys.exit(str(error))
    sys.exit(0 if succeeded else "NESTML reports errors")
