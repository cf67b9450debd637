"""Which FHIR Encounter was at the SEH and which at the EHH: a hospital's own mapping, from a YAML file.

Class `EMER` does not tell the two apart; what does is agreed within the hospital. The file names it:

    visit_id: {system: "urn:oid:1.2.3"}        # optional: the identifier that all DBCs of one visit share
    seh:
      location: ["Location/seh"]               # a reference as it is written, or an identifier as system|value
      service_type: ["http://snomed.info/sct|310000008"]
      type: []
    ehh: {}                                    # nothing: there is no EHH

An Encounter fits a department when one of its locations or codes is listed there; it is never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KINDS = ("location", "service_type", "type")
MAX_BYTES = 1_000_000
MAX_KEYS = 10_000

Keys = Mapping[str, frozenset[str]]
"""For each of `KINDS` what makes an Encounter fit."""


@dataclass(frozen=True, slots=True)
class Departments:
    """The mapping; `visit_system` is the system of the identifier that makes Encounters one visit, or None."""

    seh: Keys
    ehh: Keys
    visit_system: str | None = None


class MappingProblems(Exception):  # noqa: N818 - it is all of them, and that is what its name says
    """A mapping file cannot be used: every fault, in Dutch."""

    def __init__(self, file: Path, problems: tuple[str, ...]) -> None:
        """Take the faults."""
        super().__init__(file, problems)
        self.file = file
        self.problems = problems

    def __str__(self) -> str:
        """Return every fault on a line of its own."""
        return "\n".join(f"{self.file}: {problem}" for problem in self.problems)


def read_departments(path: Path) -> Departments:
    """Read a mapping file.

    Raises `MappingProblems` with every fault of the file, and OSError.
    """
    problems: list[str] = []
    document = _document(path, problems)
    seh = _keys(document, "seh", problems)
    ehh = _keys(document, "ehh", problems)
    system = _visit_system(document.get("visit_id"), problems)
    problems.extend(f"{name}: onbekend" for name in map(str, document) if name not in ("seh", "ehh", "visit_id"))
    if not problems and not any(seh.values()):
        problems.append("seh: noem ten minste een location, service_type of type")
    for kind in KINDS:
        problems.extend(f"{kind} '{key}' staat bij seh en bij ehh" for key in sorted(seh[kind] & ehh[kind]))
    if problems:
        raise MappingProblems(path, tuple(problems))
    return Departments(seh, ehh, system)


def _document(path: Path, problems: list[str]) -> dict[Any, Any]:
    with path.open("rb") as source:
        content = source.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise MappingProblems(path, (f"bestand is groter dan {MAX_BYTES} bytes",))
    try:
        document = yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        raise MappingProblems(path, ("geen geldige YAML in UTF-8",)) from None
    if not isinstance(document, dict):
        raise MappingProblems(path, ("geen YAML met seh en ehh",))
    problems.extend(f"{name}: ontbreekt" for name in ("seh", "ehh") if name not in document)
    return document


def _keys(document: dict[Any, Any], department: str, problems: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = dict.fromkeys(KINDS, frozenset())
    part = document.get(department, {})
    if not isinstance(part, dict):
        problems.append(f"{department}: moet location, service_type en type bevatten, of {{}} zijn")
        return found
    for kind, keys in part.items():
        if kind not in KINDS:
            problems.append(f"{department}.{kind}: onbekend")
        elif not isinstance(keys, list) or len(keys) > MAX_KEYS:
            problems.append(f"{department}.{kind}: moet een lijst zijn van hoogstens {MAX_KEYS} teksten")
        else:
            problems.extend(_wrong_keys(f"{department}.{kind}", kind, keys))
            found[kind] = frozenset(key for key in keys if isinstance(key, str))
    return found


def _wrong_keys(where: str, kind: str, keys: list[Any]) -> list[str]:
    problems = []
    for number, key in enumerate(keys, start=1):
        if not isinstance(key, str) or not key.strip(" |"):
            problems.append(f"{where}[{number}]: moet een tekst zijn")
        elif kind != "location" and not key.partition("|")[2]:
            problems.append(f"{where}[{number}]: moet system|code zijn")
    return problems


def _visit_system(part: Any, problems: list[str]) -> str | None:
    if part is None:
        return None
    if not isinstance(part, dict) or set(part) != {"system"}:
        problems.append("visit_id: noem alleen system")
        return None
    system = part["system"]
    if not isinstance(system, str) or not system.strip():
        problems.append("visit_id.system: moet een tekst zijn")
        return None
    return system
