"""The patches to NESTML's templates: a series of small files, applied while templates are loaded.

``patches/<version of NESTML>/NN-topic.patch`` are unified diffs with a header of three fields: the
symptom in the generated code, whether it is a fix for upstream or a speed-up, and the test that
covers it. NESTML's own files are left alone.

A hunk is located by its lines, not by line numbers. They must occur exactly once; otherwise the
error names the patch that needs attention.
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nestml_models.errors import ToolchainError

__all__ = ["KNOWN_NESTML", "Patch", "installed_series", "patched_templates", "series_text"]

KNOWN_NESTML = ("9.0.0",)
"""Versions of NESTML with patches."""


@dataclass(frozen=True)
class Patch:
    """One change to the templates.

    Attributes
    ----------
    name
        Name of its file, without suffix.
    symptom
        What the generated code does without it.
    kind
        Whether it is a fix for upstream or a speed-up.
    test
        The test that covers it: path and name.
    files
        The hunks for each changed template, as unified diffs, by path of the template.
    """

    name: str
    symptom: str
    kind: str
    test: str
    files: Mapping[str, str]

    @classmethod
    def parse(cls, name: str, text: str) -> Patch:
        """Return the patch in a file."""
        head, *parts = re.split(r"^--- \S+.*\n\+\+\+ (\S+).*\n", text, flags=re.MULTILINE)
        fields = dict(re.findall(r"^(\w+):((?:.|\n  )*)", head, flags=re.MULTILINE))
        symptom, kind, test = (
            " ".join(fields[field].split()) for field in ("Symptom", "Kind", "Test")
        )
        return cls(name, symptom, kind, test, dict(zip(parts[::2], parts[1::2], strict=True)))

    def apply(self, path: str, text: str) -> str:
        """Return a template with the patch applied.

        Raises
        ------
        ToolchainError
            If the lines of a hunk are missing or occur more than once.
        """
        for number, (old, new) in enumerate(_hunks(self.files.get(path, "")), 1):
            n_places = text.count(old)
            if n_places != 1:
                raise ToolchainError(
                    f"patch {self.name} does not fit NESTML's template {path}: the lines of its "
                    f"hunk {number}, near {_telling_line(old)!r}, occur {n_places} times. "
                    f"If this is NESTML {KNOWN_NESTML[-1]}, it was changed; for another version "
                    f"the patch must be adapted. {_how_to_install()}"
                )
            text = text.replace(old, new)
        return text


def installed_series() -> tuple[Patch, ...]:
    """Return the patches for the installed NESTML, in order.

    Raises
    ------
    ToolchainError
        If NESTML is missing or its version unknown.
    """
    return tuple(Patch.parse(name, text) for name, text in _files())


def series_text() -> str:
    """Return the whole series as one text, which is part of a module's key.

    Raises
    ------
    ToolchainError
        If NESTML is missing or its version unknown.
    """
    return "\0".join(part for file in _files() for part in file)


def patched_templates(folder: Path, series: Sequence[Patch]) -> dict[str, str]:
    """Return the patched templates of a series, by path.

    Parameters
    ----------
    folder
        NESTML's folder of ``point_neuron`` templates.
    series
        The patches, in order.

    Raises
    ------
    ToolchainError
        If a template is missing or not what a patch expects; the message names the patch.
    """
    texts: dict[str, str] = {}
    for patch in series:
        for path in patch.files:
            if path not in texts:
                texts[path] = _read(folder, path, patch)
            texts[path] = patch.apply(path, texts[path])
    return texts


def _files() -> list[tuple[str, str]]:
    """Return names and texts of the patches for the installed NESTML."""
    try:
        version = importlib.metadata.version("nestml")
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolchainError(f"NESTML is not installed. {_how_to_install()}") from error
    if version not in KNOWN_NESTML:
        raise ToolchainError(
            f"NESTML {version} is not supported; its generated code needs patches, which exist "
            f"for {', '.join(KNOWN_NESTML)}. {_how_to_install()}"
        )
    folder = importlib.resources.files("nestml_models.codegen").joinpath("patches", version)
    files = [each for each in folder.iterdir() if each.name.endswith(".patch")]
    return sorted((each.name.removesuffix(".patch"), each.read_text("utf-8")) for each in files)


def _read(folder: Path, path: str, patch: Patch) -> str:
    try:
        return (folder / path).read_text(encoding="utf-8")
    except OSError as error:
        raise ToolchainError(
            f"patch {patch.name} does not fit: NESTML has no template {path}. {_how_to_install()}"
        ) from error


def _hunks(diff: str) -> list[tuple[str, str]]:
    """Return the lines of each hunk of a unified diff, before and after."""
    found = []
    for part in re.split(r"^@@ .*\n", diff, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        old = (line[1:] or "\n" for line in lines if line[0] in " -\n")
        new = (line[1:] or "\n" for line in lines if line[0] in " +\n")
        found.append(("".join(old), "".join(new)))
    return found


def _telling_line(lines: str) -> str:
    """Return the longest line: the first may be blank or a bracket."""
    return max((line.strip() for line in lines.splitlines()), key=len)


def _how_to_install() -> str:
    return f"Run: pip install --force-reinstall nestml=={KNOWN_NESTML[-1]}"
