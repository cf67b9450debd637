"""YAML that knows on which line each value stands."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

_DEEPEST = 50
"""More levels than any file here has; deeper ones are refused before anything can run out of stack."""


class InvalidYamlError(Exception):
    """A text is no YAML, with `line` from 1 (0 when that is unknown) and the reason."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class MarkedYaml:
    """The value in a YAML text, and where its parts stand; `above` are the lines above it in its file."""

    value: Any
    root: yaml.Node | None
    above: int = 0

    def line(self, *path: str | int) -> int:
        """Return the line, from 1, of the value that keys and indices lead to: that of its key when it has one.

        As far as the path exists: what is missing is pointed to where it should have been.
        """
        node, line = self.root, 1
        for step in path:
            key_node, node = _child(node, step)
            if node is None:
                break
            line = (key_node or node).start_mark.line + 1
        return self.above + line


def read_yaml(content: str | bytes) -> MarkedYaml:
    """Return the value of a YAML text. Raises InvalidYamlError; a key that is written twice is a mistake too."""
    try:
        loader = _Loader(content)
        try:
            root = loader.get_single_node()
            return MarkedYaml(loader.construct_document(root) if root is not None else None, root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidYamlError(error.problem or error.context or "", mark.line + 1 if mark else 0) from error
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: bytes that are no UTF-8.
        raise InvalidYamlError(" ".join(str(error).split()), 0) from error


class _Loader(yaml.SafeLoader):
    """YAML as usual, but a key that is written twice is a mistake instead of the last one winning."""

    def __init__(self, content: str | bytes) -> None:
        super().__init__(content)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth += 1
        if self._depth > _DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "te diep genest", mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            # Such as a date that does not exist.
            raise _wrong(str(error), node) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise _wrong("een sleutel moet een tekst zijn", key_node)
            if key in seen:
                raise _wrong(f"{key} staat er twee keer", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _wrong(reason: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, reason, node.start_mark)


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The node that a key or an index leads to, with the node of its key if it has one."""
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.value == str(step):
                return key_node, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None, None
