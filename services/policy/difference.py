"""What differs between the rules of two years, or between two editions of one year.

Norms are compared by their code, questions and blocks by their id. Logic is compared without comments, blank lines and
the year in its names, so that a copied year does not differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.policy.catalogue import Norm
from services.policy.engine import JsonValue
from services.policy.new_year import with_year
from services.policy.questionnaire import Block, Period, Question, QuestionType
from services.policy.year import GATHERER, KIND, LIBRARY, PolicyYear

LOGIC = "logica"
THRESHOLD = "drempel"
ANSWER_KINDS: Mapping[QuestionType, str] = {
    QuestionType.ALTIJD: "altijd of niet altijd",
    QuestionType.BOOLEAN: "ja of nee",
    QuestionType.INTEGER: "een geheel getal",
    QuestionType.CHOICE: "een keuze",
    QuestionType.MINUTES_BY_SPECIALISM: "minuten per specialisme",
}
_WEEKDAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
_IMPORT = re.compile(rf"\bdata\.{KIND}\.y\w+\.(\w+)")
_THRESHOLD = re.compile(r"\bthresholds((?:\.\w+)+)")
_CODE = re.compile(r'("(?:\\.|[^"\\\n])*"|`[^`]*`)|#[^\n]*')
"""A text in Rego, or a comment; a `#` in a text starts no comment."""


class Change(StrEnum):
    """What became of something."""

    ADDED = "toegevoegd"
    REMOVED = "vervallen"
    CHANGED = "gewijzigd"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing about a norm or question that differs: what it is in Dutch, and both as text; empty when absent."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One norm, question, block or shared part that differs.

    `name` is its code, id or file and `title` what people call it, that of the later year when both have it. `parts`
    are what changed, or all that was added or has gone. `reaches` are the codes of the norms that it touches.
    """

    name: str
    title: str
    change: Change
    parts: tuple[Part, ...]
    reaches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class YearDifference:
    """What differs between the year `before` and the year `after`. `shared` is what no single norm or question holds:
    the library, what gathers the findings, the specialisms, and data that no norm reads."""

    before: int
    after: int
    norms: tuple[Difference, ...] = ()
    questions: tuple[Difference, ...] = ()
    blocks: tuple[Difference, ...] = ()
    shared: tuple[Difference, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.norms or self.questions or self.blocks or self.shared)

    def norm(self, code: str) -> Difference | None:
        """Return what differs for the norm with `code`, or None when nothing does."""
        return next((norm for norm in self.norms if norm.name == code), None)


def difference(before: PolicyYear, after: PolicyYear) -> YearDifference:
    """Return what differs between two years: norms, questions and blocks in the order of the later year, with those
    that have gone behind them."""
    return YearDifference(
        before=before.year,
        after=after.year,
        norms=_differences(_norms(before), _norms(after), _readers(before, after)),
        questions=_differences(_questions(before), _questions(after), _askers(before, after)),
        blocks=_differences(_blocks(before), _blocks(after), {}),
        shared=tuple(_shared(before, after)),
    )


def thresholds_of(policy_year: PolicyYear, norm: Norm) -> dict[str, JsonValue]:
    """Return the thresholds that the code of a norm reads, by their path as in `c10.minuten`."""
    read = [path[1:] for path in _THRESHOLD.findall(_code(policy_year, norm.stem))]
    return {
        path: value
        for path, value in _thresholds(policy_year).items()
        if any(path == found or path.startswith(f"{found}.") for found in read)
    }


_Items = Mapping[str, tuple[str, dict[str, str]]]
"""By name: the title, and the text of each part by its name."""


def _differences(before: _Items, after: _Items, reaches: Mapping[str, tuple[str, ...]]) -> tuple[Difference, ...]:
    found = []
    for name in [*after, *(name for name in before if name not in after)]:
        change = Change.ADDED if name not in before else Change.REMOVED if name not in after else Change.CHANGED
        _, old = before.get(name, ("", {}))
        title, new = after.get(name) or before[name]
        parts = tuple(_parts(old, new if name in after else {}))
        if parts:
            found.append(Difference(name, title, change, parts, reaches.get(name, ())))
    return tuple(found)


def _parts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Part]:
    for name in [*after, *(name for name in before if name not in after)]:
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield Part(name, old, new)


def _norms(policy_year: PolicyYear) -> _Items:
    return {norm.code: (norm.title, _norm_parts(policy_year, norm)) for norm in policy_year.catalogue}


def _norm_parts(policy_year: PolicyYear, norm: Norm) -> dict[str, str]:
    return {
        "titel": norm.title,
        "tekst": norm.description,
        "niveau": str(norm.level),
        "geldt vanaf": f"{norm.effective_on:%d-%m-%Y}" if norm.effective_on else "",
        "per tijdblok": _yes(norm.per_block),
        "vragen": "\n".join(norm.questions),
        **{f"{THRESHOLD} {path}": _shown(value) for path, value in thresholds_of(policy_year, norm).items()},
        "bron": norm.source,
        "herstel": norm.remedy,
        "volgorde": str(norm.order),
        LOGIC: _code(policy_year, norm.stem),
    }


def _questions(policy_year: PolicyYear) -> _Items:
    return {question.id: (question.text, _question_parts(question)) for question in policy_year.questionnaire.questions}


def _question_parts(question: Question) -> dict[str, str]:
    return {
        "vraag": question.text,
        "soort antwoord": ANSWER_KINDS[question.type],
        "keuzes": "\n".join(question.options),
        "per tijdblok": _yes(question.per_block),
        "toelichting": question.help,
        "alleen ter informatie": "ja" if question.information_only else "",
    }


def _blocks(policy_year: PolicyYear) -> _Items:
    return {block.id: (block.text, _block_parts(block)) for block in policy_year.questionnaire.blocks}


def _block_parts(block: Block) -> dict[str, str]:
    return {"omschrijving": block.text, "perioden": "\n".join(map(_period, block.periods)) or "de rest van de week"}


def _period(period: Period) -> str:
    days = " ".join(_WEEKDAYS[day - 1] for day in period.weekdays)
    opens, closes = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (period.opens, period.closes))
    return f"{days} {opens}-{closes}"


def _shared(before: PolicyYear, after: PolicyYear) -> Iterator[Difference]:
    everyone = tuple(norm.code for norm in after.catalogue)
    files = {f"{stem}.rego": stem for stem in (LIBRARY, GATHERER)}
    old, new = (
        {name: (name, {LOGIC: _code(policy_year, stem)}) for name, stem in files.items()}
        for policy_year in (before, after)
    )
    yield from _differences(old, new, dict.fromkeys(files, everyone))
    old, new = ({"data.json": ("data.json", _loose_data(policy_year))} for policy_year in (before, after))
    yield from _differences(old, new, {})
    old, new = (
        {"questionnaire.yaml": ("questionnaire.yaml", _general(policy_year))} for policy_year in (before, after)
    )
    yield from _differences(old, new, {})


def _loose_data(policy_year: PolicyYear) -> dict[str, str]:
    """Data that is no threshold of a norm."""
    read = {path for norm in policy_year.catalogue for path in thresholds_of(policy_year, norm)}
    return {
        ".".join(path): _shown(value)
        for path, value in _leaves(policy_year)
        if path[:3] != _THRESHOLDS or ".".join(path[3:]) not in read
    }


def _general(policy_year: PolicyYear) -> dict[str, str]:
    questionnaire = policy_year.questionnaire
    return {
        "specialismen": "\n".join(questionnaire.specialisms),
        "jaren tussen uitvraag en beleidsjaar": str(policy_year.year - questionnaire.survey_year),
    }


_THRESHOLDS = (KIND, "yJAAR", "thresholds")


def _thresholds(policy_year: PolicyYear) -> dict[str, JsonValue]:
    return {".".join(path[3:]): value for path, value in _leaves(policy_year) if path[:3] == _THRESHOLDS}


def _leaves(policy_year: PolicyYear) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    def walk(path: tuple[str, ...], value: JsonValue) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
        if isinstance(value, Mapping) and value:
            for key, inner in value.items():
                yield from walk((*path, with_year(key, policy_year.year, "JAAR")), inner)
        else:
            yield path, value

    return walk((), policy_year.data)


def _code(policy_year: PolicyYear, stem: str) -> str:
    """The code of a module without what has no meaning: comments, blank lines and the year in names."""
    bare = _CODE.sub(lambda found: found[1] or "", policy_year.modules[f"{stem}.rego"])
    lines = (line.rstrip() for line in bare.splitlines())
    return with_year("\n".join(line for line in lines if line), policy_year.year, "JAAR")


def _readers(before: PolicyYear, after: PolicyYear) -> dict[str, tuple[str, ...]]:
    """By code of a norm, the other norms whose code reads it, in either year."""
    readers: dict[str, list[str]] = {}
    for policy_year in (before, after):
        codes = {norm.stem: norm.code for norm in policy_year.catalogue}
        for stem, code in codes.items():
            for imported in _IMPORT.findall(_code(policy_year, stem)):
                readers.setdefault(codes.get(imported, ""), []).append(code)
    return {code: tuple(name for name in dict.fromkeys(found) if name != code) for code, found in readers.items()}


def _askers(before: PolicyYear, after: PolicyYear) -> dict[str, tuple[str, ...]]:
    """By question, the norms that read it in either year."""
    askers: dict[str, list[str]] = {}
    for policy_year in (before, after):
        for norm in policy_year.catalogue:
            for question in norm.questions:
                askers.setdefault(question, []).append(norm.code)
    return {question: tuple(dict.fromkeys(codes)) for question, codes in askers.items()}


def _shown(value: JsonValue) -> str:
    if isinstance(value, list):
        return "\n".join(map(_shown, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _yes(value: bool) -> str:
    return "ja" if value else "nee"
