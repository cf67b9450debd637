"""A Rego file as its tokens and the engine's own syntax tree, with positions in characters.

The tree says what something is. Where it ends is taken from the tokens: the tree counts in bytes, leaves the quotes of
a string out, and its spans of objects and of `set()` are not to be relied on.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.policy.embedded import new_engine

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    | (?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>:=|==|!=|<=|>=|[^\s\w])""",
    re.VERBOSE,
)
_OPENING = {"[", "{", "("}
_CLOSING = {"]", "}", ")"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, string or sign of the code; never a comment. `start` and `end` count characters."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the code, and what the tree calls it."""

    kind: str
    start: int
    end: int


class RegoFile:
    """The rules of a file, without its package and imports."""

    def __init__(self, name: str, text: str) -> None:
        """Read a file. Raises PolicyLoadError when the engine cannot."""
        engine = new_engine({name: text}, "{}")
        self.name = name
        self.text = text
        self._rules: list[Any] = json.loads(engine.get_ast_as_json())[0]["ast"]["rules"]
        self._characters = [index for index, character in enumerate(text) for _ in character.encode()] + [len(text)]
        self._starts = [self._start(next(iter(rule.values()))["span"]) for rule in self._rules]
        self._ends = [*self._starts[1:], len(text)]
        self.tokens = [token for token in _tokens(text) if token.start >= min(self._starts, default=len(text))]

    def statements(self) -> Iterator[Part]:
        """Every statement of every body and comprehension; its kind is that of the expression, such as `BoolExpr`."""
        for node in _nodes(self._rules):
            for statement in node.get("stmts", ()):
                ((kind, literal),) = statement["literal"].items()
                if kind == "Expr":
                    kind = next(iter(literal["expr"]))
                span = statement["span"]
                yield self._part(kind, self._start(span), self._characters[span["end"]])

    def else_branches(self) -> Iterator[Part]:
        """Every `else` with its value and its body."""
        for rule, rule_end in zip(self._rules, self._ends, strict=True):
            bodies = next(iter(rule.values())).get("bodies", ())
            bounds = [*(self._start(body["span"]) for body in bodies), rule_end]
            for body, start, end in zip(bodies, bounds, bounds[1:], strict=False):
                if body["is_else"]:
                    yield self._part("else", start, end)

    def defaults(self) -> Iterator[Part]:
        """Every `default` rule."""
        for rule, start, end in zip(self._rules, self._starts, self._ends, strict=True):
            if "Default" in rule:
                yield self._part("default", start, end)

    def array_elements(self) -> Iterator[Part]:
        """Every element of an array with what separates it from its neighbour: without it, the array is still one."""
        for array in _nodes_of(self._rules, "Array"):
            start = self._start(array["span"])
            opening = next(index for index, token in enumerate(self.tokens) if token.start == start)
            elements, closing = self._elements(opening)
            for index, element in enumerate(elements):
                if index + 1 < len(elements):
                    yield Part("element", element.start, elements[index + 1].start)
                elif index:
                    yield Part("element", elements[index - 1].end, element.end)
                else:
                    yield Part("element", element.start, closing.start)

    def called(self) -> Iterator[Token]:
        """The last word of the name of each function that is called."""
        for call in _nodes_of(self._rules, "Call"):
            end = self._characters[next(iter(call["fcn"].values()))["span"]["end"]]
            yield next(token for token in self.tokens if token.end == end)

    def rule_at(self, position: int) -> str:
        """The name of the rule that holds a position."""
        start = max(start for start in self._starts if start <= position)
        return next(token.text for token in self.tokens if token.start >= start and token.text != "default")

    def _elements(self, opening: int) -> tuple[list[Part], Token]:
        """The elements of the array whose bracket is the token at `opening`, and the bracket that closes it."""
        elements: list[Part] = []
        inside: list[Token] = []
        depth = 0
        for token in self.tokens[opening:]:
            if depth == 1 and token.text in {",", "]"}:
                if inside:
                    elements.append(Part("element", inside[0].start, inside[-1].end))
                if token.text == "]":
                    return elements, token
                inside = []
            elif depth:
                inside.append(token)
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        raise AssertionError(f"{self.name}: an array is not closed")

    def _start(self, span: dict[str, int]) -> int:
        return self._characters[span["start"]]

    def _part(self, kind: str, start: int, end: int) -> Part:
        """The whole tokens of which a character lies from `start` up to `end`."""
        inside = [token for token in self.tokens if token.end > start and token.start < end]
        return Part(kind, inside[0].start, inside[-1].end)


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind != "comment":
            yield Token(kind, match[0], match.start(), match.end())


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a tree, from the outside in."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for inner in tree:
            yield from _nodes(inner)


def _nodes_of(tree: Any, kind: str) -> Iterator[dict[str, Any]]:
    return (node[kind] for node in _nodes(tree) if isinstance(node.get(kind), dict))
