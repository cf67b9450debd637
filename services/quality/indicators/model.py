"""The three indicators of bijlage C: totals of one location in one calendar year (AMB-30, AMB-31)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Indicators:
    """Visits and stops as counts, stays in tenths of a minute, rounded half up; None is not known."""

    location_id: str
    year: int
    seh_visits: int | None
    ehh_visits: int | None
    seh_stops: int | None
    mean_stay_tenths: int | None
    median_stay_tenths: int | None
