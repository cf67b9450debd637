"""Whether what a rule goes along is a collection.

`some x in y` over something else is an error in one engine and nothing in another. So for each `in` and `every` of the
rules it must be certain, whatever the answers are. What counts as certain:

- a list, set, object or comprehension that is written out, and what functions that give one give;
- a rule that always has such a value, and a threshold that is one in the data;
- what a function always gives, and an argument that every call in the rules gives such a value;
- what lies in such a value, as far as that is known;
- whatever the same rule first holds against `is_array`, `is_object` or `is_set`.

An answer is never certain. The shapes of rules, functions and arguments depend on each other, so they are found by
going round until nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from services.policy.engine import JsonValue
from services.policy.gate.source import INPUT, ROOT, THRESHOLDS, Path, Source
from services.policy.gate.walking import declared, variables
from services.policy.rego_ast import Body, Kind, Module, Node, Rule, parts, reference

_DEEPEST = 6
_GUARDS = ("is_array", "is_object", "is_set")


@dataclass(frozen=True)
class Collection:
    """A list, set or object: what lies in it under a known name, and what lies in it otherwise."""

    named: Mapping[str, Shape]
    other: Shape


@dataclass(frozen=True)
class _Nothing:
    """No value: undefined, or not known yet."""


@dataclass(frozen=True)
class _Anything:
    """A value that may not be a collection."""


Shape: TypeAlias = Collection | _Nothing | _Anything
NOTHING = _Nothing()
ANYTHING = _Anything()
_OF_ANYTHING = Collection({}, ANYTHING)


def join(one: Shape, other: Shape, depth: int = 0) -> Shape:
    """Return the shape of what has one of two shapes."""
    if isinstance(one, _Nothing) or one == other:
        return other
    if isinstance(other, _Nothing):
        return one
    if isinstance(one, _Anything) or isinstance(other, _Anything) or depth > _DEEPEST:
        return ANYTHING
    names = one.named.keys() | other.named.keys()
    named = {
        name: join(one.named.get(name, NOTHING), other.named.get(name, NOTHING), depth + 1) for name in sorted(names)
    }
    return Collection(named, join(one.other, other.other, depth + 1))


def join_all(shapes: Iterable[Shape]) -> Shape:
    """Return the shape of what has one of some shapes."""
    joined: Shape = NOTHING
    for shape in shapes:
        joined = join(joined, shape)
    return joined


def element(shape: Shape) -> Shape:
    """Return the shape of whatever lies in something."""
    return join(shape.other, join_all(shape.named.values())) if isinstance(shape, Collection) else shape


def member(shape: Shape, key: str) -> Shape:
    """Return the shape of what lies in something under a name."""
    return join(shape.named.get(key, NOTHING), shape.other) if isinstance(shape, Collection) else shape


def shape_of_json(value: JsonValue) -> Shape:
    """Return the shape of a value in the data."""
    if isinstance(value, Mapping):
        return Collection({str(key): shape_of_json(inner) for key, inner in value.items()}, NOTHING)
    if isinstance(value, (list, tuple)):
        return Collection({}, join_all(map(shape_of_json, value)))
    return ANYTHING


@dataclass(frozen=True)
class _Scope:
    """The shapes of names, and what was held against a guard."""

    names: Mapping[str, Shape] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()


class Shapes:
    """The shapes of everything in the rules of a policy set."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._thresholds = shape_of_json(source.thresholds)
        self._values: dict[Path, Shape] = {}
        self._arguments: dict[tuple[Path, int], Shape] = {}
        self._unproven: dict[str, set[int]] = {}
        self._settle()

    def unproven(self, module: Module) -> list[int]:
        """Return the lines on which a module goes along what may be no collection."""
        return sorted(self._unproven.get(module.file, ()))

    def _settle(self) -> None:
        # Shapes only become wider, and no deeper than so much, so this comes to an end.
        before = None
        while before != (self._values, self._arguments):
            before = (dict(self._values), dict(self._arguments))
            self._unproven = {}
            for module in self._source.rules:
                for rule in module.rules:
                    self._rule(module, rule)

    def _rule(self, module: Module, rule: Rule) -> None:
        path = (*module.package, rule.name)
        names: dict[str, Shape] = {}
        for place, argument in enumerate(rule.arguments):
            kind, inner = parts(argument)
            given = self._arguments.get((path, place), NOTHING)
            if kind == "Var":
                names[inner["value"]] = given
            else:
                names |= {name: ANYTHING for name, _ in variables(argument)}
        for body in rule.bodies:
            shape = _InRule(self, module).body(rule, body, _Scope(names))
            self._values[path] = join(self._values.get(path, NOTHING), shape)

    # --- for what is in a rule ---

    def of_path(self, path: Path) -> Shape:
        """The shape of what stands at a path from `data`."""
        above = (*self._source.area, THRESHOLDS)
        if path[:3] == above:
            shape, rest = self._thresholds, path[3:]
        else:
            found = self._source.defined_by(path)
            if found is None:
                return ANYTHING
            shape, rest = self._values.get(found, NOTHING), path[len(found) :]
        for key in rest:
            shape = member(shape, key)
        return shape

    def called(self, path: Path, given: list[Shape]) -> Shape:
        """What a function gives, which is called with these."""
        for place, shape in enumerate(given):
            self._arguments[path, place] = join(self._arguments.get((path, place), NOTHING), shape)
        return self._values.get(path, NOTHING)

    def goes_along(self, module: Module, line: int, shape: Shape) -> None:
        """Takes down that a rule goes along something."""
        if isinstance(shape, _Anything):
            self._unproven.setdefault(module.file, set()).add(line)


class _InRule:
    """What one rule says."""

    def __init__(self, shapes: Shapes, module: Module) -> None:
        self._shapes = shapes
        self._source = shapes._source  # noqa: SLF001 - one thing in two classes
        self._module = module
        self._kinds: Mapping[str, Callable[[Any, _Scope], Shape]] = {
            "Array": self._list,
            "ArrayCompr": self._comprehension,
            "ArithExpr": self._arithmetic,
            "AssignExpr": self._sides,
            "BinExpr": self._sets,
            "BoolExpr": self._sides,
            "Call": self._call,
            "Membership": self._membership,
            "Object": self._object,
            "ObjectCompr": self._object_comprehension,
            "Set": self._list,
            "SetCompr": self._comprehension,
            "UnaryExpr": self._minus,
        }

    def body(self, rule: Rule, body: Body, scope: _Scope) -> Shape:
        inside = self._query(body.statements, scope)
        for key in rule.keys:
            self.shape(key, inside)
        value = self.shape(body.value, inside) if body.value else ANYTHING
        if rule.kind is Kind.SET:
            return Collection({}, join_all(self.shape(key, inside) for key in rule.keys))
        return Collection({}, value) if rule.kind is Kind.OBJECT else value

    def shape(self, node: Node, scope: _Scope) -> Shape:
        """The shape of an expression; on the way it takes down what is called and gone along."""
        kind, inner = parts(node)
        if kind in ("Var", "RefDot", "RefBrack"):
            return self._reference(node, scope)
        find = self._kinds.get(kind)
        return find(inner, scope) if find else ANYTHING

    def _list(self, inner: Any, scope: _Scope) -> Shape:
        return Collection({}, join_all([self.shape(item, scope) for item in inner["items"]]))

    def _object(self, inner: Any, scope: _Scope) -> Shape:
        named: dict[str, Shape] = {}
        other: Shape = NOTHING
        for _, key, value in inner["fields"]:
            kind, text = parts(key)
            self.shape(key, scope)
            if kind in ("String", "RawString"):
                named[text["value"]] = self.shape(value, scope)
            else:
                other = join(other, self.shape(value, scope))
        return Collection(named, other)

    def _comprehension(self, inner: Any, scope: _Scope) -> Shape:
        return Collection({}, self.shape(inner["term"], self._query(inner["query"]["stmts"], scope)))

    def _object_comprehension(self, inner: Any, scope: _Scope) -> Shape:
        inside = self._query(inner["query"]["stmts"], scope)
        self.shape(inner["key"], inside)
        return Collection({}, self.shape(inner["value"], inside))

    def _sets(self, inner: Any, scope: _Scope) -> Shape:
        sides = [self.shape(inner[side], scope) for side in ("lhs", "rhs")]
        # Between anything but sets it is an error, in both engines.
        return Collection({}, join_all(map(element, sides)))

    def _arithmetic(self, inner: Any, scope: _Scope) -> Shape:
        left, right = (self.shape(inner[side], scope) for side in ("lhs", "rhs"))
        known = isinstance(left, Collection) and isinstance(right, Collection)
        return left if known and inner["op"] == "Sub" else ANYTHING

    def _sides(self, inner: Any, scope: _Scope) -> Shape:
        for side in ("lhs", "rhs"):
            self.shape(inner[side], scope)
        return ANYTHING

    def _membership(self, inner: Any, scope: _Scope) -> Shape:
        for part in ("key", "value", "collection"):
            if inner[part] is not None:
                self.shape(inner[part], scope)
        return ANYTHING

    def _minus(self, inner: Any, scope: _Scope) -> Shape:
        self.shape(inner["expr"], scope)
        return ANYTHING

    def _call(self, inner: Any, scope: _Scope) -> Shape:
        given = [self.shape(argument, scope) for argument in inner["params"]]
        target = self._source.resolve(self._module, inner["fcn"], frozenset(scope.names))
        if target is not None:
            return self._shapes.called(target.path, given) if target.root == ROOT else ANYTHING
        start, keys = reference(inner["fcn"])
        name = ".".join((str(parts(start)[1].get("value")), *map(str, keys)))
        return _built_in(name, given)

    def _reference(self, node: Node, scope: _Scope) -> Shape:
        start, keys = reference(node)
        for key in keys:
            if not isinstance(key, str):
                self.shape(key, scope)
        if self._text(node) in scope.guarded:
            return _OF_ANYTHING
        target = self._source.resolve(self._module, node, frozenset(scope.names))
        if target is None or target.root == INPUT:
            return ANYTHING
        if target.root == ROOT:
            shape, keys = self._shapes.of_path(target.path), target.keys[len(target.path) :]
        else:
            kind, inner = parts(start)
            shape = scope.names[inner["value"]] if kind == "Var" else self.shape(start, scope)
        for key in keys:
            shape = member(shape, key) if isinstance(key, str) else element(shape)
        return shape

    def _text(self, node: Node) -> str:
        """A chain without computed keys as one text; empty for any other."""
        start, keys = reference(node)
        kind, inner = parts(start)
        if kind != "Var" or not all(isinstance(key, str) for key in keys):
            return ""
        return "\n".join((inner["value"], *map(str, keys)))

    def _query(self, statements: Iterable[Node], scope: _Scope) -> _Scope:
        """The scope inside a query. Statements may use what a later one declares, so it looks twice."""
        statements = list(statements)
        literals = [parts(statement["literal"]) for statement in statements]
        guarded = scope.guarded | set(self._guards(literals))
        names = {**scope.names, **{name: NOTHING for name, _ in declared(self._module, statements)}}
        for _ in range(2):
            for kind, literal in literals:
                names |= self._literal(kind, literal, _Scope(names, guarded))
        return _Scope(names, guarded)

    def _guards(self, literals: list[tuple[str, Any]]) -> Iterator[str]:
        for kind, literal in literals:
            shape, inner = parts(literal["expr"]) if kind == "Expr" else ("", {})
            if shape == "Call" and parts(inner["fcn"])[1].get("value") in _GUARDS and len(inner["params"]) == 1:
                argument = inner["params"][0]
                if parts(argument)[0] in ("Var", "RefDot", "RefBrack"):
                    yield self._text(argument)

    def _literal(self, kind: str, literal: Any, scope: _Scope) -> dict[str, Shape]:
        """The shapes of the names that a statement declares."""
        if kind == "SomeVars":
            return {self._module.at(span): ANYTHING for span in literal["vars"]}
        if kind == "SomeIn":
            inside = self._along(literal["collection"], literal["span"]["line"], scope)
            return {
                **self._bound(literal["value"], inside),
                **(self._bound(literal["key"], ANYTHING) if literal["key"] is not None else {}),
            }
        if kind == "Every":
            inside = self._along(literal["domain"], literal["span"]["line"], scope)
            names = {self._module.at(literal["value"]): inside}
            if literal["key"] is not None:
                names[self._module.at(literal["key"])] = ANYTHING
            self._query(literal["query"]["stmts"], _Scope({**scope.names, **names}, scope.guarded))
            return {}
        expression = literal["expr"]
        shape, inner = parts(expression)
        if kind == "Expr" and shape == "AssignExpr" and inner["op"] == "ColEq":
            return self._bound(inner["lhs"], self.shape(inner["rhs"], scope))
        self.shape(expression, scope)
        return {}

    def _along(self, node: Node, line: int, scope: _Scope) -> Shape:
        shape = self.shape(node, scope)
        self._shapes.goes_along(self._module, line, shape)
        return element(shape)

    def _bound(self, pattern: Node, shape: Shape) -> dict[str, Shape]:
        kind, inner = parts(pattern)
        if kind == "Var":
            return {inner["value"]: shape}
        return {name: ANYTHING for name, _ in variables(pattern)}


def _built_in(name: str, given: list[Shape]) -> Shape:
    """What a function of the engine gives. What is no collection makes it fail, in both engines."""
    if name in ("array.concat", "object.union"):
        return join_all(_as_collection(shape) for shape in given)
    if name in ("array.reverse", "array.slice", "object.remove", "sort"):
        return join_all(_as_collection(shape) for shape in given[:1])
    if name in ("object.keys", "object.union_n", "union", "intersection"):
        return _OF_ANYTHING
    return ANYTHING


def _as_collection(shape: Shape) -> Shape:
    return _OF_ANYTHING if isinstance(shape, _Anything) else shape
