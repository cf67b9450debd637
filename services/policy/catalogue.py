"""The catalogue of norms, read from the METADATA above each norm: the single source of its title, text and level."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from services.policy.marked_yaml import InvalidYamlError, MarkedYaml, read_yaml
from services.policy.problems import Problem

METADATA = "metadata"
"""The check whose problems these are."""
_PACKAGE = re.compile(r"^package\s+(\S+)\s*$", re.MULTILINE)
_METADATA = re.compile(r"^# METADATA\n((?:#.*\n)+)(?=package\s)", re.MULTILINE)
_CUSTOM: Mapping[str, type] = {
    "code": str,
    "order": int,
    "level": str,
    "source": str,
    "remedy": str,
    "per_block": bool,
    "questions": list,
}
_OPTIONAL: Mapping[str, tuple[type, str]] = {
    # YAML reads 2028-07-01 as a date by itself.
    "effective_on": (date, "een datum zijn, zoals 2028-07-01"),
    "applies_conditionally": (bool, "true of false zijn"),
    "renamed_from": (str, "een tekst zijn"),
}
_KINDS = {str: "tekst", int: "geheel getal", bool: "true of false", list: "lijst"}


class Level(StrEnum):
    """What it means when the norm is not met."""

    VOORWAARDELIJK = "voorwaardelijk"
    NORM = "norm"
    AANBEVELING = "aanbeveling"


@dataclass(frozen=True, slots=True)
class Norm:
    """A norm as people see it. `stem` is the name of its file and package, `questions` are the ids that it reads."""

    code: str
    stem: str
    order: int
    level: Level
    title: str
    description: str
    source: str
    remedy: str
    per_block: bool
    questions: tuple[str, ...]
    effective_on: date | None = None
    """The day from which it counts; before that a miss only warns. None when it counts from the start."""
    applies_conditionally: bool = False
    """Whether it can be NIET_VAN_TOEPASSING although it is asked for the location as a whole."""
    renamed_from: str = ""
    """The title that it had in an earlier year, when it is still the same norm."""

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.stem}.rego"


def package_of(text: str) -> tuple[str, int]:
    """Return the package of a Rego module and its line, or the empty text and line 1 when it has none."""
    found = _PACKAGE.search(text)
    return (found[1], text.count("\n", 0, found.start()) + 1) if found else ("", 1)


def read_norm(stem: str, text: str) -> tuple[Norm | None, list[Problem]]:
    """Return the norm that the METADATA of a Rego module describes, and everything that is wrong with it.

    There is a norm exactly when nothing is wrong.
    """
    file = f"{stem}.rego"
    try:
        source = read_metadata(text)
    except InvalidYamlError as error:
        return None, [Problem(file, error.line, METADATA, str(error))]
    metadata = source.value
    custom = metadata["custom"] if isinstance(metadata.get("custom"), dict) else {}
    wrong = list(incomplete(metadata, custom, _CUSTOM, _OPTIONAL)) or list(_wrong(stem, custom))
    if wrong:
        return None, [Problem(file, source.line(*path), METADATA, message) for path, message in wrong]
    norm = Norm(
        code=custom["code"],
        stem=stem,
        order=custom["order"],
        level=Level(custom["level"]),
        title=metadata["title"].strip(),
        description=metadata["description"].strip(),
        source=custom["source"],
        remedy=custom["remedy"],
        per_block=custom["per_block"],
        questions=tuple(custom["questions"]),
        effective_on=custom.get("effective_on"),
        applies_conditionally=custom.get("applies_conditionally", False),
        renamed_from=custom.get("renamed_from", ""),
    )
    return norm, []


def metadata_line(text: str, *path: str | int) -> int:
    """Return the line in a Rego module of what keys and indices lead to in its METADATA, which can be read."""
    return read_metadata(text).line(*path)


def read_metadata(text: str) -> MarkedYaml:
    """Return the METADATA above the package of a Rego module: a mapping, with lines of the module.

    Raises InvalidYamlError when there is none.
    """
    found = _METADATA.search(text)
    if found is None:
        raise InvalidYamlError("er staat geen METADATA-blok direct boven package", package_of(text)[1])
    above = text.count("\n", 0, found.start(1))
    try:
        source = read_yaml("".join(line.removeprefix("#")[1:] for line in found[1].splitlines(keepends=True)))
    except InvalidYamlError as error:
        raise InvalidYamlError(f"METADATA is geen YAML: {error}", above + error.line) from error
    if not isinstance(source.value, dict):
        raise InvalidYamlError("METADATA is geen object", above)
    return replace(source, above=above)


def incomplete(
    metadata: Mapping[str, Any], custom: Mapping[str, Any], required: Mapping[str, type], optional: Collection[str] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what METADATA lacks or has too much, with the keys that lead there.

    `custom` is what it holds under that key, in which `required` must have these types.
    """
    if metadata.get("scope") != "package":
        yield ("scope",), "METADATA scope moet package zijn"
    for key in ("title", "description"):
        value = metadata.get(key)
        if not isinstance(value, str) or not value.strip():
            yield (key,), f"METADATA {key} ontbreekt of is leeg"
    for key, kind in required.items():
        value = custom.get(key)
        # type() and not isinstance(): true is no order number.
        if type(value) is not kind or (kind in (str, list) and not value):
            yield ("custom", key), f"METADATA custom.{key} ontbreekt, is leeg of is geen {_KINDS[kind]}"
    for key in sorted(map(str, custom.keys() - required.keys() - set(optional))):
        yield ("custom", key), f"METADATA custom.{key} is onbekend"


def _wrong(stem: str, custom: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if custom["level"] not in list(Level):
        yield ("custom", "level"), f"onbekend level {custom['level']}; kies uit {', '.join(Level)}"
    if custom["code"].lower().replace("-", "_") != stem:
        yield ("custom", "code"), f"code {custom['code']} past niet bij de naam van het bestand"
    for key, (kind, must) in _OPTIONAL.items():
        if key in custom and type(custom[key]) is not kind:
            yield ("custom", key), f"METADATA custom.{key} moet {must}"
    for index, question in enumerate(custom["questions"]):
        if not isinstance(question, str):
            yield ("custom", "questions", index), "METADATA custom.questions moet uit namen van vragen bestaan"
        elif question in custom["questions"][:index]:
            yield ("custom", "questions", index), f"vraag {question} staat er twee keer"
