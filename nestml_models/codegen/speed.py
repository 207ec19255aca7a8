"""Makes NESTML 9 faster without changing its output or its installed code.

NESTML spends most of its time finding the method for a type of node with up to 41 ``isinstance``
calls on abstract classes, finding a symbol by searching all of a model's, and computing the start
state of its lexer for every token.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["dispatch_by_table", "resolve_by_table", "start_lexer_by_table"]

_CASE = re.compile(r"if isinstance\(node, (\w+)\):\s+self\.(\w+)\(node\)(\s+return\b)?")


def dispatch_by_table(visitor: type) -> None:
    """Look up the methods for each type of node only once.

    Parameters
    ----------
    visitor
        NESTML's ``ASTVisitor``, whose ``visit``, ``traverse`` and ``endvisit`` test one type after
        another. A dispatcher written in another way is left alone.
    """
    for name in ("visit", "traverse", "endvisit"):
        cases = _CASE.findall(inspect.getsource(getattr(visitor, name)))
        n_questions = inspect.getsource(getattr(visitor, name)).count("isinstance(")
        if cases and len(cases) == n_questions:
            setattr(visitor, name, _dispatcher(visitor, cases))


def _dispatcher(visitor: type, cases: list[tuple[str, str, str]]) -> Callable[[Any, Any], None]:
    classes = vars(sys.modules[visitor.__module__])
    table: dict[type, tuple[str, ...]] = {}

    def methods(kind: type) -> tuple[str, ...]:
        names = []
        for class_name, method, returns in cases:
            if issubclass(kind, classes[class_name]):
                names.append(method)
                if returns:
                    break
        return tuple(names)

    def dispatch(self: Any, node: Any) -> None:  # noqa: ANN401
        kind = type(node)
        if kind not in table:
            table[kind] = methods(kind)
        for name in table[kind]:
            getattr(self, name)(node)

    return dispatch


def resolve_by_table(scope_class: type, scope_type: Any, symbol_class: Any) -> None:  # noqa: ANN401
    """Look up symbols in one table per scope.

    Parameters
    ----------
    scope_class, scope_type, symbol_class
        NESTML's ``Scope``, ``ScopeType`` and ``Symbol``.
    """
    for name in ("update_variable_symbol", "delete_symbol"):
        setattr(scope_class, name, _forgetting(getattr(scope_class, name)))

    def add_symbol(self: Any, symbol: Any) -> None:  # noqa: ANN401
        # NESTML first removes the symbol, comparing it with all others.
        known = self.__dict__.setdefault("_known_symbols", set())
        if id(symbol) in known:
            self.delete_symbol(symbol)
        known.add(id(symbol))
        self.__dict__.pop("_symbols_by_name", None)
        self.declared_elements.append(symbol)

    def table(scope: Any) -> dict[Any, Any]:  # noqa: ANN401
        found: dict[Any, Any] | None = scope.__dict__.get("_symbols_by_name")
        if found is None:
            found = {}
            for each in scope.declared_elements:
                if isinstance(each, symbol_class):
                    found.setdefault((each.name, each.symbol_kind), each)
            scope._symbols_by_name = found
        return found

    def resolve_to_symbol(self: Any, name: str, kind: Any) -> Any:  # noqa: ANN401
        scope = self
        while scope is not None:
            found = table(scope).get((name, kind))
            if found is not None:
                return found
            scope = None if scope.scope_type is scope_type.GLOBAL else scope.enclosing_scope
        return None

    scope_class.add_symbol = add_symbol  # type: ignore[attr-defined]
    scope_class.resolve_to_symbol = resolve_to_symbol  # type: ignore[attr-defined]


def _forgetting(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that changes a scope and discards its table."""

    def changed(self: Any, *arguments: Any) -> Any:  # noqa: ANN401
        self.__dict__.pop("_symbols_by_name", None)
        return method(self, *arguments)

    return changed


def start_lexer_by_table(simulator: Any) -> None:  # noqa: ANN401
    """Compute the lexer's start state once for the start of the input and once for the rest.

    ANTLR computes it for every token if a rule begins with a condition. The only one in NESTML's
    grammar is whether the token is at the start of the input.

    Parameters
    ----------
    simulator
        ANTLR's ``LexerATNSimulator``.
    """
    compute = simulator.computeStartState
    states: dict[tuple[int, int, bool], tuple[Any, bool]] = {}

    def compute_once(self: Any, input_stream: Any, start: Any) -> Any:  # noqa: ANN401
        key = (id(self.atn), start.stateNumber, input_stream.index == 0)
        if key not in states:
            found = compute(self, input_stream, start)
            states[key] = (found, found.hasSemanticContext)
        found, has_condition = states[key]
        found.hasSemanticContext = has_condition  # the caller resets it
        return found

    simulator.computeStartState = compute_once
