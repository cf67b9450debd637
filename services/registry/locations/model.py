"""Locations of emergency care and their regular opening hours."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from spoedkader.wallclock.opening import OpeningPeriod

ROAZ_REGIONS = (
    "Brabant",
    "Euregio",
    "Limburg",
    "Midden",
    "Noord",
    "Noord-Holland/Flevoland",
    "Oost",
    "West",
    "Zuidwest",
    "Zwolle",
)
"""The regions of consultation on acute care (ROAZ), as ten were named in March 2023. A reference table, not a contract:
regions merge and split."""


class CareType(StrEnum):
    """The kind of emergency care; only SEH has a budget (Inkoopkader, bijlage B, 3)."""

    SEH = "SEH"
    SPOEDPOLI = "SPOEDPOLI"


@dataclass(frozen=True, slots=True)
class Location:
    """A place of a provider. It closes, but is never deleted; `closed_on` is the first day out of operation."""

    agb: str
    location_id: str
    agb_location: str
    name: str
    roaz_region: str
    care_type: CareType
    opened_on: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The regular opening hours of a location; without any period it is open 24/7."""

    location_id: str
    periods: tuple[OpeningPeriod, ...]
