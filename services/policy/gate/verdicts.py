"""The check `oordelen`: every norm can give each of its verdicts, and always gives one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

import regorus

from services.policy.assess import Finding, InvalidFindingsError, Verdict, read_findings
from services.policy.catalogue import Norm
from services.policy.embedded import ask, new_engine, value_of
from services.policy.engine import JsonValue, PolicyError, PolicyLoadError, UndefinedResultError
from services.policy.gate.engine_errors import engine_problem
from services.policy.gate.inputs import Case, Search, variables
from services.policy.gate.questions import FINDING, Reading, finding_line
from services.policy.gate.source import Source
from services.policy.problems import Problem
from services.policy.year import DATA, GATHERER, PolicyYear

CHECK = "oordelen"
MOST_FIRST = 3000
"""Evaluations of one norm at most before it is judged by what it gave."""
MOST_MORE = 4000
"""On top of that when a verdict is missing."""
Before = Callable[[str, str, int], None]
"""Told what is evaluated, and its file and line."""


def check_verdicts(source: Source, before: Before) -> Iterator[Problem]:
    """Yield the norms that do not give each of their verdicts, or something else than a finding."""
    policies = source.policies
    if policies is None or DATA not in source.texts:
        return
    modules = {module.file: module.content.decode() for module in source.rules}
    try:
        engine = new_engine(modules, source.texts[DATA])
    except PolicyLoadError as error:
        yield engine_problem(str(error), CHECK, DATA, 0)
        return
    reading = Reading(source)
    for norm in source.norms:
        if norm.file in source.by_file:
            yield from _Norm(source, policies, norm, engine, before).problems(reading)


class _Wrong(Exception):  # noqa: N818 - what is wrong with a norm, on its way to a problem
    """An evaluation gave no finding."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _Norm:
    def __init__(
        self, source: Source, policies: PolicyYear, norm: Norm, engine: regorus.Engine, before: Before
    ) -> None:
        self._source = source
        self._policies = policies
        self._alone = replace(policies, catalogue=(norm,))
        self._norm = norm
        self._engine = engine
        self._before = before
        self._line = finding_line(source.by_file[norm.file])
        self._path = ".".join(("data", *source.area, norm.stem, FINDING))
        self._asked: set[str] = set()
        self._read: dict[str, None] = {}

    def problems(self, reading: Reading) -> Iterator[Problem]:
        questions = dict.fromkeys((*self._norm.questions, *reading.by(self._norm)))
        search = Search(
            self._policies.questionnaire, variables(self._policies.questionnaire, questions, self._numbers())
        )
        expected = set(Verdict)
        if not (self._norm.per_block or self._norm.applies_conditionally):
            expected.remove(Verdict.NIET_VAN_TOEPASSING)
        try:
            given = self._given(search, expected)
        except _Wrong as wrong:
            yield wrong.problem
            return
        for verdict in sorted(expected - given):
            yield self._problem(f"norm {self._norm.code} geeft bij geen enkel antwoord het oordeel {verdict}")
        for verdict in sorted(given - expected):
            must = "zet per_block of applies_conditionally in METADATA op true"
            yield self._problem(f"norm {self._norm.code} geeft soms {verdict}; {must}")
        for question in self._read:
            if question not in questions:
                yield self._problem(f"norm {self._norm.code} toont een feit over {question}, dat zij niet noemt")

    def _given(self, search: Search, expected: set[Verdict]) -> set[Verdict]:
        """The verdicts that the norm gives. Raises _Wrong."""
        given: dict[Verdict, Case] = {}
        for case in islice(search.first(), MOST_FIRST):
            self._try(search, case, given)
        for case in islice(search.more(), MOST_MORE):
            if expected <= given.keys():
                break
            self._try(search, case, given)
        for case in given.values():
            self._whole(case)
        return set(given)

    def _problem(self, message: str) -> Problem:
        return Problem(self._norm.file, self._line, CHECK, message)

    def _numbers(self) -> list[int]:
        """The thresholds that are numbers: those of the norm itself, and of what it uses."""
        used = {imported.path[1:] for imported in self._source.by_file[self._norm.file].imports}
        modules = (module for module in self._source.rules if module.package in used and self._source.is_norm(module))
        stems = {self._norm.stem, *(module.file.removesuffix(".rego") for module in modules)}
        return [number for stem in sorted(stems) for number in _integers(self._policies.thresholds.get(stem))]

    def _try(self, search: Search, case: Case, given: dict[Verdict, Case]) -> None:
        document = json.dumps(case.document(self._policies.year))
        if document in self._asked:
            return
        self._asked.add(document)
        self._before(f"het oordeel van {self._norm.code}", self._norm.file, self._line)
        finding = self._finding(document)
        search.learn(case, finding)
        given.setdefault(finding.verdict, case)
        self._read |= dict.fromkeys(fact.question for fact in finding.facts)

    def _finding(self, document: str) -> Finding:
        try:
            value = value_of(ask(self._engine, self._path, document), self._path)
            return read_findings(self._alone, {self._norm.stem: value})[0]
        except UndefinedResultError as error:
            raise _Wrong(self._problem(f"norm {self._norm.code} geeft geen oordeel bij {_shown(document)}")) from error
        except InvalidFindingsError as error:
            message = f"norm {self._norm.code} geeft iets anders dan een oordeel met feiten bij {_shown(document)}"
            raise _Wrong(self._problem(message)) from error
        except PolicyError as error:
            raise _Wrong(engine_problem(str(error), CHECK, self._norm.file, self._line)) from error

    def _whole(self, case: Case) -> None:
        """All norms together must say what the norm says alone."""
        document = json.dumps(case.document(self._policies.year))
        alone = self._finding(document)
        file, path = f"{GATHERER}.rego", self._policies.findings_path
        self._before("alle oordelen samen", file, 0)
        try:
            value = value_of(ask(self._engine, path, document), path)
        except PolicyError as error:
            raise _Wrong(engine_problem(str(error), CHECK, file, 0)) from error
        findings = value if isinstance(value, Mapping) else {}
        found = findings.get(self._norm.stem)
        if found is None or read_findings(self._alone, {self._norm.stem: found})[0] != alone:
            message = f"{path} geeft voor {self._norm.code} iets anders dan de norm zelf bij {_shown(document)}"
            raise _Wrong(Problem(file, 0, CHECK, message))
        stems = {module.file.removesuffix(".rego") for module in self._source.rules if self._source.is_norm(module)}
        odd = ", ".join(sorted(findings.keys() - stems))
        if odd:
            raise _Wrong(Problem(file, 0, CHECK, f"{path} geeft ook een oordeel voor wat geen norm is: {odd}"))


def _integers(value: JsonValue) -> Iterator[int]:
    if isinstance(value, Mapping):
        yield from chain.from_iterable(map(_integers, value.values()))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_integers, value))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


def _shown(document: str) -> str:
    read = json.loads(document)
    answers = json.dumps(read["answers"], ensure_ascii=False)
    return f"open_blocks {read['open_blocks']} en answers {answers if len(answers) <= 300 else answers[:300] + '…'}"
