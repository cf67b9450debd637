"""The check `drempels`: what a norm holds answers against comes from `data.json`, and all of that is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.policy.engine import JsonValue
from services.policy.gate import subset
from services.policy.gate.source import ROOT, THRESHOLDS, Source
from services.policy.gate.walking import REFERENCE, Found, walk
from services.policy.model_problems import READING
from services.policy.problems import Problem
from services.policy.rego_ast import Module
from services.policy.year import DATA, data_line, is_test

CHECK = "drempels"
_SHARED_NUMBERS = ("0", "1")
"""What building blocks and conditions count with; anything else is a threshold."""


def check_thresholds(source: Source) -> Iterator[Problem]:
    """Yield every threshold in the wrong place, that is not there, or that nobody reads."""
    if source.thresholds is None:
        return
    yield from _data(source)
    read: set[tuple[str, str, str]] = set()
    choices = _choices(source)
    for module in source.modules:
        for rule in module.rules:
            for found in walk(module, rule):
                yield from _literal(source, module, found, choices)
                yield from _reference(source, module, found, read)
    for stem, thresholds in source.thresholds.items():
        for key in thresholds if isinstance(thresholds, Mapping) else ():
            if (f"{stem}.rego", stem, key) not in read and stem in source.stems:
                line = _line(source, stem, key)
                yield Problem(DATA, line, CHECK, f"drempel {stem}.{key} wordt door {stem}.rego niet gelezen")


def _data(source: Source) -> Iterator[Problem]:
    text, path = source.texts[DATA], (*source.area, THRESHOLDS)
    data: JsonValue = source.data
    for length, key in enumerate(path):
        assert isinstance(data, Mapping)
        for other in data.keys() - {key}:
            line = data_line(text, *path[:length], other)
            yield Problem(DATA, line, READING, f"{other} hoort hier niet: alleen {'.'.join(path)}")
        data = data[key]
    # A norm whose METADATA is wrong is still a file with its thresholds.
    stems = {module.file.removesuffix(".rego") for module in source.rules if source.is_norm(module)}
    for stem, thresholds in (source.thresholds or {}).items():
        if stem not in stems:
            yield Problem(DATA, _line(source, stem), CHECK, f"er is geen norm {stem} voor deze drempels")
        elif not isinstance(thresholds, Mapping) or not thresholds:
            yield Problem(DATA, _line(source, stem), CHECK, f"{stem} moet een object met drempels zijn")
        else:
            for key, value in thresholds.items():
                yield from _value(source, (stem, key), value)


def _value(source: Source, path: tuple[str | int, ...], value: JsonValue) -> Iterator[Problem]:
    name = ".".join(map(str, path))
    if isinstance(value, float):
        yield Problem(DATA, _line(source, *path), subset.CHECK, f"drempel {name} is geen geheel getal")
    elif isinstance(value, int) and abs(value) >= 10**15:
        yield Problem(DATA, _line(source, *path), subset.CHECK, f"drempel {name} heeft meer dan 15 cijfers")
    elif value is None:
        yield Problem(DATA, _line(source, *path), CHECK, f"drempel {name} is leeg")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _value(source, (*path, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _value(source, (*path, index), inner)


def _line(source: Source, *path: str | int) -> int:
    return data_line(source.texts[DATA], *source.area, THRESHOLDS, *path)


def _choices(source: Source) -> frozenset[str]:
    """What a hospital can choose from: an answer that a norm accepts or not."""
    if source.policies is None:
        return frozenset()
    questionnaire = source.policies.questionnaire
    options = (option for question in questionnaire.questions for option in question.options)
    return frozenset((*options, *questionnaire.specialisms))


def _literal(source: Source, module: Module, found: Found, choices: frozenset[str]) -> Iterator[Problem]:
    """A number that is written in a rule, or a choice that a question leaves."""
    if found.kind == "Number" and not is_test(module.file):
        text = module.at(found.node["span"])
        if (source.holds_norms and source.is_norm(module)) or text not in _SHARED_NUMBERS:
            yield Problem(module.file, found.line, CHECK, f"het getal {text} hoort als drempel in {DATA}")
    elif found.kind in ("String", "RawString") and source.is_norm(module) and found.node["value"] in choices:
        yield Problem(
            module.file, found.line, CHECK, f'het antwoord "{found.node["value"]}" hoort als drempel in {DATA}'
        )


def _reference(source: Source, module: Module, found: Found, read: set[tuple[str, str, str]]) -> Iterator[Problem]:
    if found.kind != REFERENCE:
        return
    target = source.resolve(module, found.node, found.scope)
    if target is None or target.root != ROOT or target.path[:3] != (*source.area, THRESHOLDS):
        return
    named = target.path[3:5]
    if len(named) < 2:
        yield Problem(module.file, found.line, CHECK, f"noem een drempel voluit: {THRESHOLDS}.<norm>.<naam>")
        return
    stem, key = named
    read.add((module.file, stem, key))
    thresholds = (source.thresholds or {}).get(stem)
    if not isinstance(thresholds, Mapping) or key not in thresholds:
        yield Problem(module.file, found.line, CHECK, f"drempel {stem}.{key} staat niet in {DATA}")
