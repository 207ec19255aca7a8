"""Runs NESTML in a process of its own: it prints, and ends its process, as it likes.

Started as ``python -m nestml_models.codegen.process job.json ...``, with a file for each module.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nestml_models.codegen.mending import keep_decorators, mend_templates, patch_text
from nestml_models.codegen.speed import (
    compile_templates_once,
    dispatch_by_table,
    resolve_by_table,
    start_lexer_by_table,
)
from nestml_models.errors import ToolchainError

__all__ = ["generate"]

_MODELS_PER_MODULE = 2  # a neuron and a synapse


def generate(jobs: Sequence[Mapping[str, Any]]) -> bool:
    """Generate the C++ of some modules.

    Parameters
    ----------
    jobs
        For each module, ``files``: NESTML files of a neuron and a synapse; ``target``: folder for
        the C++; ``module``: name of the module; ``nest_version``; ``neuron`` and ``synapse``: names
        of the models, which are paired; ``post_ports``: the synapse's ports for the neuron's
        spikes; ``compiled_neuron``: name of a neuron that is compiled already and for which the
        neuron given here stands, or None.

    Returns
    -------
    bool
        Whether all went well.
    """
    import pynestml
    from pynestml.meta_model.ast_declaration import ASTDeclaration

    sys.setrecursionlimit(10_000)
    gc.disable()  # a short process with many small objects: a tenth of its time
    source = Path(pynestml.__file__).parent / "codegeneration/resources_nest/point_neuron"
    mended = Path(jobs[0]["target"]).parent / "templates"
    mend_templates(source, mended, patch_text())
    keep_decorators(ASTDeclaration)
    _stop_at_errors()
    _leave_out_what_is_not_used(jobs)
    _make_faster()
    return all(_generate_module(job, mended) for job in jobs)


def _generate_module(job: Mapping[str, Any], templates: Path) -> bool:
    from pynestml.codegeneration.nest_tools import NESTTools
    from pynestml.frontend import pynestml_frontend

    # NESTML would start a Python that imports NEST to learn what the options say.
    NESTTools.detect_nest_version = lambda: f"v{job['nest_version']}"
    pynestml_frontend.builder_from_target_name = lambda _name, options=None: (None, options)
    failed = pynestml_frontend.generate_target(
        job["files"],
        target_platform="NEST",
        target_path=job["target"],
        logging_level="WARNING",
        module_name=job["module"],
        codegen_opts=_options(job, templates),
    )
    return not failed


def _stop_at_errors() -> None:
    """End the process if a model has errors; NESTML would go on with the others."""
    from pynestml.frontend import pynestml_frontend

    transform = pynestml_frontend.transform_models

    def transform_if_all_are_sound(transformers: Any, models: Any) -> Any:  # noqa: ANN401
        if len(models) < _MODELS_PER_MODULE:
            sys.exit("NESTML reports errors")
        return transform(transformers, models)

    pynestml_frontend.transform_models = transform_if_all_are_sound


def _leave_out_what_is_not_used(jobs: Sequence[Mapping[str, Any]]) -> None:
    """Make NESTML write no code for unpaired neurons, nor for those that are compiled already.

    Synapses are paired with the compiled neuron instead: their code names it, and no more.
    """
    from pynestml.codegeneration.nest_code_generator import NESTCodeGenerator

    write = NESTCodeGenerator.generate_code
    by_neuron = {job["neuron"]: job for job in jobs}

    def write_others(self: Any, models: Any, metadata: Any) -> None:  # noqa: ANN401
        used = []
        for model in models:
            name = model.get_name()
            job = by_neuron.get(name.partition("__with_")[0])
            if job is None or (name != job["neuron"] and job["compiled_neuron"] is None):
                used.append(model)
            elif name != job["neuron"]:
                model.set_name(job["compiled_neuron"])
                metadata[model.get_name()] = metadata.get(name, {})
        write(self, used, metadata)

    NESTCodeGenerator.generate_code = write_others


def _make_faster() -> None:
    from antlr4.atn.LexerATNSimulator import LexerATNSimulator
    from jinja2 import Environment
    from pynestml.symbol_table.scope import Scope, ScopeType
    from pynestml.symbols.symbol import Symbol
    from pynestml.visitors.ast_visitor import ASTVisitor

    dispatch_by_table(ASTVisitor)
    resolve_by_table(Scope, ScopeType, Symbol)
    start_lexer_by_table(LexerATNSimulator)
    compile_templates_once(Environment)


def _options(job: Mapping[str, Any], templates: Path) -> dict[str, Any]:
    synapse = job["synapse"]
    ports = {"post_ports": job["post_ports"], "vt_ports": ["reward"]}
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
        "synapse_models": [synapse],
        "neuron_synapse_pairs": [{"neuron": job["neuron"], "synapses": {synapse: ports}}],
        "strictly_synaptic_vars": {synapse: ["w", "X_pre", "X_post", "R", "post_now"]},
        "weight_variable": {synapse: "w"},
        "delay_variable": {synapse: "d"},
    }


if __name__ == "__main__":
    try:
        succeeded = generate([json.loads(Path(path).read_text("utf-8")) for path in sys.argv[1:]])
    except ToolchainError as error:
        sys.exit(str(error))
    sys.exit(0 if succeeded else "NESTML reports errors")
