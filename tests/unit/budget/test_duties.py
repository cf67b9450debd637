"""The duties of a provider with what was done about them, over a database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from services.budget.facts import CareType, Location, Provider
from services.budget.obligations.duties import KnownDuty, duties_of
from services.budget.obligations.model import Acknowledgement, DutyKind, StopStatus
from services.budget.obligations.store import ACKNOWLEDGEMENTS, AcknowledgementRow
from services.budget.peers import KnownProvider
from services.policy.purchasing import load_purchasing_year
from services.runtime.versions import Stamp
from tests.support.databases import with_tables

from .samples import POLICIES, closures, location, round_of, stops

RULES = load_purchasing_year(POLICIES, 2027)
STAMP = Stamp(datetime(2027, 3, 10, tzinfo=UTC), "gebruiker")
NIGHT = closures(("2027-03-07T22:00", "2027-03-08T07:00"))
LONG_STOP = stops(("2027-02-01T00:00", "2027-02-06T00:00"))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = with_tables(tmp_path / "budget.db", (AcknowledgementRow,), connections=1)
    with database.write() as found:
        yield found
    database.close()


def known(*locations: Location) -> KnownProvider:
    return KnownProvider(Provider("06010101", date(1990, 1, 1), ("9101",), (), locations), round_of(), RULES)


def acknowledge(connection: Connection, location_id: str, kind: DutyKind, raised_on: str, weight: StopStatus) -> None:
    said = Acknowledgement(
        agb="06010101",
        location_id=location_id,
        year=2027,
        kind=kind,
        raised_on=date.fromisoformat(raised_on),
        weight=weight,
        acknowledged_on=date(2027, 3, 9),
        causes="Ziekte in het team.",
        roaz_discussed_on=None,
        regional_effects="",
        document="",
        actor="gebruiker",
    )
    ACKNOWLEDGEMENTS.put(connection, said, STAMP)


def shown(found: list[KnownDuty]) -> list[tuple[str, str, bool, bool]]:
    return [
        (each.location.location_id, each.duty.kind.value, each.acknowledgement is not None, each.overdue)
        for each in found
    ]


def test_duties_in_the_order_of_the_registry_with_what_was_done(connection: Connection) -> None:
    provider = known(
        location("veenrode", closures=NIGHT, stops=LONG_STOP),
        location("poli", care_type=CareType.SPOEDPOLI, closures=NIGHT),
        location("rustig"),
        location("kerkwerf", closures=NIGHT),
    )
    acknowledge(connection, "kerkwerf", DutyKind.STRUCTURELE_SLUITING, "2027-03-08", StopStatus.GEEN)
    # Of a lighter status, so that it does not count any more.
    acknowledge(connection, "veenrode", DutyKind.SEH_STOPS, "2027-02-03", StopStatus.NADERT)
    assert shown(duties_of(provider, date(2027, 3, 10), connection)) == [
        ("veenrode", "STRUCTURELE_SLUITING", False, False),
        ("veenrode", "SEH_STOPS", False, True),
        ("kerkwerf", "STRUCTURELE_SLUITING", True, False),
    ]
    later = duties_of(provider, date(2027, 3, 16), connection)
    assert [each.overdue for each in later] == [True, True, False]


def test_every_version_of_what_was_done_is_kept(connection: Connection) -> None:
    acknowledge(connection, "veenrode", DutyKind.SEH_STOPS, "2027-02-03", StopStatus.NADERT)
    acknowledge(connection, "veenrode", DutyKind.SEH_STOPS, "2027-02-03", StopStatus.NADERT)
    acknowledge(connection, "veenrode", DutyKind.SEH_STOPS, "2027-02-04", StopStatus.OVERSCHRIJDT)
    key = ("veenrode", 2027, DutyKind.SEH_STOPS.value)
    versions = ACKNOWLEDGEMENTS.revisions(connection, *key)
    assert [(each.revision, each.value.weight) for each in versions] == [
        (1, StopStatus.NADERT),
        (2, StopStatus.OVERSCHRIJDT),
    ]
