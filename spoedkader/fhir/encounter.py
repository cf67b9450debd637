"""What the indicators need of one Encounter in FHIR JSON, as one row of raw values."""

import re
from typing import Any

from spoedkader.departments import Departments, Keys

_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which an escape in JSON can bring."""

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

Raw = tuple[bool, bool, str, str | None, bool, str, str | None, bool, bool, str | None]
"""In the order of `RAW_COLUMNS`; None: not known."""

RAW_COLUMNS = (
    "encounter",
    "emergency",
    "status",
    "visit_id",
    "identified",  # by the identifier that the mapping names, not by the resource's own id
    "start",
    "end",
    "at_seh",
    "at_ehh",
    "patient",  # the reference to the subject, as it is written
)


def raw_of(resource: Any, departments: Departments) -> Raw:
    """Return the raw values of a resource; of anything but an Encounter only that it is none.

    A value of the wrong type, or with half a character, counts as absent, except an end, which then is no time.
    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "Encounter":
        return False, False, "", None, False, "", None, False, False, None
    class_ = _object(resource.get("class"))
    emergency = class_.get("code") == "EMER" and class_.get("system", ACT_CODE) in (ACT_CODE, None)
    visit_id, identified = _visit_id(resource, departments.visit_system)
    period = _object(resource.get("period"))
    end = period.get("end")
    keys = _keys(resource)
    return (
        True,
        emergency,
        _text(resource.get("status")),
        visit_id,
        identified,
        _text(period.get("start")),
        None if end is None else _text(end),
        _fits(keys, departments.seh),
        _fits(keys, departments.ehh),
        _text(_object(resource.get("subject")).get("reference")) or None,
    )


def compared(departments: Departments) -> frozenset[str]:
    """Return every text that `raw_of` may compare a value with, also as the part of a key before or after a `|`."""
    keys = {key for listed in (departments.seh, departments.ehh) for found in listed.values() for key in found}
    parts = {part for key in keys for bar in re.finditer(r"\|", key) for part in (key[: bar.start()], key[bar.end() :])}
    return frozenset({"EMER", ACT_CODE, departments.visit_system or "", *keys, *parts})


def _visit_id(resource: dict[str, Any], system: str | None) -> tuple[str | None, bool]:
    if system is not None:
        for identifier in _list(resource.get("identifier")):
            value = _text(_object(identifier).get("value"))
            if value and identifier.get("system") == system:
                return value, True
    return _text(resource.get("id")) or None, False


def _keys(resource: dict[str, Any]) -> dict[str, list[str]]:
    locations: list[str] = []
    for item in _list(resource.get("location")):
        location = _object(_object(item).get("location"))
        locations.append(_text(location.get("reference")))
        identifier = _object(location.get("identifier"))
        locations.append(f"{_text(identifier.get('system'))}|{_text(identifier.get('value'))}")
    types = [code for concept in _list(resource.get("type")) for code in _codes(concept)]
    return {"location": locations, "service_type": _codes(resource.get("serviceType")), "type": types}


def _codes(concept: Any) -> list[str]:
    codings = map(_object, _list(_object(concept).get("coding")))
    return [f"{_text(coding.get('system'))}|{_text(coding.get('code'))}" for coding in codings]


def _fits(keys: dict[str, list[str]], listed: Keys) -> bool:
    return any(not listed[kind].isdisjoint(found) for kind, found in keys.items())


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if not isinstance(value, str) or not (value.isascii() or _HALF.search(value) is None):
        return ""
    return value
