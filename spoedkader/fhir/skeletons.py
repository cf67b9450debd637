"""The skeleton of an entry: its text without the values that can differ between entries that are written alike.

Left out is each ` value="..."` of which no character means anything in XML: whatever stands there, XML reads the same
around it. So a skeleton is read once, with a mark in each such place, and where a mark then turns up, there each entry
has its own value.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from spoedkader.fhir.xmls import encounter_in

if TYPE_CHECKING:
    import polars as pl

MARK = "\ue000"
"""What marks begin with: a character for private use. A skeleton that has it itself has too many marks."""
COPIED = ("visit_id", "status", "start", "end", "patient")
"""The raw values that are copied: nothing depends on them but whether they are empty, and no mark is."""

_COPIED = {".id", ".identifier.value", ".status", ".period.start", ".period.end", ".subject.reference"}
_NO_XML = r"\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}"
_VALUE = rf' value="[^"<&\t\n\r{_NO_XML}]+"'
_TEXT = rf">(?:[^<>&{_NO_XML}]|&(?:amp|lt|gt|quot|apos);)+<"


def without_texts(entries: "pl.Series") -> "pl.Series":
    """Return entries without the texts between tags, of which narratives consist and on which no visit depends.

    There are to be no comments in them. Then what is left out is text, or stands in a CDATA section or an instruction,
    which end in the same place without it; anywhere else, the `<` after it is no XML either way.
    """
    return entries.str.replace_all(_TEXT, "><")


def skeletons(entries: "pl.Series") -> "pl.Series":
    """Return the skeletons of entries; `_` stands for what is left out."""
    return entries.str.replace_all(_VALUE, ' value="_"')


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """What is known of the entries with a skeleton; a piece of an entry is what stands between two of its quotes.

    `encounter` is the Encounter in it as `xmls.encounter_in` gives it, with marks for values, and `places` says which
    piece each of those marks stands for. `deciding` are the pieces of which more is asked than what they are, with
    commas between them.
    """

    encounter: Any
    places: Mapping[Any, int]
    deciding: str

    @classmethod
    def of(cls, text: str, entry_in: Callable[[str], Any]) -> Self | None:
        """Return what is known of a skeleton; None when something that was left out is no value of an element.

        `entry_in` gives the element of an entry; what it raises is raised.
        """
        pieces = text.split('"')
        marks: dict[Any, int] = {}
        for place in range(1, len(pieces) - 1):
            if pieces[place] == "_" and pieces[place - 1].endswith(" value="):
                pieces[place] = f"{MARK}{place}"
                marks[pieces[place]] = place
        entry = entry_in('"'.join(pieces))
        if [value for element in entry.iter() for value in element.values() if MARK in value] != list(marks):
            return None
        encounter = encounter_in(entry)
        found = [(path, mark, marks[mark]) for path, mark in _leaves(encounter) if mark in marks]
        deciding = (str(place) for path, _, place in found if path not in _COPIED)
        return cls(encounter, {mark: place for _, mark, place in found}, ",".join(deciding))

    def with_facts(self, facts: str) -> Any:
        """Return the Encounter with the deciding pieces, which `facts` holds between quotes, in it."""
        marks = (f"{MARK}{place}" for place in self.deciding.split(","))
        return _filled(self.encounter, dict(zip(marks, facts.split('"'), strict=True)))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the texts in a value of JSON, each with the names that lead to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    else:
        yield path, value


def _filled(value: Any, texts: Mapping[Any, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, texts) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, texts) for inner in value]
    return texts.get(value, value)
