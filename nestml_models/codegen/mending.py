"""Mends faults of NESTML's generated code, at generation time and without touching its files.

NESTML 9.0.0, for a synapse that is paired with its postsynaptic neuron and has a volume
transmitter:

- loses ``@homogeneous`` when it clones the model, so that every parameter becomes a field of every
  synapse (`keep_decorators`);
- advances the state twice per event, once while it processes the modulatory spikes and once from
  the time of the last spike, which is wrong unless synapses are brought up to date in every step;
- leaves the index of the last modulatory spike uninitialised;
- brings synapses up to the end of the time slice when the volume transmitter asks for it, although
  presynaptic spikes of that slice have not arrived yet and later find the synapse ahead of them;
- ends the process when a synapse is connected to a neuron of another type;
- keeps the last spike time, an empty struct and the step width in every synapse.

All but the first are mended by a patch to a copy of the templates. The patch also gives neurons
one input buffer for all receptors instead of two for each, lets synapses skip the postsynaptic
history where the homogeneous parameter ``uses_post`` is 0, and leaves internals out of GetStatus.

It makes the code faster without changing a bit of what it computes (``benchmarks/rules.py``). Most
of the time goes by in waiting for memory, so

- what a spike or a step needs of a neuron lies close together, its postsynaptic spikes in a row;
- neurons with the same parameters share them and the internals (``Constants_``);
- targets of a spike and the neurons of a step are fetched ahead (``prefetch``);
- synapses look exponentials up in a table of those computed before (``ExpTable``), call their
  target without asking for its type, and set no delay that has not changed;
- a spike does not compute a neuron's propagators anew.
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import re
import shutil
from pathlib import Path
from typing import Any

from nestml_models.errors import ToolchainError

__all__ = ["KNOWN_NESTML", "apply_patch", "keep_decorators", "mend_templates", "patch_text"]

KNOWN_NESTML = ("9.0.0",)
"""Versions of NESTML whose templates and faults are known."""


def patch_text() -> str:
    """Return the patch for the templates of the NESTML that is installed.

    Raises
    ------
    ToolchainError
        If NESTML is missing or its version unknown.
    """
    try:
        version = importlib.metadata.version("nestml")
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolchainError(f"NESTML is not installed. {_how_to_install()}") from error
    if version not in KNOWN_NESTML:
        raise ToolchainError(
            f"NESTML {version} is unknown; the code it generates needs mending, which is known for "
            f"{', '.join(KNOWN_NESTML)}. {_how_to_install()}"
        )
    files = importlib.resources.files("nestml_models.codegen")
    return files.joinpath(f"nestml-{version}.patch").read_text(encoding="utf-8")


def mend_templates(source: Path, target: Path, patch: str) -> None:
    """Copy NESTML's templates and patch the copy.

    Parameters
    ----------
    source
        NESTML's folder of ``point_neuron`` templates.
    target
        The folder to be made.
    patch
        A unified diff with paths relative to the folder.

    Raises
    ------
    ToolchainError
        If a template is not exactly as the patch expects.
    """
    shutil.copytree(source, target)
    for path, hunks in _files(patch):
        template = target / path
        text = template.read_text(encoding="utf-8")
        template.write_text(apply_patch(text, hunks, path), encoding="utf-8")


def apply_patch(text: str, hunks: str, name: str) -> str:
    """Apply the hunks of a unified diff to a text, which must fit line by line.

    Parameters
    ----------
    text
        The text to change.
    hunks
        The diff from its first ``@@`` on.
    name
        What the text is called in messages.

    Raises
    ------
    ToolchainError
        If a line is not as the diff expects.
    """
    old = text.splitlines(keepends=True)
    new: list[str] = []
    position = 0
    for line in hunks.splitlines(keepends=True):
        header = re.match(r"@@ -(\d+)", line)
        if header:
            start = int(header[1]) - 1
            new += old[position:start]
            position = start
        elif line.startswith("+"):
            new.append(line[1:])
        elif line.startswith((" ", "-")):
            if position >= len(old) or old[position] != line[1:]:
                raise ToolchainError(
                    f"line {position + 1} of NESTML's template {name} is not {line[1:]!r}: this is "
                    f"not the NESTML that it says it is. {_how_to_install()}"
                )
            if line.startswith(" "):
                new.append(line[1:])
            position += 1
    return "".join(new + old[position:])


def keep_decorators(declaration_class: Any) -> None:  # noqa: ANN401
    """Make NESTML's clones of declarations keep their decorators, such as ``@homogeneous``.

    Parameters
    ----------
    declaration_class
        NESTML's ``ASTDeclaration``, whose ``clone`` turns decorators into their names.
    """
    clone = declaration_class.clone

    def clone_with_decorators(self: Any) -> Any:  # noqa: ANN401
        duplicate = clone(self)
        duplicate.decorators = [
            each.clone() if hasattr(each, "clone") else each for each in self.decorators
        ]
        return duplicate

    declaration_class.clone = clone_with_decorators


def _files(patch: str) -> list[tuple[str, str]]:
    """Return path and hunks of each file in a unified diff."""
    parts = re.split(r"^--- \S+.*\n\+\+\+ (\S+).*\n", patch, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _how_to_install() -> str:
    return f"Run: pip install --force-reinstall nestml=={KNOWN_NESTML[-1]}"
