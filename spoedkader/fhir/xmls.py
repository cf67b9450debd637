"""Resources of FHIR XML, one by one: a Bundle or one Encounter, as the part of FHIR JSON that the indicators need."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lxml import etree

from spoedkader.encounter_sources import MAX_UNIT, FileProblem, too_large

_BLOCK = 64_000
_FHIR = "{http://hl7.org/fhir}"
BUNDLE, ENTRY, _RESOURCE, _ENCOUNTER = (f"{_FHIR}{name}" for name in ("Bundle", "entry", "resource", "Encounter"))
PARSING: dict[str, Any] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""The text is read as UTF-8, whatever it declares; no entity is resolved, and nothing is fetched."""

_TEXT: dict[str, Any] = {}
_CODING = {"system": _TEXT, "code": _TEXT}
_CONCEPT = {"coding": [_CODING]}
_IDENTIFIER = {"system": _TEXT, "value": _TEXT}
_FIELDS: dict[str, Any] = {
    "id": _TEXT,
    "identifier": [_IDENTIFIER],
    "status": _TEXT,
    "class": _CODING,
    "type": [_CONCEPT],
    "serviceType": _CONCEPT,
    "subject": {"reference": _TEXT},
    "period": {"start": _TEXT, "end": _TEXT},
    "location": [{"location": {"reference": _TEXT, "identifier": _IDENTIFIER}}],
}
"""The elements of an Encounter that the indicators need; those in a list repeat."""
_LENGTH = len(_FHIR)


def read_xml(source: BinaryIO) -> Iterator[Any]:
    """Yield the resources in order. Raises `FileProblem`, and what reading raises.

    A DTD is refused, and what was read is forgotten.
    """
    parser: Any = etree.XMLPullParser(events=("start", "end"), tag=(BUNDLE, ENTRY, _ENCOUNTER), **PARSING)
    reader = _Reader()
    pending = 0
    try:
        while block := source.read(_BLOCK):
            parser.feed(block)
            before = reader.number
            yield from reader.resources(parser)
            pending = len(block) if reader.number > before else pending + len(block)
            if pending > MAX_UNIT + _BLOCK:
                raise too_large(reader.number + 1)
        root = parser.close()
        yield from reader.resources(parser)
    except etree.XMLSyntaxError:
        raise FileProblem(f"geen geldige XML na resource {reader.number}") from None
    if root.tag not in (BUNDLE, _ENCOUNTER):
        raise FileProblem("geen FHIR-Bundle of -Encounter in XML")


class _Reader:
    def __init__(self) -> None:
        self.number = 0
        self._began = False

    def resources(self, parser: Any) -> Iterator[Any]:
        for event, element in parser.read_events():
            parent = element.getparent()
            if event == "start":
                if not self._began:
                    self._begin(element, parent)
            elif parent is None:
                if element.tag == _ENCOUNTER:
                    self.number += 1
                    yield {"resourceType": "Encounter", **_fields(element, _FIELDS)}
            elif element.tag == ENTRY and parent.getparent() is None and parent.tag == BUNDLE:
                self.number += 1
                yield encounter_in(element)
                # Whatever stands before this entry is done with too.
                element.clear(keep_tail=False)
                while element.getprevious() is not None:
                    del parent[0]

    def _begin(self, element: Any, parent: Any) -> None:
        self._began = True
        if element.getroottree().docinfo.internalDTD is not None:
            raise FileProblem("een DTD of entiteit in XML wordt niet gelezen")
        if parent is not None:
            raise FileProblem("geen FHIR-Bundle of -Encounter in XML")


def encounter_in(element: Any) -> Any:
    """Return the Encounter in an entry, as the part of FHIR JSON that the indicators need; None when there is none."""
    for resource in element.iterchildren(_RESOURCE):
        for content in resource.iterchildren(_ENCOUNTER):
            return {"resourceType": "Encounter", **_fields(content, _FIELDS)}
    return None


def _fields(element: Any, needed: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or not tag.startswith(_FHIR):
            continue
        name = tag[_LENGTH:]
        inner = needed.get(name)
        if inner is _TEXT:
            fields.setdefault(name, child.get("value", ""))
        elif isinstance(inner, list):
            fields.setdefault(name, []).append(_fields(child, inner[0]))
        elif inner is not None:
            fields.setdefault(name, _fields(child, inner))
    return fields
