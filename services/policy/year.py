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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.policy.catalogue import Level, Norm, package_of, read_norm
from services.policy.engine import JsonValue, PolicyError
from services.policy.questionnaire import Questionnaire
from services.policy.questionnaire_file import read_questionnaire

__all__ = ["InvalidYearError", "Level", "Norm", "PolicyYear", "UnknownYearError", "load_year", "read_year"]

KIND = "kwaliteitskader"
LIBRARY = "lib"
GATHERER = "uitkomst"


class UnknownYearError(PolicyError):
    """There are no rules for the year."""

    def __init__(self, year: int) -> None:
        super().__init__(f"there are no rules for {year}")
        self.year = year


class InvalidYearError(PolicyError):
    """The folder of a year cannot be used; `problems` holds every reason, each with its file."""

    def __init__(self, year: int, problems: list[str]) -> None:
        super().__init__(f"the rules for {year} cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))
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
    rules = {name: content for name, content in sorted(files.items()) if _is_rule(name)}
    texts, problems = _decode(rules)
    catalogue = _catalogue(year, texts, problems)
    questionnaire = _questionnaire(year, texts, problems)
    data = _data(year, texts, problems)
    if questionnaire is not None:
        problems += [
            f"{norm.stem}.rego: question {question} is not in the questionnaire"
            for norm in catalogue
            for question in norm.questions
            if question not in questionnaire.by_id
        ]
    if problems or questionnaire is None:
        raise InvalidYearError(year, problems)
    return PolicyYear(
        year=year,
        survey_year=questionnaire.survey_year,
        catalogue=catalogue,
        questionnaire=questionnaire,
        thresholds=_thresholds(year, data) or {},
        revision=_digest(rules),
        modules={name: text for name, text in texts.items() if name.endswith(".rego")},
        data=data,
    )


def _is_rule(name: str) -> bool:
    return name.endswith((".rego", ".json", ".yaml")) and not name.endswith("_test.rego")


def _digest(files: Mapping[str, bytes]) -> str:
    # Each name and content goes in with its length, so that no two different sets can run together to the same bytes.
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def _decode(files: Mapping[str, bytes]) -> tuple[dict[str, str], list[str]]:
    texts, problems = {}, []
    for name, content in files.items():
        try:
            texts[name] = content.decode("utf-8")
        except UnicodeDecodeError:
            problems.append(f"{name}: not UTF-8")
    return texts, problems


def _catalogue(year: int, texts: Mapping[str, str], problems: list[str]) -> tuple[Norm, ...]:
    norms: list[Norm] = []
    expected = {LIBRARY: f"{KIND}.y{year}.{LIBRARY}", GATHERER: f"{KIND}.{GATHERER}.y{year}"}
    for name, text in texts.items():
        if not name.endswith(".rego"):
            continue
        stem = name.removesuffix(".rego")
        package = expected.get(stem, f"{KIND}.y{year}.{stem}")
        if package_of(text) != package:
            problems.append(f"{name}: the package must be {package}")
        if stem not in expected:
            norm, wrong = read_norm(stem, text)
            problems += [f"{name}: {reason}" for reason in wrong]
            norms += [norm] if norm else []
    problems += [f"{stem}.rego is missing" for stem in expected if f"{stem}.rego" not in texts]
    if not norms:
        problems.append("there is no norm")
    problems += _duplicates("code", [(norm.code, norm.stem) for norm in norms])
    problems += _duplicates("order", [(str(norm.order), norm.stem) for norm in norms])
    return tuple(sorted(norms, key=lambda norm: (norm.order, norm.code)))


def _duplicates(what: str, pairs: list[tuple[str, str]]) -> list[str]:
    stems: dict[str, list[str]] = {}
    for value, stem in pairs:
        stems.setdefault(value, []).append(stem)
    return [f"{what} {value} is used by {', '.join(s)}" for value, s in stems.items() if len(s) > 1]


def _questionnaire(year: int, texts: Mapping[str, str], problems: list[str]) -> Questionnaire | None:
    name = "questionnaire.yaml"
    if name not in texts:
        problems.append(f"{name} is missing")
        return None
    questionnaire, wrong = read_questionnaire(texts[name])
    problems += [f"{name}: {reason}" for reason in wrong]
    if questionnaire and questionnaire.year != year:
        problems.append(f"{name}: the year is {questionnaire.year}")
    return questionnaire


def _data(year: int, texts: Mapping[str, str], problems: list[str]) -> dict[str, JsonValue]:
    name = "data.json"
    try:
        data = json.loads(texts[name])
    except KeyError:
        problems.append(f"{name} is missing")
        return {}
    except ValueError as reason:
        problems.append(f"{name}: not JSON: {reason}")
        return {}
    if not isinstance(data, dict) or not _thresholds(year, data):
        problems.append(f"{name}: {KIND}.y{year}.thresholds is missing")
        return {}
    return data


def _thresholds(year: int, data: JsonValue) -> Mapping[str, JsonValue] | None:
    for key in (KIND, f"y{year}", "thresholds"):
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else None
