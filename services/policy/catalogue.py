"""The catalogue of norms, read from the METADATA above each norm: the single source of its title, text and level."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml

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


def package_of(text: str) -> str:
    """Return the package of a Rego module, or the empty text when it has none."""
    found = _PACKAGE.search(text)
    return found[1] if found else ""


def read_norm(stem: str, text: str) -> tuple[Norm | None, list[str]]:
    """Return the norm that the METADATA of a Rego module describes, and everything that is wrong with it.

    There is a norm exactly when nothing is wrong.
    """
    metadata, problems = _metadata(text)
    if problems:
        return None, problems
    custom = metadata["custom"] if isinstance(metadata.get("custom"), dict) else {}
    problems = _incomplete(metadata, custom) or _wrong(stem, custom)
    if problems:
        return None, problems
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
    )
    return norm, []


def _metadata(text: str) -> tuple[dict[str, Any], list[str]]:
    found = _METADATA.search(text)
    if found is None:
        return {}, ["no METADATA block directly above the package"]
    try:
        metadata = yaml.safe_load("".join(line.removeprefix("#")[1:] for line in found[1].splitlines(keepends=True)))
    except yaml.YAMLError as reason:
        return {}, [f"METADATA is not YAML: {' '.join(str(reason).split())}"]
    return (metadata, []) if isinstance(metadata, dict) else ({}, ["METADATA is not a mapping"])


def _incomplete(metadata: Mapping[str, Any], custom: Mapping[str, Any]) -> list[str]:
    problems = [] if metadata.get("scope") == "package" else ["METADATA scope must be package"]
    for key in ("title", "description"):
        value = metadata.get(key)
        if not isinstance(value, str) or not value.strip():
            problems.append(f"METADATA {key} is missing or empty")
    for key, kind in _CUSTOM.items():
        value = custom.get(key)
        # type() and not isinstance(): true is no order number.
        if type(value) is not kind or (kind in (str, list) and not value):
            problems.append(f"METADATA custom.{key} is missing, empty or not a {kind.__name__}")
    return problems


def _wrong(stem: str, custom: Mapping[str, Any]) -> list[str]:
    problems = []
    if custom["level"] not in list(Level):
        problems.append(f"unknown level {custom['level']}")
    if custom["code"].lower().replace("-", "_") != stem:
        problems.append(f"code {custom['code']} does not match the name of the file")
    if not all(isinstance(question, str) for question in custom["questions"]):
        problems.append("METADATA custom.questions must be ids")
    return problems
