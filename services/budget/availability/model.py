"""How long a location is open in a year (Inkoopkader, bijlage B, 1 and 2).

A set of intervals is as in `spoedkader.wallclock.intervals`: sorted, apart, in wall-clock minutes (AMB-04, AMB-05).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from services.budget.facts import Closure, Department, Location, Stop
from services.budget.trace import (
    INKOOPKADER,
    Step,
    date_text,
    minutes_text,
    moment_text,
    period_text,
    share_text,
    step,
    time_text,
)
from services.policy.parameters import Parameter, Parameters
from spoedkader.wallclock.intervals import (
    MINUTES_PER_DAY,
    Interval,
    complement,
    day_start,
    total,
    union,
    year_interval,
)
from spoedkader.wallclock.opening import OpeningPeriod, open_intervals


class Cause(StrEnum):
    """Why a location is closed; the value says it in Dutch."""

    OPENING_HOURS = "buiten de reguliere openingstijden"
    NOT_YET_OPENED = "nog niet geopend"
    CLOSED_FOR_GOOD = "definitief gesloten"
    FORESEEN_CLOSURE = "voorziene sluiting"
    UNFORESEEN_CLOSURE = "onvoorziene sluiting"
    SEH_STOP = "stop van de SEH"


@dataclass(frozen=True, slots=True)
class Availability:
    """How long a location is open in a year.

    `closed` is the set of closed minutes of the year, `closed_minutes` their number, `year_minutes` what they are held
    against, and `closed_share` the quotient; at most 1, also in a leap year that is held against 365 days. `causes`
    tells how many minutes each cause accounts for on its own; a minute can have several.
    """

    location: Location
    year: int
    closed: tuple[Interval, ...]
    closed_minutes: int
    year_minutes: int
    closed_share: Fraction
    causes: tuple[tuple[Cause, int], ...]
    steps: tuple[Step, ...]


def year_minutes(year: int, parameters: Parameters) -> int:
    """What closed minutes are held against: the minutes of the calendar year, or always those of 365 days (AMB-03)."""
    if parameters.year_length.value == "365_dagen":
        return 365 * MINUTES_PER_DAY
    return total([year_interval(year)])


def lasting(start: int, end: int | None, year: Interval) -> list[Interval]:
    """The part of an event that lies in the year (AMB-07); without an end it runs to the end of the year (AMB-08)."""
    inside = max(start, year[0]), min(year[1] if end is None else end, year[1])
    return [inside] if inside[0] < inside[1] else []


def outside_opening_hours(location: Location, year: Interval) -> list[Interval]:
    """The minutes of the year outside the regular opening hours, whether the location operates or not (AMB-16)."""
    return complement(open_intervals(location.periods, year), year)


def not_yet_opened(location: Location, year: Interval) -> list[Interval]:
    """The minutes of the year before the first day of operation (AMB-20)."""
    return lasting(year[0], day_start(location.opened_on), year)


def closed_for_good(location: Location, year: Interval) -> list[Interval]:
    """The minutes of the year from the first day out of operation on (AMB-20)."""
    return lasting(day_start(location.closed_on), None, year) if location.closed_on else []


def closures_in(closures: Iterable[Closure], year: Interval) -> list[Interval]:
    """The minutes of the year inside closures, each once (AMB-06)."""
    return union(part for closure in closures for part in lasting(closure.start, closure.end, year))


def seh_stops_in(stops: Iterable[Stop], year: Interval) -> list[Interval]:
    """The minutes of the year under a stop of the SEH; overlapping and touching stops are one (AMB-14)."""
    return union(
        part for stop in stops if stop.department is Department.SEH for part in lasting(stop.start, stop.end, year)
    )


def availability(location: Location, year: int, parameters: Parameters, until: int | None = None) -> Availability:
    """How long a location is open in a year: the union of everything that closes it (bijlage B, 2; AMB-03 … AMB-20).

    Stops close a location only when the parameters say so (AMB-11). With `until`, a wall-clock minute, only what comes
    before it counts, still held against the whole year: the realisation instead of the prognosis (AMB-08).
    """
    window = start, end = year_interval(year)
    if until is not None:
        window = start, min(max(until, start), end)
    stops = location.stops if parameters.stops_count_as_closed.value else ()
    closing: dict[Cause, list[Interval]] = {
        Cause.OPENING_HOURS: outside_opening_hours(location, window),
        Cause.NOT_YET_OPENED: not_yet_opened(location, window),
        Cause.CLOSED_FOR_GOOD: closed_for_good(location, window),
        Cause.FORESEEN_CLOSURE: closures_in((c for c in location.closures if c.foreseen), window),
        Cause.UNFORESEEN_CLOSURE: closures_in((c for c in location.closures if not c.foreseen), window),
        Cause.SEH_STOP: seh_stops_in(stops, window),
    }
    causes = tuple((cause, total(intervals)) for cause, intervals in closing.items() if intervals)
    closed = tuple(union(interval for intervals in closing.values() for interval in intervals))
    closed_minutes, against = total(closed), year_minutes(year, parameters)
    share = min(Fraction(closed_minutes, against), Fraction(1))
    steps = [
        _year_step(year, against, parameters),
        *([] if until is None else [_until_step(until, parameters)]),
        *(_cause_step(cause, minutes, location, window, parameters) for cause, minutes in causes),
        _union_step(causes, closed_minutes, parameters),
        _share_step(closed_minutes, against, share),
    ]
    return Availability(location, year, closed, closed_minutes, against, share, causes, tuple(steps))


def _year_step(year: int, minutes: int, parameters: Parameters) -> Step:
    inputs = [("jaar", str(year)), ("keuze", parameters.year_length.value)]
    inputs += [("dagen", str(minutes // MINUTES_PER_DAY)), ("minuten per dag", str(MINUTES_PER_DAY))]
    return step(parameters.year_length, "Dagen van het jaar maal minuten per dag.", inputs, minutes_text(minutes))


def _until_step(until: int, parameters: Parameters) -> Step:
    description = "Alleen minuten van het jaar voor dit moment tellen mee; een sluiting die nog duurt, telt tot hier."
    return step(parameters.realisation, description, (), f"tot {moment_text(until)}")


def _cause_step(cause: Cause, minutes: int, location: Location, year: Interval, parameters: Parameters) -> Step:
    """The minutes of one cause, with everything that they were counted from."""
    inputs: list[tuple[str, str]]
    match cause:
        case Cause.OPENING_HOURS:
            rule: Parameter[Any] = parameters.closure_kinds
            description = "Minuten van het jaar waarin volgens de reguliere openingstijden geen zitting loopt."
            inputs = [("openingstijd", period_in_words(period)) for period in location.periods]
        case Cause.NOT_YET_OPENED:
            rule = parameters.outside_operation
            description = "Minuten van het jaar voor de eerste dag van openstelling, 00:00 uur."
            inputs = [("geopend op", date_text(location.opened_on))]
        case Cause.CLOSED_FOR_GOOD:
            rule = parameters.outside_operation
            description = "Minuten van het jaar vanaf de eerste dag buiten gebruik, 00:00 uur."
            inputs = [("gesloten met ingang van", date_text(location.closed_on))]
        case Cause.FORESEEN_CLOSURE | Cause.UNFORESEEN_CLOSURE:
            rule = parameters.open_end
            end = moment_text(year[1])
            description = f"Minuten van het jaar met een {cause.value}, elke minuut een keer; zonder einde tot {end}."
            foreseen = cause is Cause.FORESEEN_CLOSURE
            inputs = closures_in_words((c for c in location.closures if bool(c.foreseen) is foreseen), year)
        case Cause.SEH_STOP:
            rule = parameters.stops_count_as_closed
            description = "Minuten van het jaar met een stop van de SEH, elke minuut een keer."
            inputs = [("stop", period_text(interval)) for interval in seh_stops_in(location.stops, year)]
    return step(rule, description, inputs, minutes_text(minutes))


def _union_step(causes: Sequence[tuple[Cause, int]], closed: int, parameters: Parameters) -> Step:
    inputs = [(cause.value, minutes_text(minutes)) for cause, minutes in causes]
    double = sum(minutes for _, minutes in causes) - closed
    if double:
        inputs.append(("af: door meer dan een oorzaak gesloten", minutes_text(double)))
    return step(
        parameters.overlap, "Minuten waarin de locatie gesloten is, elke minuut een keer.", inputs, minutes_text(closed)
    )


def _share_step(closed: int, against: int, share: Fraction) -> Step:
    inputs = [("gesloten", minutes_text(closed)), ("jaar", minutes_text(against))]
    description = "Gesloten minuten gedeeld door de minuten van het jaar, ten hoogste 1."
    return Step("Bijlage B, 2", f"{INKOOPKADER}, bijlage B, 2", description, tuple(inputs), share_text(share))


def closures_in_words(closures: Iterable[Closure], year: Interval) -> list[tuple[str, str]]:
    """The parts of closures that lie in the year, in order of time, each under its identifier."""
    parts = [(part, closure.closure_id) for closure in closures for part in lasting(closure.start, closure.end, year)]
    return [(f"sluiting {closure_id}", period_text(part)) for part, closure_id in sorted(parts)]


_WEEKDAYS = ("", "ma", "di", "wo", "do", "vr", "za", "zo")


def period_in_words(period: OpeningPeriod) -> str:
    """Regular opening hours, as in `ma di wo do vr za zo 08:00-24:00, vanaf 2020-01-01 tot 2027-07-01`."""
    days = " ".join(_WEEKDAYS[day] for day in sorted(period.weekdays))
    until = f" tot {period.valid_until.isoformat()}" if period.valid_until else ""
    hours = f"{time_text(period.opens)}-{time_text(period.closes)}"
    return f"{days} {hours}, vanaf {period.valid_from.isoformat()}{until}"
