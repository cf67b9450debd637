"""The check `vragen`: what the norms read is what their METADATA says, and what the questionnaire asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from services.policy.catalogue import Norm, metadata_line
from services.policy.gate.source import ROOT, Path, Source
from services.policy.gate.walking import REFERENCE, Found, walk
from services.policy.problems import Problem
from services.policy.questionnaire_file import FILE, question_line
from services.policy.rego_ast import Kind, Module, Rule, line_of, parts
from services.policy.year import QUESTIONS as CHECK

_LIKE_A_QUESTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_ARGUMENT = "question"
"""The name of an argument that is the id of a question, in the building blocks and wherever else."""
FINDING = "finding"
Place = tuple[str, int]


class Reading:
    """Which questions each rule reads: the ids that stand in it, and in what it uses."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.unknown: dict[tuple[Place, str], None] = {}
        """What looks like the id of a question and is none, by its place."""
        self._ids: dict[Path, dict[str, Place]] = {}
        self._uses: dict[Path, set[Path]] = {}
        for module in source.rules:
            for rule in module.rules:
                self._rule(module, rule)

    def by(self, norm: Norm) -> Mapping[str, Place]:
        """Return the questions that a norm reads, each with a place where it does; its own file goes first."""
        area = self._source.area
        start = (*area, norm.stem, FINDING)
        seen, waiting = {start}, [start]
        found: dict[str, Place] = {}
        while waiting:
            path = waiting.pop(0)
            for question, place in self._ids.get(path, {}).items():
                if question not in found or (found[question][0] != norm.file and place[0] == norm.file):
                    found[question] = place
            fresh = sorted(self._uses.get(path, set()) - seen)
            seen.update(fresh)
            waiting += fresh
        return found

    def _rule(self, module: Module, rule: Rule) -> None:
        path = (*module.package, rule.name)
        ids, uses = self._ids.setdefault(path, {}), self._uses.setdefault(path, set())
        for found in walk(module, rule):
            for text, line, certain in self._texts(module, found):
                if self._source.policies and text in self._source.policies.questionnaire.by_id:
                    ids.setdefault(text, (module.file, line))
                elif certain:
                    self.unknown[(module.file, line), text] = None
            used = self._used(module, found)
            if used is not None:
                uses.add(used)

    def _texts(self, module: Module, found: Found) -> Iterator[tuple[str, int, bool]]:
        """The texts that may be ids of questions, and whether they must be."""
        if not self._source.is_norm(module):
            return
        if found.kind in ("String", "RawString"):
            text = found.node["value"]
            yield text, found.line, _LIKE_A_QUESTION.fullmatch(text) is not None
        elif found.kind == "Call":
            target = self._source.resolve(module, found.node["fcn"], found.scope)
            functions = self._source.function(target.path) if target and target.root == ROOT else ()
            for rule in functions[:1]:
                for named, given in zip(rule.arguments, found.node["params"], strict=False):
                    kind, inner = parts(given)
                    if kind in ("String", "RawString") and parts(named)[1].get("value") == _ARGUMENT:
                        yield inner["value"], line_of(given), True

    def _used(self, module: Module, found: Found) -> Path | None:
        if found.kind == REFERENCE:
            node = found.node
        elif found.kind == "Call":
            node = found.node["fcn"]
        else:
            return None
        target = self._source.resolve(module, node, found.scope)
        return self._source.defined_by(target.path) if target and target.root == ROOT else None


def check_questions(source: Source) -> Iterator[Problem]:
    """Yield every question that norms, METADATA and questionnaire do not agree about."""
    if source.policies is None:
        return
    reading = Reading(source)
    for (file, line), text in reading.unknown:
        yield Problem(file, line, CHECK, f"vraag {text} staat niet in de vragenlijst")
    somewhere: set[str] = set()
    for norm in source.norms:
        if norm.file in source.by_file:
            read = reading.by(norm)
            somewhere |= read.keys()
            yield from _declared(source, norm, read)
    for question in source.policies.questionnaire.questions:
        if question.information_only == (question.id in somewhere):
            message = (
                f"vraag {question.id} is information_only, maar een norm leest haar"
                if question.information_only
                else f"vraag {question.id} wordt door geen norm gelezen; zet er anders information_only: true bij"
            )
            yield Problem(FILE, question_line(source.texts[FILE], question.id), CHECK, message)


def _declared(source: Source, norm: Norm, read: Mapping[str, Place]) -> Iterator[Problem]:
    text = source.texts[norm.file]
    for index, question in enumerate(norm.questions):
        known = source.policies is not None and question in source.policies.questionnaire.by_id
        if known and question not in read:
            line = metadata_line(text, "custom", "questions", index)
            yield Problem(norm.file, line, CHECK, f"de norm leest vraag {question} niet, die zij in questions noemt")
    for question, (file, line) in read.items():
        if question not in norm.questions:
            own = line if file == norm.file else metadata_line(text, "custom", "questions")
            where = "" if file == norm.file else f" (in {file})"
            yield Problem(norm.file, own, CHECK, f"de norm leest vraag {question}{where}, die niet in questions staat")


def finding_line(module: Module) -> int:
    """Return the line of the finding of a norm, or of its package when it has none."""
    lines = [rule.line for rule in module.rules if rule.name == FINDING and rule.kind is not Kind.DEFAULT]
    return lines[0] if lines else module.package_line
