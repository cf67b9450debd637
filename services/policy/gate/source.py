"""What is checked: the files of a policy set, as read and as parsed, and what its names stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from services.policy.catalogue import Norm
from services.policy.engine import JsonValue
from services.policy.rego_ast import Kind, Module, Node, Rule, parts, reference
from services.policy.year import DATA, KIND, SHARED, PolicyYear, is_test, thresholds_in

INPUT = "input"
ROOT = "data"
THRESHOLDS = "thresholds"
Path = tuple[str, ...]
Keys = tuple[Node | str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a chain of names stands for: its root (`input`, `data`, or empty for a name of the rule itself or a value),
    and its keys from there."""

    root: str
    keys: Keys

    @property
    def path(self) -> Path:
        """The keys as far as they are texts."""
        texts: list[str] = []
        for key in self.keys:
            if not isinstance(key, str):
                break
            texts.append(key)
        return tuple(texts)


@dataclass(frozen=True)
class Source:
    """The rules of a kind and a year as far as they could be read.

    `modules` are those that parse, `texts` every rule that is UTF-8. `stems` are the norms or conditions whose METADATA
    is complete, `inputs` the names in the input that rules may read, and `data` the root of `data`. `policies` is there
    for norms only.
    """

    kind: str
    year: int
    texts: Mapping[str, str]
    modules: tuple[Module, ...]
    stems: tuple[str, ...]
    inputs: tuple[str, ...]
    data: Mapping[str, JsonValue]
    policies: PolicyYear | None = None

    @property
    def rules(self) -> Iterator[Module]:
        """The modules without those of tests."""
        return (module for module in self.modules if not is_test(module.file))

    @property
    def tests(self) -> Iterator[Module]:
        """The modules of tests."""
        return (module for module in self.modules if is_test(module.file))

    @property
    def norms(self) -> tuple[Norm, ...]:
        """The norms whose METADATA is complete; none where these are no norms."""
        return self.policies.catalogue if self.policies else ()

    @cached_property
    def by_file(self) -> Mapping[str, Module]:
        """The modules by the name of their file."""
        return {module.file: module for module in self.modules}

    @cached_property
    def packages(self) -> Mapping[Path, Module]:
        """The modules by their package."""
        return {module.package: module for module in self.modules}

    @cached_property
    def definitions(self) -> Mapping[Path, tuple[Rule, ...]]:
        """Every definition of a rule by its path from `data`."""
        found: dict[Path, list[Rule]] = {}
        for module in self.modules:
            for rule in module.rules:
                found.setdefault((*module.package, rule.name), []).append(rule)
        return {path: tuple(rules) for path, rules in found.items()}

    @property
    def area(self) -> Path:
        """Where the rules of the year are."""
        return (self.kind, f"y{self.year}")

    @property
    def holds_norms(self) -> bool:
        """Whether these are norms, which answers are held against, and no conditions."""
        return self.kind == KIND

    @property
    def thresholds(self) -> Mapping[str, JsonValue] | None:
        """The thresholds in the data of the year, None when there are none."""
        return thresholds_in(self.kind, self.year, self.data) if DATA in self.texts else None

    def is_norm(self, module: Module) -> bool:
        """Whether a module is that of one norm or condition."""
        return not is_test(module.file) and module.file not in SHARED

    def resolve(self, module: Module, node: Node, scope: frozenset[str]) -> Target | None:
        """Return what a chain in a module stands for, or None when its first name is not known there."""
        start, keys = reference(node)
        kind, inner = parts(start)
        if kind != "Var" or inner["value"] in scope:
            return Target("", keys)
        name = inner["value"]
        if name in (INPUT, ROOT):
            return Target(name, keys)
        for imported in module.imports:
            if imported.name == name and imported.path[0] == ROOT:
                return Target(ROOT, (*imported.path[1:], *keys))
        if (*module.package, name) in self.definitions:
            return Target(ROOT, (*module.package, name, *keys))
        return None

    def defined_by(self, path: Path) -> Path | None:
        """Return the path of the rule at or above a path from `data`, or None when no rule is there."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.definitions:
                return path[:length]
        return None

    def function(self, path: Path) -> tuple[Rule, ...]:
        """Return the definitions of the function at a path, none when there is no function."""
        return tuple(rule for rule in self.definitions.get(path, ()) if rule.kind is Kind.FUNCTION)
