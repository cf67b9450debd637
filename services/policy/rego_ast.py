"""The syntax tree of Rego modules, as regorus reads them.

Everything in a module is in its tree, also what no evaluation ever reaches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import regorus

Node = dict[str, Any]
"""An expression or a literal: one key, its kind, with what belongs to it."""
_AT = re.compile(r"--> (?P<file>\S+?):(?P<line>\d+):\d+")


class Kind(StrEnum):
    """What a rule is."""

    VALUE = "value"
    FUNCTION = "function"
    SET = "set"
    OBJECT = "object"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Body:
    """What a rule gives and when: `value` is the expression of its value, or None for true."""

    value: Node | None
    statements: tuple[Node, ...]
    is_else: bool
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One definition of a rule. `keys` are the expressions after its name, as in `blocks[block]`."""

    name: str
    kind: Kind
    keys: tuple[Node, ...]
    arguments: tuple[Node, ...]
    bodies: tuple[Body, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Import:
    """What a module imports: its path from the root, and the name by which the module knows it."""

    path: tuple[str, ...]
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """One file."""

    file: str
    content: bytes
    package: tuple[str, ...]
    package_line: int
    imports: tuple[Import, ...]
    rules: tuple[Rule, ...]

    def at(self, span: Node) -> str:
        """Return the text at a place; offsets in the tree count bytes."""
        return self.content[span["start"] : span["end"]].decode()


def modules_in(engine: regorus.Engine) -> list[Module]:
    """Return every module that an engine holds, in the order in which it got them."""
    return [_module(found["source"], found["ast"]) for found in json.loads(engine.get_ast_as_json())]


def parts(node: Node) -> tuple[str, Any]:
    """Return the kind of a node and what belongs to it."""
    ((kind, inner),) = node.items()
    return kind, inner


def line_of(node: Node) -> int:
    """Return the line of a node."""
    return int(parts(node)[1]["span"]["line"])


def place_in(said: str) -> tuple[str, int] | None:
    """Return the file and line at which the engine says that something is wrong, or None when it names none."""
    found = _AT.search(said)
    return (found["file"], int(found["line"])) if found else None


def reason_in(said: str) -> str:
    """Return what the engine says is wrong, without the picture of where."""
    _, _, reason = said.rpartition("error: ")
    return " ".join(reason.split())


def reference(node: Node) -> tuple[Node, tuple[Node | str, ...]]:
    """Return what a chain such as `a.b["c"][d]` starts with, and its keys: texts, or expressions."""
    keys: list[Node | str] = []
    kind, inner = parts(node)
    while kind in ("RefDot", "RefBrack"):
        if kind == "RefDot":
            keys.append(inner["field"][1])
        else:
            keys.append(_constant(inner["index"]))
        node = inner["refr"]
        kind, inner = parts(node)
    return node, tuple(reversed(keys))


def dotted(node: Node) -> Iterator[tuple[str, int]]:
    """Yield the names after a dot in a chain, with their lines."""
    kind, inner = parts(node)
    while kind in ("RefDot", "RefBrack"):
        if kind == "RefDot":
            yield inner["field"][1], inner["field"][0]["line"]
        kind, inner = parts(inner["refr"])


def _constant(index: Node) -> Node | str:
    kind, inner = parts(index)
    return str(inner["value"]) if kind in ("String", "RawString") else index


def _module(source: Node, tree: Node) -> Module:
    content = source["contents"].encode()
    return Module(
        file=source["file"],
        content=content,
        package=_path(tree["package"]["refr"]),
        package_line=tree["package"]["span"]["line"],
        imports=tuple(_import(found, content) for found in tree["imports"]),
        rules=tuple(_rule(*parts(found)) for found in tree["rules"]),
    )


def _import(tree: Node, content: bytes) -> Import:
    path, renamed = _path(tree["refr"]), tree.get("as")
    name = content[renamed["start"] : renamed["end"]].decode() if renamed else path[-1]
    return Import(path, name, tree["span"]["line"])


def _path(node: Node) -> tuple[str, ...]:
    start, keys = reference(node)
    return (str(parts(start)[1]["value"]), *(key if isinstance(key, str) else "" for key in keys))


def _rule(kind: str, tree: Node) -> Rule:
    if kind == "Default":
        name, keys = _head(tree["refr"])
        body = Body(tree["value"], (), is_else=False, line=tree["span"]["line"])
        return Rule(name, Kind.DEFAULT, keys, tuple(tree["args"]), (body,), tree["span"]["line"])
    shape, head = parts(tree["head"])
    name, keys = _head(head["refr"])
    bodies = tuple(_bodies(head, tree["bodies"]))
    line = head["span"]["line"]
    if shape == "Func":
        return Rule(name, Kind.FUNCTION, keys, tuple(head["args"]), bodies, line)
    if shape == "Set":
        return Rule(name, Kind.SET, (*keys, head["key"]), (), bodies, line)
    return Rule(name, Kind.OBJECT if keys else Kind.VALUE, keys, (), bodies, line)


def _head(node: Node) -> tuple[str, tuple[Node, ...]]:
    keys: list[Node] = []
    kind, inner = parts(node)
    while kind in ("RefDot", "RefBrack"):
        span = inner["span"]
        keys.append(inner["index"] if kind == "RefBrack" else {"String": {"span": span, "value": inner["field"][1]}})
        kind, inner = parts(inner["refr"])
    return str(inner["value"]), tuple(reversed(keys))


def _bodies(head: Node, trees: Iterable[Node]) -> Iterator[Body]:
    assign = head.get("assign")
    value = assign["value"] if assign else None
    first = True
    for tree in trees:
        own = tree["assign"]["value"] if tree["assign"] else None
        statements = tuple(tree["query"]["stmts"])
        yield Body(own if tree["is_else"] else value, statements, tree["is_else"], tree["span"]["line"])
        first = False
    if first:
        yield Body(value, (), is_else=False, line=head["span"]["line"])
