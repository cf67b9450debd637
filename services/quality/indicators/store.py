"""Indicators in the database."""

from dataclasses import asdict

from sqlalchemy import bindparam, or_
from sqlmodel import col

from services.quality.indicators.model import Indicators
from services.runtime import names
from services.runtime.versions import History, Versioned, one_current


class IndicatorsRow(Versioned, table=True):
    """A version of the indicators of a location and year."""

    __tablename__ = "indicators"
    __table_args__ = one_current("indicators", "location_id", "year")

    location_id: str
    year: int
    seh_visits: int | None
    ehh_visits: int | None
    seh_stops: int | None
    mean_stay_tenths: int | None
    median_stay_tenths: int | None


INDICATORS = History(
    IndicatorsRow,
    ("location_id", "year"),
    Indicators,
    asdict,
    lambda found: names.INDICATORS.format(provider=names.ANY, location=found.location_id, year=found.year),
)

_IN_YEAR = or_(bindparam("in_year") == 0, col(IndicatorsRow.year) == bindparam("in_year"))
INDICATORS_IN_YEAR = INDICATORS.where(_IN_YEAR)
INDICATORS_OF_LOCATIONS = INDICATORS.where(
    _IN_YEAR, col(IndicatorsRow.location_id).in_(bindparam("location_ids", expanding=True))
)
