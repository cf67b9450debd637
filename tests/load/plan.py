"""Who calls in a run: the callers, and what each may see of the example round."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from services.runtime.settings import REPOSITORY
from spoedkader.client import Credentials
from tests.load.work import YEAR, Place

EXAMPLE = REPOSITORY / "data" / "voorbeeld-2027"
KINDS = ("hospital", "hospital", "insurer", "auditor")
"""The callers of one process."""
INSURERS = ("9101", "9102")


@dataclass(frozen=True)
class Caller:
    """One caller: a thread with a certificate, that calls the replicas of one number."""

    kind: str
    organisation: str
    replica: int
    seed: int
    places: Sequence[Place]


@dataclass(frozen=True)
class Plan:
    """What a process of callers is given: `addresses` of each number of replicas, by service, `shown` the files of each
    organisation (authority, certificate, key), and `nothing` the address of the empty handler."""

    callers: Sequence[Caller]
    addresses: Sequence[Mapping[str, str]]
    shown: Mapping[str, Sequence[str]]
    nothing: str

    def write(self) -> str:
        """On one line."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """What `write` wrote."""
        found = json.loads(text)
        callers = [
            Caller(**{**each, "places": [Place(**place) for place in each["places"]]}) for each in found["callers"]
        ]
        return cls(callers, found["addresses"], found["shown"], found["nothing"])

    def credentials(self, organisation: str) -> Credentials:
        """What an organisation shows."""
        ca, certificate, key = map(Path, self.shown[organisation])
        return Credentials(ca, certificate, key)


def callers(processes: int, replicas: int) -> list[list[Caller]]:
    """The callers of each process; hospitals share the providers among them, and each has its own."""
    whole = places()
    providers = sorted({place.provider for place in whole})
    hospitals = sum(kind == "hospital" for kind in KINDS) * processes
    found: list[list[Caller]] = []
    hospital = 0
    for process in range(processes):
        found.append([])
        for place, kind in enumerate(KINDS):
            insurer = INSURERS[process % len(INSURERS)]
            organisation, own = {
                "hospital": (f"ziekenhuizen-{hospital}", providers[hospital::hospitals]),
                "insurer": (f"verzekeraar-{insurer}", _represented(insurer)),
                "auditor": ("auditor", providers),
            }[kind]
            hospital += kind == "hospital"
            mine = [each for each in whole if each.provider in set(own)]
            # Of every kind as many at each replica.
            replica = (process + place) % replicas
            found[-1].append(Caller(kind, organisation, replica, process * len(KINDS) + place, mine))
    return found


def organisations(planned: Sequence[Sequence[Caller]]) -> dict[str, dict[str, Any]]:
    """The organisations of the callers, with those that the services and the operator are."""
    found: dict[str, dict[str, Any]] = {
        "dienst": {"code": "dienst", "roles": ["dienst"]},
        "beheerder": {"code": "beheerder", "roles": ["beheerder"]},
        "auditor": {"code": "auditor", "roles": ["auditor"]},
    }
    for insurer in INSURERS:
        represents = {"represents": {YEAR: sorted(_represented(insurer))}}
        found[f"verzekeraar-{insurer}"] = {"code": insurer, "roles": ["verzekeraar"], **represents}
    for caller in (caller for process in planned for caller in process if caller.kind == "hospital"):
        own = {"providers": sorted({place.provider for place in caller.places})}
        found[caller.organisation] = {"code": caller.organisation, "roles": ["aanbieder"], **own}
    return found


def places() -> list[Place]:
    """The SEH locations of the example that exist all along."""
    filled = {file.stem for file in (EXAMPLE / "answers").glob("*.json")}
    return [
        Place(row["agb"], row["location_id"], row["location_id"] in filled)
        for row in _rows("locations.csv")
        if row["care_type"] == "SEH"
    ]


def _represented(insurer: str) -> set[str]:
    return {row["agb"] for row in _rows("providers.csv") if insurer in row["representatives"].split(";")}


def _rows(file: str) -> list[dict[str, str]]:
    with (EXAMPLE / file).open(encoding="utf-8", newline="") as content:
        return list(csv.DictReader(content))
