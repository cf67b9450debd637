"""Tables of visits written as the exports of a hospital: CSV, and FHIR Encounters in NDJSON, JSON and XML."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

Visit = tuple[str, str, str, str]
"""Visit id, `SEH` or `EHH`, and two times as they are to be written; the second may be empty."""

SYSTEM = "urn:oid:2.16.528.1.1"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
MAPPING = f"""
visit_id: {{system: "{SYSTEM}"}}
seh:
  location: ["Location/seh"]
ehh:
  service_type: ["urn:afdeling|EHH"]
"""
FORMS = ("ndjson", "ndjson.gz", "json", "json.gz", "array.json", "xml", "xml.gz")


def encounter(number: int, visit: Visit) -> dict[str, Any]:
    """One Encounter, with more in it than the indicators need."""
    visit_id, department, start, end = visit
    period = {"start": start, "end": end} if end else {"start": start}
    found: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": f"enc-{number}",
        "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/nl-core-Encounter"]},
        "identifier": [{"system": "urn:ander", "value": "1"}, {"system": SYSTEM, "value": visit_id}],
        "status": "finished",
        "class": {"system": ACT_CODE, "code": "EMER"},
        "subject": {"reference": f"Patient/pat-{number}"},
        "period": period,
    }
    if department == "SEH":
        found["location"] = [{"location": {"reference": "Location/seh", "display": "SEH"}}]
    else:
        found["serviceType"] = {"coding": [{"system": "urn:afdeling", "code": "EHH"}]}
    return found


def xml_of(resource: dict[str, Any]) -> str:
    """A resource in XML."""
    fields = {name: value for name, value in resource.items() if name != "resourceType"}
    name = resource["resourceType"]
    return f'<{name} xmlns="http://hl7.org/fhir">{"".join(_elements(fields))}</{name}>'


def _elements(fields: dict[str, Any]) -> Iterator[str]:
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                yield f"<{name}>{''.join(_elements(value))}</{name}>"
            else:
                yield f"<{name} value={quoteattr(str(value))}/>"


def write(folder: Path, form: str, resources: Iterable[dict[str, Any]]) -> Path:
    """Write resources in one of `FORMS`."""
    found = list(resources)
    if form.startswith("ndjson"):
        text = "".join(json.dumps(resource, ensure_ascii=False) + "\n" for resource in found)
    elif form == "array.json":
        text = json.dumps(found, ensure_ascii=False)
    elif form.startswith("json"):
        entries = [{"fullUrl": "urn:x", "resource": resource} for resource in found]
        text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=1)
    else:
        entries_ = "".join(f"<entry><resource>{xml_of(resource)}</resource></entry>\n" for resource in found)
        text = f'<?xml version="1.0"?>\n<Bundle xmlns="http://hl7.org/fhir"><type value="x"/>{entries_}</Bundle>'
    content = text.encode()
    file = folder / f"visits.{form}"
    file.write_bytes(gzip.compress(content, 1) if form.endswith(".gz") else content)
    return file


def write_mapping(folder: Path, text: str = MAPPING) -> Path:
    """Write a mapping file."""
    file = folder / "mapping.yaml"
    file.write_text(text, "utf-8")
    return file
