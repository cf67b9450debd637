"""The check `deelverzameling`: only the Rego that OPA and regorus read alike, in every branch.

It looks at the syntax tree, so a branch that no test reaches counts as much as any other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.policy.gate.builtins import OUTSIDE, RULES, TESTS
from services.policy.gate.shapes import Shapes
from services.policy.gate.source import INPUT, ROOT, THRESHOLDS, Path, Source, Target
from services.policy.gate.walking import CHAINED, DECLARATION, REFERENCE, WITH, Found, walk
from services.policy.problems import Problem
from services.policy.rego_ast import Kind, Module, Rule, dotted, parts, reference
from services.policy.year import GATHERER, LIBRARY, is_test

CHECK = "deelverzameling"
_KEYWORDS = frozenset(
    ("as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some")
) | {"true", "with"}
_PLAIN = frozenset(
    ("Array", "ArrayCompr", "BinExpr", "Bool", "BoolExpr", "Every", "Expr", "Membership", "NotExpr", "Null", "Object")
) | {"ObjectCompr", "RawString", "Set", "SetCompr", "SomeIn", "String", "UnaryExpr"}
"""What is fine wherever it stands."""
_VERBS = re.compile(r"%(.?)", re.DOTALL)


def check_subset(source: Source) -> Iterator[Problem]:
    """Yield everything in the modules that is not portable, or that names what is not there."""
    shapes = Shapes(source)
    for module in source.modules:
        yield from _Check(source, module, shapes).problems()


def reaches_outside(source: Source) -> bool:
    """Whether a rule or a test calls something that reaches beyond the rules."""
    return any(
        found.kind == "Call"
        and _name(found.node).split(".")[0] in OUTSIDE
        # Not something of the rules that only has such a name.
        and source.resolve(module, found.node["fcn"], found.scope) is None
        for module in source.modules
        for rule in module.rules
        for found in walk(module, rule)
    )


class _Check:
    def __init__(self, source: Source, module: Module, shapes: Shapes) -> None:
        self._source = source
        self._module = module
        self._shapes = shapes
        self._is_test = is_test(module.file)
        self._checks: Mapping[str, Callable[[Found], Iterator[Problem]]] = {
            "ArithExpr": self._arithmetic,
            "AssignExpr": self._assignment,
            "Call": self._call,
            "Number": self._number,
            "SomeVars": self._some,
            CHAINED: self._chained,
            DECLARATION: self._declaration,
            REFERENCE: self._reference,
            WITH: self._with,
        }

    def problems(self) -> Iterator[Problem]:
        yield from self._imports()
        yield from self._definitions()
        for rule in self._module.rules:
            for found in walk(self._module, rule):
                yield from self._found(found)
        if not self._is_test:
            for line in self._shapes.unproven(self._module):
                yield self._problem(
                    line, "de regel loopt over iets wat misschien geen verzameling is; dan geven engines wat anders"
                )

    def _problem(self, line: int, message: str) -> Problem:
        return Problem(self._module.file, line, CHECK, message)

    # --- the file as a whole ---

    def _imports(self) -> Iterator[Problem]:
        names = Counter(imported.name for imported in self._module.imports)
        for imported in self._module.imports:
            shown = ".".join(imported.path)
            if imported.path == ("rego", "v1"):
                continue
            if imported.path[0] != ROOT or not self._may_import(imported.path[1:]):
                yield self._problem(imported.line, f"import van {shown} kan niet: alleen de regels van dit jaar zelf")
            elif names[imported.name] > 1:
                yield self._problem(imported.line, f"de naam {imported.name} wordt twee keer geïmporteerd")
            elif (*self._module.package, imported.name) in self._source.definitions:
                yield self._problem(imported.line, f"{imported.name} is ook de naam van een regel in dit bestand")

    def _may_import(self, path: Path) -> bool:
        return path == (*self._source.area, THRESHOLDS) or self._in_reach(path)

    def _in_reach(self, path: Path) -> bool:
        """Whether there is a package that this module may use; rules are without the packages of tests."""
        module = self._source.packages.get(path)
        return module is not None and (self._is_test or not is_test(module.file))

    def _definitions(self) -> Iterator[Problem]:
        for rule in self._module.rules:
            definitions = self._source.definitions[*self._module.package, rule.name]
            if rule.kind is Kind.DEFAULT and rule.arguments:
                yield self._problem(rule.line, f"{rule.name}: een functie kan geen default hebben")
            depth = 1 if rule.kind in (Kind.OBJECT, Kind.SET) else 0
            if len(rule.keys) > depth:
                yield self._problem(rule.line, f"{rule.name}: een regel heeft één naam, met hooguit één sleutel")
            if rule is not definitions[0] and _sort(rule) != _sort(definitions[0]):
                yield self._problem(rule.line, f"{rule.name} is eerder in het bestand iets anders")
            if rule.name.startswith("test_") and not self._is_test:
                yield self._problem(rule.line, f"{rule.name}: een test hoort in een bestand op _test.rego")

    # --- what is in a rule ---

    def _found(self, found: Found) -> Iterator[Problem]:
        if found.kind in _PLAIN:
            return
        check = self._checks.get(found.kind)
        if check is None:
            yield self._problem(found.line, f"deze schrijfwijze ({found.kind}) kan in regels niet worden gebruikt")
        else:
            yield from check(found)

    def _number(self, found: Found) -> Iterator[Problem]:
        span = found.node["span"]
        text = self._module.at(span)
        if not re.fullmatch(r"-?\d{1,15}", text):
            yield self._problem(found.line, f"{text} is geen geheel getal van ten hoogste 15 cijfers")

    def _arithmetic(self, found: Found) -> Iterator[Problem]:
        if found.node["op"] in ("Div", "Mod"):
            yield self._problem(found.line, "delen kan niet: een uitkomst kan een breuk zijn")

    def _assignment(self, found: Found) -> Iterator[Problem]:
        if found.node["op"] != "ColEq":
            yield self._problem(found.line, "gebruik := om een naam te geven en == om te vergelijken, niet =")

    def _some(self, found: Found) -> Iterator[Problem]:
        if self._module.file != f"{GATHERER}.rego":
            yield self._problem(found.line, "gebruik some … in: some zonder in zoekt in alles wat er is")

    def _chained(self, found: Found) -> Iterator[Problem]:
        yield self._problem(found.line, "schrijf een regel met twee voorwaarden uit als twee regels")

    def _declaration(self, found: Found) -> Iterator[Problem]:
        name = found.node
        known = {imported.name for imported in self._module.imports}
        if name in (INPUT, ROOT) or name in known or (*self._module.package, name) in self._source.definitions:
            yield self._problem(found.line, f"{name} is al een naam in dit bestand; kies een andere")

    def _with(self, found: Found) -> Iterator[Problem]:
        if not self._is_test:
            yield self._problem(found.line, "with kan alleen in een test")
            return
        target = self._source.resolve(self._module, found.node["refr"], frozenset())
        if target is None or (target.root == ROOT and not self._own(target.path)):
            yield self._problem(found.line, "with kan alleen input of de regels en drempels van dit jaar vervangen")

    def _reference(self, found: Found) -> Iterator[Problem]:
        yield from self._keywords(found)
        target = self._source.resolve(self._module, found.node, found.scope)
        if target is None:
            name = parts(reference(found.node)[0])[1]["value"]
            yield self._problem(
                found.line,
                "gebruik some … in om langs een verzameling te gaan, niet _"
                if name == "_"
                else f"{name} is hier geen bekende naam",
            )
        elif target.root == INPUT:
            yield from self._read_input(found, target)
        elif target.root == ROOT:
            yield from self._read_data(found, target)

    def _keywords(self, found: Found) -> Iterator[Problem]:
        for name, line in dotted(found.node):
            if name in _KEYWORDS:
                yield self._problem(line, f'{name} is een woord van Rego; schrijf ["{name}"]')

    def _read_input(self, found: Found, target: Target) -> Iterator[Problem]:
        first = target.path[:1]
        if not first or first[0] not in self._source.inputs:
            yield self._problem(found.line, f"lees van input alleen {', '.join(self._source.inputs)}")
        elif first[0] == "answers" and self._source.is_norm(self._module):
            yield self._problem(found.line, f"een norm leest antwoorden met een toets uit {LIBRARY}.rego")

    def _read_data(self, found: Found, target: Target) -> Iterator[Problem]:
        path = target.path
        if path[:3] == (*self._source.area, THRESHOLDS):
            return  # `thresholds` looks at these
        if path == self._source.area and self._module.file == f"{GATHERER}.rego":
            return
        rule = self._source.defined_by(path)
        shown = ".".join((ROOT, *path))
        if rule is None or not self._in_reach(rule[:-1]):
            package = next((path[:n] for n in range(len(path), 0, -1) if self._in_reach(path[:n])), None)
            if package == path:
                yield self._problem(found.line, f"{shown} is een heel pakket; noem een regel daaruit")
            elif package:
                yield self._problem(found.line, f"{shown} bestaat niet")
            else:
                yield self._problem(found.line, f"{shown} hoort niet bij de regels van dit jaar")
        elif self._source.function(rule):
            yield self._problem(found.line, f"{shown} is een functie en wordt hier niet aangeroepen")

    def _own(self, path: Path) -> bool:
        return path[:3] == (*self._source.area, THRESHOLDS) or self._source.defined_by(path) is not None

    # --- calls ---

    def _call(self, found: Found) -> Iterator[Problem]:
        name, given = _name(found.node), len(found.node["params"])
        target = self._source.resolve(self._module, found.node["fcn"], found.scope)
        if target is None:
            expected = (TESTS if self._is_test else RULES).get(name)
            if expected is None:
                yield self._problem(found.line, f"de functie {name} bestaat niet of mag hier niet worden gebruikt")
                return
            takes = {expected}
        else:
            functions = self._source.function(target.path) if target.root == ROOT else ()
            if not functions or not self._in_reach(target.path[:-1]):
                yield self._problem(found.line, f"de functie {name} bestaat niet")
                return
            takes = {len(rule.arguments) for rule in functions}
        if given not in takes:
            wanted = " of ".join(map(str, sorted(takes)))
            yield self._problem(found.line, f"{name} krijgt {given} argumenten in plaats van {wanted}")
        elif name == "sprintf":
            yield from self._sprintf(found)

    def _sprintf(self, found: Found) -> Iterator[Problem]:
        (kind, inner), (given, values) = map(parts, found.node["params"])
        if kind not in ("String", "RawString") or given != "Array":
            yield self._problem(found.line, "sprintf krijgt een vaste tekst en een lijst tussen rechte haken")
            return
        verbs = _VERBS.findall(inner["value"])
        odd = sorted({f"%{verb}" for verb in verbs if verb not in ("v", "d", "%")})
        if odd:
            yield self._problem(found.line, f"sprintf kent hier alleen %v, %d en %%, niet {', '.join(odd)}")
        elif len(values["items"]) != sum(verb != "%" for verb in verbs):
            yield self._problem(found.line, "sprintf krijgt niet zo veel waarden als de tekst er noemt")


def _sort(rule: Rule) -> tuple[Kind, int]:
    """What all definitions of a rule must have in common."""
    kind = rule.kind
    if kind is Kind.DEFAULT:
        kind = Kind.FUNCTION if rule.arguments else Kind.VALUE
    return kind, len(rule.arguments)


def _name(call: Any) -> str:
    start, keys = reference(call["fcn"])
    kind, inner = parts(start)
    first = str(inner["value"]) if kind == "Var" else "?"
    return ".".join((first, *(key if isinstance(key, str) else "?" for key in keys)))
