"""Runs NESTML in a separate process, since it prints freely and may end its process.

Started as ``python -m nestml_models.codegen.process job.json ...``, with a file for each module.
"""

from __future__ import annotations

import gc
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nestml_models.codegen.cpp_headers import header_files
from nestml_models.codegen.speed import dispatch_by_table, resolve_by_table, start_lexer_by_table
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
        spikes; ``compiled_neuron``: name of a compiled neuron for which the given neuron is a
        placeholder, or None.

    Returns
    -------
    bool
        Whether everything succeeded.

    Raises
    ------
    ToolchainError
        If this version of NESTML is not supported, or a patch does not fit its templates.
    """
    from pynestml.meta_model.ast_declaration import ASTDeclaration

    from nestml_models.codegen.generator import TemplateStore, keep_decorators

    sys.setrecursionlimit(10_000)
    gc.disable()  # a short process with many small objects; saves a tenth of its time
    templates = TemplateStore()
    keep_decorators(ASTDeclaration)
    _make_faster()
    return all(_generate_module(job, templates) for job in jobs)


def _generate_module(job: Mapping[str, Any], templates: Any) -> bool:  # noqa: ANN401
    """Do what NESTML's own ``process`` does, but with our generator and without its builder."""
    from pynestml.frontend import pynestml_frontend
    from pynestml.utils.logger import Logger, LoggingLevel

    from nestml_models.codegen.generator import Generator

    options = _options(job)
    pynestml_frontend.configure_front_end(
        job["files"],
        target_platform="NEST",
        target_path=job["target"],
        logging_level="WARNING",
        module_name=job["module"],
        codegen_opts=options,
    )
    transformers, _ = pynestml_frontend.transformers_from_target_name("NEST", options=options)
    generator = Generator(options, job["neuron"], job["compiled_neuron"], templates)
    models = _sound_models()
    if len(models) < _MODELS_PER_MODULE:
        return False
    models, metadata = pynestml_frontend.transform_models(transformers, models)
    generator.generate_code(models, metadata)
    for header in header_files():
        shutil.copy(header, job["target"])
    return not Logger.get_messages(level=LoggingLevel.ERROR)


def _sound_models() -> list[Any]:
    """Return the parsed models that have no errors."""
    from pynestml.cocos.co_cos_manager import CoCosManager
    from pynestml.frontend import pynestml_frontend
    from pynestml.utils.logger import Logger

    models = pynestml_frontend.get_parsed_models()
    for model in models:
        if not Logger.has_errors(model):
            CoCosManager.check_cocos(model)
    return [model for model in models if not Logger.has_errors(model)]


def _make_faster() -> None:
    from antlr4.atn.LexerATNSimulator import LexerATNSimulator
    from pynestml.symbol_table.scope import Scope, ScopeType
    from pynestml.symbols.symbol import Symbol
    from pynestml.visitors.ast_visitor import ASTVisitor

    dispatch_by_table(ASTVisitor)
    resolve_by_table(Scope, ScopeType, Symbol)
    start_lexer_by_table(LexerATNSimulator)


def _options(job: Mapping[str, Any]) -> dict[str, Any]:
    synapse = job["synapse"]
    ports = {"post_ports": job["post_ports"], "vt_ports": ["reward"]}
    return {
        "nest_version": f"v{job['nest_version']}",
        "synapse_models": [synapse],
        "neuron_synapse_pairs": [{"neuron": job["neuron"], "synapses": {synapse: ports}}],
        "strictly_synaptic_vars": {synapse: ["w", "X_pre", "X_post", "R", "u", "x", "post_now"]},
        "weight_variable": {synapse: "w"},
        "delay_variable": {synapse: "d"},
    }


if __name__ == "__main__":
    try:
        succeeded = generate([json.loads(Path(path).read_text("utf-8")) for path in sys.argv[1:]])
    except ToolchainError as error:
        sys.exit(str(error))
    sys.exit(0 if succeeded else "NESTML reports errors")
