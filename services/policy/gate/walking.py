"""Every expression of a rule, with the names that are declared where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from services.policy.rego_ast import Body, Module, Node, Rule, line_of, parts, reference

REFERENCE = "Reference"
WITH = "With"
DECLARATION = "Declaration"
CHAINED = "Chained"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in a rule: its kind as the syntax tree calls it, or one of the kinds above, and the names in scope.

    A chain such as `a.b[c]` is one REFERENCE, whose node is the whole chain.
    """

    kind: str
    node: Any
    line: int
    scope: frozenset[str]


def walk(module: Module, rule: Rule) -> Iterator[Found]:
    """Yield everything in a rule, as deep as it goes."""
    yield from _Walk(module).rule(rule)


def variables(pattern: Node) -> Iterator[tuple[str, int]]:
    """Yield the names in what is assigned to or what an argument must look like, with their lines; `_` is no name."""
    kind, inner = parts(pattern)
    if kind == "Var" and inner["value"] != "_":
        yield inner["value"], inner["span"]["line"]
    elif kind in ("Array", "Set"):
        for item in inner["items"]:
            yield from variables(item)
    elif kind == "Object":
        for _, _, value in inner["fields"]:
            yield from variables(value)


def declared(module: Module, statements: Iterable[Node]) -> Iterator[tuple[str, int]]:
    """Yield the names that statements declare, with their lines."""
    for statement in statements:
        kind, literal = parts(statement["literal"])
        if kind == "SomeVars":
            for span in literal["vars"]:
                yield module.at(span), span["line"]
        elif kind == "SomeIn":
            for pattern in (literal["key"], literal["value"]):
                if pattern is not None:
                    yield from variables(pattern)
        elif kind == "Expr":
            shape, inner = parts(literal["expr"])
            if shape == "AssignExpr" and inner["op"] == "ColEq":
                yield from variables(inner["lhs"])


class _Walk:
    def __init__(self, module: Module) -> None:
        self._module = module

    def rule(self, rule: Rule) -> Iterator[Found]:
        names = [name for argument in rule.arguments for name in variables(argument)]
        yield from self._declares(names, frozenset())
        scope = frozenset(name for name, _ in names)
        for argument in rule.arguments:
            yield from self._pattern(argument, scope)
        for place, body in enumerate(rule.bodies):
            if place and not body.is_else:
                yield Found(CHAINED, body, body.line, scope)
            # What follows the name of a rule is evaluated where its body is.
            yield from self._body(body, rule.keys if place == 0 else (), scope)

    def _body(self, body: Body, keys: tuple[Node, ...], scope: frozenset[str]) -> Iterator[Found]:
        inside = yield from self._query(body.statements, scope)
        for expression in (*keys, *([body.value] if body.value else [])):
            yield from self._expression(expression, inside)

    def _query(self, statements: Iterable[Node], scope: frozenset[str]) -> Any:
        """Yields what is in a query; returns the names in scope inside it."""
        statements = list(statements)
        names = list(declared(self._module, statements))
        yield from self._declares(names, scope)
        inside = scope | {name for name, _ in names}
        for statement in statements:
            yield from self._literal(*parts(statement["literal"]), inside)
            for replaced in statement.get("with_mods", ()):
                yield Found(WITH, replaced, replaced["span"]["line"], inside)
                yield from self._expression(replaced["as"], inside)
        return inside

    def _declares(self, names: Iterable[tuple[str, int]], scope: frozenset[str]) -> Iterator[Found]:
        for name, line in names:
            yield Found(DECLARATION, name, line, scope)

    def _literal(self, kind: str, literal: Any, scope: frozenset[str]) -> Iterator[Found]:
        yield Found(kind, literal, literal["span"]["line"], scope)
        if kind == "SomeIn":
            for pattern in (literal["key"], literal["value"]):
                if pattern is not None:
                    yield from self._pattern(pattern, scope)
            yield from self._expression(literal["collection"], scope)
        elif kind == "Every":
            yield from self._expression(literal["domain"], scope)
            names = [
                (self._module.at(span), span["line"]) for span in (literal["key"], literal["value"]) if span is not None
            ]
            yield from self._declares([(name, line) for name, line in names if name != "_"], scope)
            yield from self._query(literal["query"]["stmts"], scope | {name for name, _ in names})
        elif kind in ("Expr", "NotExpr"):
            yield from self._expression(literal["expr"], scope)

    def _expression(self, node: Node, scope: frozenset[str]) -> Iterator[Found]:
        kind, inner = parts(node)
        line = line_of(node)
        if kind in ("Var", "RefDot", "RefBrack"):
            yield Found(REFERENCE, node, line, scope)
            start, keys = reference(node)
            if parts(start)[0] != "Var":
                yield from self._expression(start, scope)
            for key in keys:
                if not isinstance(key, str):
                    yield from self._expression(key, scope)
            return
        yield Found(kind, inner, line, scope)
        if kind in ("ArrayCompr", "SetCompr", "ObjectCompr"):
            inside = yield from self._query(inner["query"]["stmts"], scope)
            for part in ("term", "key", "value"):
                if part in inner:
                    yield from self._expression(inner[part], inside)
            return
        if kind == "AssignExpr" and inner["op"] == "ColEq":
            yield from self._pattern(inner["lhs"], scope)
            yield from self._expression(inner["rhs"], scope)
            return
        for child in _children(kind, inner):
            yield from self._expression(child, scope)

    def _pattern(self, node: Node, scope: frozenset[str]) -> Iterator[Found]:
        """What is in a pattern besides the names that it declares."""
        kind, inner = parts(node)
        if kind == "Var":
            return
        yield Found(kind, inner, line_of(node), scope)
        for child in _children(kind, inner):
            yield from self._pattern(child, scope)


def _children(kind: str, inner: Any) -> Iterator[Node]:
    if kind in ("Array", "Set"):
        yield from inner["items"]
    elif kind == "Object":
        for _, key, value in inner["fields"]:
            yield from (key, value)
    elif kind == "Call":
        yield from inner["params"]
    elif kind == "UnaryExpr":
        yield inner["expr"]
    elif kind == "Membership":
        yield from (inner[part] for part in ("key", "value", "collection") if inner[part] is not None)
    elif kind in ("BinExpr", "BoolExpr", "ArithExpr", "AssignExpr"):
        yield from (inner["lhs"], inner["rhs"])
