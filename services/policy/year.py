"""The rules of one year: a self-contained folder of norms, thresholds and questions.

The layout of `kwaliteitskader/<year>/`, with `<stem>` the code of a norm in lower case:

    <stem>.rego          a norm, package kwaliteitskader.y<year>.<stem>, with its METADATA
    <stem>_test.rego     its tests; no part of the rules
    lib.rego             what the norms are made of, package kwaliteitskader.y<year>.lib
    uitkomst.rego        gathers every finding, package kwaliteitskader.uitkomst.y<year>
    data.json            {"kwaliteitskader": {"y<year>": {"thresholds": {...}}}}
    questionnaire.yaml   the questions and the blocks

`data.json` spells out its whole path from the root of `data`. So one text serves this engine, `opa test` with the
folder as its root, and a bundle whose only `data.json` lies at the root of the bundle. A next year is made by copying
the folder and replacing `y<year>` and the two years in the questionnaire.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from json_source_map import calculate

from services.policy.catalogue import METADATA, Level, Norm, metadata_line, package_of, read_norm
from services.policy.engine import JsonValue, PolicyError
from services.policy.marked_yaml import read_yaml
from services.policy.model_problems import READING
from services.policy.problems import Problem
from services.policy.questionnaire import Questionnaire
from services.policy.questionnaire_file import FILE as QUESTIONNAIRE
from services.policy.questionnaire_file import read_questionnaire

__all__ = [
    "InvalidYearError",
    "Level",
    "Norm",
    "PolicyYear",
    "UnknownYearError",
    "YearParts",
    "load_year",
    "read_parts",
    "read_year",
]

KIND = "kwaliteitskader"
LIBRARY = "lib"
GATHERER = "uitkomst"
SHARED = (f"{LIBRARY}.rego", f"{GATHERER}.rego")
"""The rules that are those of no single norm."""
DATA = "data.json"
QUESTIONS = "vragen"
"""The check of problems between norms and questionnaire."""


class UnknownYearError(PolicyError):
    """There are no rules for the year."""

    def __init__(self, year: int) -> None:
        super().__init__(f"there are no rules for {year}")
        self.year = year


class InvalidYearError(PolicyError):
    """The folder of a year cannot be used; `problems` holds every reason, each with its file and line."""

    def __init__(self, year: int, problems: Sequence[Problem]) -> None:
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"de regels van {year} zijn niet te gebruiken:\n{listed}")
        self.year = year
        self.problems = tuple(problems)


@dataclass(frozen=True)
class PolicyYear:
    """The rules of one year. Can be pickled, so that another process can load the same rules.

    `revision` is the content digest of the rules (`sha256:...`), equal exactly when every file but the tests is equal;
    `modules` is Rego text by file name, without tests; `data` is the root of `data` in the engine.
    """

    year: int
    survey_year: int
    catalogue: tuple[Norm, ...]
    questionnaire: Questionnaire
    thresholds: Mapping[str, JsonValue]
    revision: str
    modules: Mapping[str, str]
    data: Mapping[str, JsonValue]

    @property
    def findings_path(self) -> str:
        """The path of the rule that holds the findings of every norm, by stem."""
        return f"data.{KIND}.{GATHERER}.y{self.year}.findings"

    def norm(self, code: str) -> Norm:
        """Return the norm with `code`. Raises KeyError when the catalogue has none."""
        for norm in self.catalogue:
            if norm.code == code:
                return norm
        raise KeyError(code)


def load_year(policies_dir: Path, year: int) -> PolicyYear:
    """Return the rules in `policies_dir/kwaliteitskader/<year>`.

    Raises UnknownYearError when there is no such folder, InvalidYearError with every problem when it cannot be used.
    """
    folder = policies_dir / KIND / str(year)
    if not folder.is_dir():
        raise UnknownYearError(year)
    return read_year(year, {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})


def read_year(year: int, files: Mapping[str, bytes]) -> PolicyYear:
    """Return the rules in `files`, which maps the name of each file in the folder of a year to its content.

    Raises InvalidYearError with every problem when they cannot be used.
    """
    parts = read_parts(year, files)
    if parts.problems or parts.policies is None:
        raise InvalidYearError(year, parts.problems)
    return parts.policies


@dataclass(frozen=True)
class YearParts:
    """What could be read of a year, and every problem.

    `texts` are the rules by the name of their file; `policies` lacks the norms that have a problem, and is None when
    there is no questionnaire to hold them against.
    """

    texts: Mapping[str, str]
    policies: PolicyYear | None
    problems: tuple[Problem, ...]


def read_parts(year: int, files: Mapping[str, bytes]) -> YearParts:
    """Return what can be read in `files`, as in `read_year`."""
    rules = {name: content for name, content in sorted(files.items()) if is_rule(name)}
    texts, problems = decoded(rules)
    catalogue = _catalogue(year, texts, problems)
    questionnaire = _questionnaire(year, texts, problems)
    data = read_data(KIND, year, texts, problems)
    if questionnaire is None:
        return YearParts(texts, None, tuple(problems))
    for norm in catalogue:
        for index, question in enumerate(norm.questions):
            if question not in questionnaire.by_id:
                line = metadata_line(texts[norm.file], "custom", "questions", index)
                problems.append(Problem(norm.file, line, QUESTIONS, f"vraag {question} staat niet in de vragenlijst"))
    policies = PolicyYear(
        year=year,
        survey_year=questionnaire.survey_year,
        catalogue=catalogue,
        questionnaire=questionnaire,
        thresholds=thresholds_in(KIND, year, data) or {},
        revision=_digest(rules),
        modules={name: text for name, text in texts.items() if name.endswith(".rego")},
        data=data,
    )
    return YearParts(texts, policies, tuple(problems))


def is_test(name: str) -> bool:
    """Whether a file holds tests of the rules."""
    return name.endswith("_test.rego")


def is_rule(name: str) -> bool:
    """Whether a file of the folder of a year is part of the rules."""
    return name.endswith((".rego", ".json", ".yaml")) and not is_test(name)


def _digest(files: Mapping[str, bytes]) -> str:
    # Each name and content goes in with its length, so that no two different sets can run together to the same bytes.
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def decoded(files: Mapping[str, bytes]) -> tuple[dict[str, str], list[Problem]]:
    """Return the text of each file that is UTF-8, and the problems of those that are not."""
    texts, problems = {}, []
    for name, content in files.items():
        try:
            texts[name] = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            problems.append(Problem(name, line, READING, "is geen UTF-8"))
    return texts, problems


def expected_package(kind: str, year: int, stem: str) -> str:
    """Return the package that the file with a stem must hold; `kind` is the folder of the year's folder."""
    return f"{kind}.{GATHERER}.y{year}" if stem == GATHERER else f"{kind}.y{year}.{stem}"


def misplaced(kind: str, year: int, name: str, text: str) -> Iterator[Problem]:
    """Yield the problem of a Rego file that does not hold the package that it must."""
    package = expected_package(kind, year, name.removesuffix(".rego"))
    found, line = package_of(text)
    if found != package:
        yield Problem(name, line, READING, f"package moet {package} zijn")


def without_shared(texts: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the shared files that are not there."""
    for name in SHARED:
        if name not in texts:
            yield _missing(name)


def _catalogue(year: int, texts: Mapping[str, str], problems: list[Problem]) -> tuple[Norm, ...]:
    norms: list[Norm] = []
    for name, text in texts.items():
        if not name.endswith(".rego"):
            continue
        problems += misplaced(KIND, year, name, text)
        if name not in SHARED:
            norm, wrong = read_norm(name.removesuffix(".rego"), text)
            problems += wrong
            norms += [norm] if norm else []
    problems += without_shared(texts)
    if not norms:
        problems.append(Problem(".", 0, READING, "er is geen enkele norm"))
    problems += _duplicates("code", [(norm.code, norm) for norm in norms], texts)
    problems += _duplicates("order", [(str(norm.order), norm) for norm in norms], texts)
    return tuple(sorted(norms, key=lambda norm: (norm.order, norm.code)))


def _missing(name: str) -> Problem:
    return Problem(name, 0, READING, "dit bestand ontbreekt")


def _duplicates(key: str, pairs: list[tuple[str, Norm]], texts: Mapping[str, str]) -> list[Problem]:
    first: dict[str, Norm] = {}
    problems = []
    for value, norm in pairs:
        if first.setdefault(value, norm) is not norm:
            line = metadata_line(texts[norm.file], "custom", key)
            problems.append(Problem(norm.file, line, METADATA, f"{key} {value} is al van {first[value].file}"))
    return problems


def _questionnaire(year: int, texts: Mapping[str, str], problems: list[Problem]) -> Questionnaire | None:
    if QUESTIONNAIRE not in texts:
        problems.append(_missing(QUESTIONNAIRE))
        return None
    questionnaire, wrong = read_questionnaire(texts[QUESTIONNAIRE])
    problems += wrong
    if questionnaire and questionnaire.year != year:
        line = read_yaml(texts[QUESTIONNAIRE]).line("year")
        problems.append(Problem(QUESTIONNAIRE, line, READING, f"het jaar is {questionnaire.year} en niet {year}"))
    return questionnaire


def read_data(kind: str, year: int, texts: Mapping[str, str], problems: list[Problem]) -> dict[str, JsonValue]:
    """Return the root of `data` in the file with thresholds; empty, with a problem more, when it cannot be used."""
    if DATA not in texts:
        problems.append(_missing(DATA))
        return {}
    try:
        data = json.loads(texts[DATA], parse_constant=_no_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        problems.append(Problem(DATA, error.lineno, READING, f"is geen JSON: {error.msg}"))
        return {}
    except (ValueError, RecursionError) as error:
        problems.append(Problem(DATA, 0, READING, f"is geen JSON: {error}"))
        return {}
    if not isinstance(data, dict) or not thresholds_in(kind, year, data):
        problems.append(Problem(DATA, 1, READING, f"{kind}.y{year}.thresholds ontbreekt"))
        return {}
    return data


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is geen getal")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that is written twice is a mistake instead of the last one winning."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key} staat er twee keer")
        found[key] = value
    return found


def data_line(text: str, *path: str | int) -> int:
    """Return the line in `data.json`, which is JSON, of what keys and indices lead to; 1 when it is not there."""
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
    entry: Any = calculate(text).get(pointer)
    if entry is None:
        return 1
    return int((entry.key_start or entry.value_start).line) + 1


def thresholds_in(kind: str, year: int, data: JsonValue) -> Mapping[str, JsonValue] | None:
    """Return the thresholds in the root of `data`, None when there are none."""
    for key in (kind, f"y{year}", "thresholds"):
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else None
