"""Large files of visits, in each form that a hospital can export."""

import gzip
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.benchmarks import scenario
from tests.support.fhir_files import encounter, xml_of

FORMS = ("csv", "csv.gz", "ndjson", "ndjson.gz", "json", "xml")
_BLOCK = 20_000
_XMLNS = ' xmlns="http://hl7.org/fhir"'


def write_encounters(folder: Path, form: str, count: int) -> Path:
    """Write visits to the SEH of one year, each with an id of its own; `count` is a multiple of 20,000.

    The blocks of 20,000 that they are written in have the same times.
    """
    begin, end = {
        "csv": ("visit_id,department,arrived_at,departed_at\n", ""),
        "ndjson": ("", ""),
        "json": ('{"resourceType":"Bundle","type":"collection","entry":[', "]}"),
        "xml": (f'<?xml version="1.0"?>\n<Bundle{_XMLNS}><type value="collection"/>', "</Bundle>"),
    }[form.removesuffix(".gz")]
    block = "".join(_visits(form.removesuffix(".gz"))).encode()
    file = folder / f"visits.{form}"
    with gzip.open(file, "wb", compresslevel=1) if form.endswith(".gz") else file.open("wb") as out:
        out.write(begin.encode())
        for number in range(count // _BLOCK):
            written = block.replace(b"@block@", b"%04d" % number)
            out.write(written[1:] if form == "json" and not number else written)
        out.write(end.encode())
    return file


def _visits(form: str) -> Iterator[str]:
    chance = random.Random(scenario.YEAR)
    start = datetime(scenario.YEAR - 2, 1, 1)
    for number in range(_BLOCK):
        arrived = start + timedelta(minutes=chance.randrange(365 * 1440))
        departed = arrived + timedelta(minutes=chance.randrange(5, 600))
        visit_id = f"@block@{number:05}"
        if form == "csv":
            yield f"{visit_id},SEH,{arrived:%Y-%m-%dT%H:%M},{departed:%Y-%m-%dT%H:%M}\n"
            continue
        times = (f"{moment:%Y-%m-%dT%H:%M:%S}+01:00" for moment in (arrived, departed))
        resource = encounter(number, (visit_id, "SEH", *times))
        if form == "xml":
            yield f"<entry><resource>{xml_of(resource).replace(_XMLNS, '')}</resource></entry>\n"
        elif form == "json":
            yield f',\n{{"fullUrl":"urn:x","resource":{json.dumps(resource)}}}'
        else:
            yield json.dumps(resource) + "\n"
