"""The duties of locations, with what was done about each; for the slices that follow them too."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from services.budget.facts import CareType, Location
from services.budget.obligations.model import Acknowledgement, Duty, DutyKind, Obligations, obligations
from services.budget.obligations.store import ACKNOWLEDGEMENTS_OF_PROVIDERS
from services.budget.peers import KnownProvider
from services.runtime.versions import Stored

Acknowledged = Mapping[tuple[str, DutyKind], Stored[Acknowledgement]]
"""What was done about the duties of a year, by location id and kind."""


@dataclass(frozen=True, slots=True)
class KnownDuty:
    """A duty of a location, what was done about it (None while it is open), and whether its term passed without."""

    location: Location
    duty: Duty
    acknowledgement: Stored[Acknowledgement] | None
    overdue: bool


def duties_of(known: KnownProvider, as_of: date, connection: Connection) -> list[KnownDuty]:
    """The duties of the SEH locations of a provider in the year of its round, in the order of the registry.

    `known` has to come with stops, as from `Facts.provider_with_stops`; `as_of` is the day that terms are held against.
    """
    year = known.round.budget_year
    done = acknowledged(connection, [known.provider.agb], year)
    return [
        duty
        for location in known.provider.locations
        if location.care_type is CareType.SEH
        for duty in known_duties(obligations(location, year, known.parameters), done, as_of)
    ]


def acknowledged(connection: Connection, agbs: Iterable[str], year: int) -> Acknowledged:
    """What providers did about their duties of a year."""
    found = ACKNOWLEDGEMENTS_OF_PROVIDERS.all(connection, agbs=list(agbs), budget_year=year)
    return {(stored.value.location_id, stored.value.kind): stored for stored in found}


def known_duties(found: Obligations, done: Acknowledged, as_of: date) -> Iterator[KnownDuty]:
    """The duties of one location."""
    for duty in found.raised:
        stored = done.get((found.location.location_id, duty.kind))
        covering = stored if stored is not None and stored.value.covers(duty) else None
        yield KnownDuty(found.location, duty, covering, covering is None and duty.overdue(as_of))
