"""YAML that means what it says: the core schema of YAML 1.2, without duplicate keys.

PyYAML follows YAML 1.1, in which ``1e-3`` is text, ``010`` is eight, ``1:30`` is ninety and ``no``
is false, and takes the last of several equal keys. Here ``1e-3`` is a number, ``010`` is ten, the
other two are text, and a duplicate key is an error.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from nestml_models.errors import V1CortexError

__all__ = ["dump_yaml", "parse_yaml", "read_text", "read_yaml"]

MAX_DIGITS = 30
"""Maximum number of digits of an integer (*choice*); seeds have up to 20 digits."""

MAX_VALUES = 100_000
"""Maximum number of values in a file, including those repeated by aliases: a few lines of aliases
of aliases can expand to more values than fit in any memory (*choice*)."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 comes before UTF-16, whose mark begins the same way."""

_TAG = "tag:yaml.org,2002:"
_TAGS = ("null", "bool", "int", "float", "str", "seq", "map", "merge")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)


class _Loader(yaml.SafeLoader):
    """Reads the core schema of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 # not those of the base class


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads the same with libyaml, if PyYAML has it; its messages say less."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


for _tag, _pattern, _first in (
    ("null", re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    ("int", _INTEGER, list("-+0123456789")),
    ("float", _FLOAT, list("-+0123456789.")),
    ("merge", re.compile("<<"), ["<"]),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_tag}", re.compile(f"(?:{_pattern.pattern})$"), _first)


class _Dumper(yaml.SafeDumper):
    """Quotes text that would be read as a number."""


_Dumper.add_implicit_resolver(
    f"{_TAG}int", re.compile(f"(?:{_INTEGER.pattern})$"), list("-+0123456789")
)
_Dumper.add_implicit_resolver(
    f"{_TAG}float", re.compile(f"(?:{_FLOAT.pattern})$"), list("-+0123456789.")
)


def dump_yaml(data: object, **style: Any) -> str:  # noqa: ANN401
    """Return plain data as YAML that `parse_yaml` turns into the same data.

    Parameters
    ----------
    data
        Mappings, lists, strings and numbers.
    style
        Options of ``yaml.dump``.
    """
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, **style))


def read_yaml(path: Path, error: type[V1CortexError]) -> object:
    """Read a YAML file.

    Parameters
    ----------
    path
        The file: UTF-8, or any UTF indicated by a byte order mark.
    error
        The error to raise.

    Raises
    ------
    V1CortexError
        The given class, with file, line and remedy, if the file cannot be read, is not text, is not
        valid YAML, or has a duplicate key.
    """
    return parse_yaml(read_text(path, error), str(path), error)


def read_text(path: Path, error: type[V1CortexError]) -> str:
    """Read a text file: UTF-8, or any UTF indicated by a byte order mark.

    Raises
    ------
    V1CortexError
        The given class, if the file cannot be read, or is in another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise error(f"cannot read {path}: {problem.strerror}") from None
    except ValueError as problem:
        raise error(f"cannot read {str(path)!r}: {problem}") from None
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise error(
            f"{path}, line {line}: byte 0x{content[problem.start]:02x} is not {encoding.upper()}; "
            "save the file as UTF-8 (it may be in cp1252 or Latin-1)"
        ) from None


def parse_yaml(text: str, source: str, error: type[V1CortexError]) -> object:
    """Return the content of YAML text.

    Parameters
    ----------
    text
        One YAML document.
    source
        Where the text came from, for messages.
    error
        The error to raise.

    Raises
    ------
    V1CortexError
        The given class; see `read_yaml`.
    """
    try:
        return _parsed(_FastLoader, text, source, error)
    except (yaml.YAMLError, RecursionError, ValueError, LookupError):
        pass  # the other loader says what is wrong, and where
    try:
        return _parsed(_Loader, text, source, error)
    except yaml.YAMLError as problem:
        raise error(f"{source}{_explain(problem)}") from None
    except RecursionError:
        raise error(f"{source} is nested too deeply to be read") from None
    except (ValueError, LookupError) as problem:  # such as !!int before text
        raise error(f"{source} is not valid YAML: {problem}") from None


def _parsed(
    kind: type[_Loader | _FastLoader], text: str, source: str, error: type[V1CortexError]
) -> object:
    """Return the content of YAML text as a loader reads it."""
    loader = kind(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _Check(source, error).size(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


class _Check:
    """Rejects duplicate keys, overlong numbers, and aliases of themselves or of too many values.

    Parameters
    ----------
    source, error
        As for `parse_yaml`.
    """

    def __init__(self, source: str, error: type[V1CortexError]) -> None:
        self._source, self._error = source, error
        self._sizes: dict[int, int | None] = {}

    def size(self, node: yaml.Node) -> int:
        """Return the number of values in a node, including those of aliases."""
        if node.tag.removeprefix(_TAG) not in _TAGS:
            raise self._fault(node, f"the tag '{node.tag[:80]}' is unknown; leave it out")
        if isinstance(node, yaml.ScalarNode):
            self._check_number(node)
            return 1
        known = self._sizes.get(id(node), 0)
        if known is None:
            raise self._fault(node, "an alias is used inside the value that it refers to")
        if known:
            return known
        self._sizes[id(node)] = None
        children = node.value
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node)
            children = [each for pair in node.value for each in pair]
        total = 1 + sum(map(self.size, children))
        if total > MAX_VALUES:
            raise self._fault(node, f"more than {MAX_VALUES:,} values, including those of aliases")
        self._sizes[id(node)] = total
        return total

    def _check_keys(self, node: yaml.MappingNode) -> None:
        lines: dict[Hashable, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._fault(key, "a key must be a name")
            if key.value in lines:
                raise self._fault(
                    key,
                    f"the key '{key.value[:80]}' is already on line {lines[key.value]}; "
                    "delete one of them",
                )
            lines[key.value] = key.start_mark.line + 1

    def _check_number(self, node: yaml.ScalarNode) -> None:
        n_digits = len(node.value)
        if node.tag == f"{_TAG}int" and n_digits > MAX_DIGITS:
            text = f"a whole number of {n_digits} digits; at most {MAX_DIGITS} are read"
            raise self._fault(node, text)

    def _fault(self, node: yaml.Node, text: str) -> V1CortexError:
        mark = node.start_mark
        return self._error(
            f"{self._source}, line {mark.line + 1}, column {mark.column + 1}: {text}"
        )


def _integer(loader: _Loader | _FastLoader, node: yaml.ScalarNode) -> int:
    """Read a decimal integer, which may have leading zeros."""
    return int(str(loader.construct_scalar(node)))


for _kind in (_Loader, _FastLoader):
    _kind.add_constructor(f"{_TAG}int", _integer)


def _explain(error: yaml.YAMLError) -> str:
    """Return line, column and reason, with a remedy for common mistakes."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or problem is None:
        return f" is not valid YAML: {' '.join(str(error).split())}"
    where = f", line {mark.line + 1}, column {mark.column + 1}: "
    if "'\\t'" in problem:
        return f"{where}a tab; indent with spaces, as YAML wants it"
    if getattr(error, "context", None) == "expected a single document in the stream":
        return f"{where}a second document begins; only one is read, so delete the '---' or the rest"
    return f"{where}{problem}"
