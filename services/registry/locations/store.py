"""Locations and opening hours in the database."""

import json
from datetime import date
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Field, col

from services.registry.locations.model import CareType, Location, OpeningHours
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current
from spoedkader.wallclock.opening import OpeningPeriod


class LocationRow(Versioned, table=True):
    """A version of a location."""

    __tablename__ = "location"
    __table_args__ = one_current("location", "location_id")

    location_id: str
    agb: str = Field(index=True)
    agb_location: str
    name: str
    roaz_region: str
    care_type: str
    opened_on: date
    closed_on: date | None


class OpeningHoursRow(Versioned, table=True):
    """A version of the opening hours of a location; `periods` is JSON."""

    __tablename__ = "opening_hours"
    __table_args__ = one_current("opening_hours", "location_id")

    location_id: str
    periods: str


def _load_location(
    location_id: str,
    agb: str,
    agb_location: str,
    name: str,
    roaz_region: str,
    care_type: str,
    opened_on: date,
    closed_on: date | None,
) -> Location:
    return Location(agb, location_id, agb_location, name, roaz_region, CareType(care_type), opened_on, closed_on)


def _dump_location(location: Location) -> dict[str, Any]:
    return {
        "location_id": location.location_id,
        "agb": location.agb,
        "agb_location": location.agb_location,
        "name": location.name,
        "roaz_region": location.roaz_region,
        "care_type": location.care_type.value,
        "opened_on": location.opened_on,
        "closed_on": location.closed_on,
    }


def _load_opening_hours(location_id: str, periods: str) -> OpeningHours:
    return OpeningHours(
        location_id,
        tuple(
            OpeningPeriod(
                valid_from=date.fromisoformat(period["valid_from"]),
                valid_until=date.fromisoformat(period["valid_until"]) if period["valid_until"] else None,
                weekdays=frozenset(period["weekdays"]),
                opens=period["opens"],
                closes=period["closes"],
            )
            for period in json.loads(periods)
        ),
    )


def _dump_opening_hours(hours: OpeningHours) -> dict[str, Any]:
    periods = [
        {
            "valid_from": period.valid_from.isoformat(),
            "valid_until": period.valid_until.isoformat() if period.valid_until else None,
            "weekdays": sorted(period.weekdays),
            "opens": period.opens,
            "closes": period.closes,
        }
        for period in hours.periods
    ]
    return {"location_id": hours.location_id, "periods": json.dumps(periods)}


LOCATIONS = History(
    LocationRow,
    ("location_id",),
    _load_location,
    _dump_location,
    lambda found: names.LOCATION.format(provider=found.agb, location=found.location_id),
)
OPENING_HOURS = History(
    OpeningHoursRow,
    ("location_id",),
    _load_opening_hours,
    _dump_opening_hours,
    lambda found: names.OPENING_HOURS.format(provider=names.ANY, location=found.location_id),
)

LOCATIONS_OF_PROVIDERS = LOCATIONS.where(col(LocationRow.agb).in_(bindparam("agbs", expanding=True)))
OPENING_HOURS_OF_LOCATIONS = OPENING_HOURS.where(
    col(OpeningHoursRow.location_id).in_(bindparam("location_ids", expanding=True))
)
