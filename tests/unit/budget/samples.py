"""Short ways to write the facts that the budget rules read."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from services.budget.facts import CareType, Closure, Department, Location, Round, Stop
from services.policy.parameters import Parameters, load_parameters
from spoedkader.wallclock.intervals import to_minute
from spoedkader.wallclock.opening import OpeningPeriod

POLICIES = Path(__file__).parents[3] / "policies"
PARAMETERS = load_parameters(POLICIES, 2027)
NORM = 460_000_000
HOUR, DAY = 60, 1440
EVERY_DAY = frozenset(range(1, 8))


def choosing(**values: Any) -> Parameters:
    """The parameters of 2027 with other values."""
    changed = {name: getattr(PARAMETERS, name).model_copy(update={"value": value}) for name, value in values.items()}
    return PARAMETERS.model_copy(update=changed)


def at(text: str) -> int:
    """The minute of an ISO wall-clock moment."""
    return to_minute(datetime.fromisoformat(text))


def closures(*periods: tuple[str, str | None], foreseen: bool | None = False) -> tuple[Closure, ...]:
    return tuple(
        Closure(f"C{index}", at(start), at(end) if end else None, foreseen)
        for index, (start, end) in enumerate(periods)
    )


def stops(*periods: tuple[str, str | None], department: Department = Department.SEH) -> tuple[Stop, ...]:
    return tuple(
        Stop(f"S{index}", department, at(start), at(end) if end else None) for index, (start, end) in enumerate(periods)
    )


def nightly(opens: str, closes: str, first: date, last: date) -> tuple[Closure, ...]:
    """A closure for each day from the first to the last, the end on the next day when it is not after the start."""
    found = []
    day = first
    while day <= last:
        start = datetime.fromisoformat(f"{day}T{opens}")
        end = datetime.fromisoformat(f"{day}T{closes}")
        found.append(
            Closure(f"C{day}", to_minute(start), to_minute(end if end > start else end + timedelta(days=1)), True)
        )
        day += timedelta(days=1)
    return tuple(found)


def location(location_id: str = "veenrode", **fields: Any) -> Location:
    """An SEH that is open 24/7 since long, unless told otherwise."""
    given = {"agb": "06010101", "care_type": CareType.SEH, "opened_on": date(1990, 1, 1), "closed_on": None, **fields}
    return Location(location_id=location_id, **given)


def hours(opens: int, closes: int, weekdays: frozenset[int] = EVERY_DAY, **validity: date | None) -> OpeningPeriod:
    return OpeningPeriod(
        validity.get("valid_from") or date(2020, 1, 1), validity.get("valid_until"), weekdays, opens, closes
    )


def round_of(year: int = 2027, norm: int = NORM) -> Round:
    return Round(year, 2027, norm)
