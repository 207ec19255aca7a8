"""Files of a SONATA network; paths are relative to the file that names them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nestml_models.common import read_text
from v1cortex.errors import CircuitError

__all__ = ["NetworkFiles", "find_files", "read_json"]

NO_FILE = ("", "NULL", "NONE")
"""Spellings in configurations, apart from null, for no table of types."""
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
Pair = tuple[Path, Path | None]


@dataclass(frozen=True)
class NetworkFiles:
    """Files of a network.

    Attributes
    ----------
    nodes, edges : tuple of (Path, Path or None)
        HDF5 file and table of types.
    components : mapping of str to Path
        Folders of model parameters, such as ``point_neuron_models_dir``.
    notes : tuple of str
        What was assumed.
    """

    nodes: tuple[Pair, ...]
    edges: tuple[Pair, ...]
    components: Mapping[str, Path]
    notes: tuple[str, ...] = ()


def find_files(path: Path) -> NetworkFiles:
    """Find the files of a network.

    Parameters
    ----------
    path
        A configuration (circuit, or simulation with a ``network`` entry), or a folder with
        ``circuit_config.json`` or with files named ``*nodes.h5``, ``*node_types.csv``,
        ``*edges.h5`` and ``*edge_types.csv``, as BMTK's NetworkBuilder writes them.

    Raises
    ------
    CircuitError
        If there is no network, or the configuration cannot be read.
    """
    if path.is_dir():
        config = path / "circuit_config.json"
        return _Config(config).files() if config.is_file() else _from_folder(path)
    if not path.is_file():
        raise CircuitError(f"There is no SONATA folder or configuration {path}.")
    return _Config(path).files()


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object without duplicate names from a file.

    Raises
    ------
    CircuitError
        If it cannot be read, or is not such an object.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise CircuitError(f"{path} has the entry '{twice}' twice; delete one")
        return found

    try:
        content = json.loads(read_text(path, CircuitError), object_pairs_hook=unique)
    except RecursionError:
        raise CircuitError(f"{path} is nested too deeply to be read") from None
    except ValueError as error:
        raise CircuitError(f"{path} is not valid JSON: {error}") from None
    if not isinstance(content, dict):
        raise CircuitError(f"{path} must contain named values, not a {type(content).__name__}")
    return content


def _from_folder(folder: Path) -> NetworkFiles:
    def pairs(kind: str) -> tuple[Pair, ...]:
        found = []
        for path in sorted(folder.glob(f"*{kind}s.h5")):
            types = path.with_name(f"{path.stem[:-1]}_types.csv")
            found.append((path, types if types.is_file() else None))
        return tuple(found)

    nodes = pairs("node")
    if not nodes:
        raise CircuitError(f"{folder} contains neither circuit_config.json nor any *nodes.h5.")
    components = {path.name + "_dir": path for path in folder.glob("components/*") if path.is_dir()}
    return NetworkFiles(nodes, pairs("edge"), components)


@dataclass
class _Config:
    """One configuration file."""

    path: Path
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = self.path.absolute()
        self._content = read_json(self.path)
        manifest = self._content.get("manifest") or {}
        if not isinstance(manifest, dict):
            raise CircuitError(f"{self.path}: 'manifest' must contain named paths")
        self._variables = {"configdir": str(self.path.parent)}
        for name, value in manifest.items():
            self._variables[str(name).lstrip("$").strip("{}")] = str(value)

    def files(self, *, nested: bool = False) -> NetworkFiles:
        """Return the network's files; `nested` if another configuration names this one."""
        components = self._folders()
        inner = self._content.get("network")
        if isinstance(inner, str):
            if nested:
                raise CircuitError(
                    f"{self.path} names another configuration ('network'), and is itself named as "
                    "the network by one; name the circuit's configuration"
                )
            found = _Config(self._path(inner, "network"), self.notes).files(nested=True)
            components = {**found.components, **components}
            return NetworkFiles(found.nodes, found.edges, components, tuple(self.notes))
        networks = self._content.get("networks")
        if not isinstance(networks, dict) or "nodes" not in networks:
            raise CircuitError(
                f"{self.path} is not a SONATA circuit configuration: it has no entry 'networks' "
                "with 'nodes'"
            )
        nodes, edges = (self._pairs(networks, kind) for kind in ("node", "edge"))
        return NetworkFiles(nodes, edges, components, tuple(self.notes))

    def _folders(self) -> dict[str, Path]:
        components = self._content.get("components") or {}
        if not isinstance(components, dict):
            raise CircuitError(f"{self.path}: 'components' must contain named folders")
        return {key: self._path(value, f"components.{key}") for key, value in components.items()}

    def _pairs(self, networks: Mapping[str, Any], kind: str) -> tuple[Pair, ...]:
        entries, pairs = networks.get(f"{kind}s") or (), []
        for index, entry in enumerate(entries if isinstance(entries, list | tuple) else (entries,)):
            where = f"networks.{kind}s[{index}]"
            if not isinstance(entry, dict) or f"{kind}s_file" not in entry:
                raise CircuitError(f"{self.path}: {where} has no '{kind}s_file'")
            types = entry.get(f"{kind}_types_file")
            none = types is None or str(types).upper() in NO_FILE
            pairs.append(
                (
                    self._path(entry[f"{kind}s_file"], f"{where}.{kind}s_file"),
                    None if none else self._path(types, f"{where}.{kind}_types_file"),
                )
            )
        return tuple(pairs)

    def _path(self, value: object, where: str) -> Path:
        """Return a path with variables expanded, relative to the configuration's folder."""
        if not isinstance(value, str) or "\0" in value:
            raise CircuitError(f"{self.path}: {where} is {value!r:.80}; it must be a path")
        text = self._expanded(value, where, ())
        path = self.path.parent / text
        if "\\" in text and not path.exists():
            path = self.path.parent / text.replace("\\", "/")
        return path

    def _expanded(self, text: str, where: str, inside: tuple[str, ...]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            if name in inside:
                raise CircuitError(f"{self.path}: '${name}' of the manifest refers to itself")
            if name == "workingdir" and name not in self._variables:
                note = f"{self.path.name}: '$workingdir' is the current folder, {Path.cwd()}"
                self.notes.extend([note] * (note not in self.notes))
                return str(Path.cwd())
            if name not in self._variables:
                known = ", ".join(f"${each}" for each in self._variables)
                raise CircuitError(f"{self.path}: no '${name}' for {where}, only {known}")
            return self._expanded(self._variables[name], where, (*inside, name))

        return _VARIABLE.sub(value, text)
