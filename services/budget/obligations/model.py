"""What closures and stops oblige a provider to tell its representatives (Inkoopkader, bijlage B, 1 and 4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.budget.availability.model import closures_in, lasting, seh_stops_in
from services.budget.facts import Department, Location
from services.budget.obligations.working_days import add_working_days
from services.budget.trace import (
    Step,
    date_text,
    hours_text,
    minutes_text,
    moment_text,
    period_text,
    sentence_moment,
    step,
)
from services.policy.parameters import Parameters
from services.runtime.errors import DomainError, Reason
from spoedkader.wallclock.intervals import (
    Interval,
    day_start,
    intersection,
    to_moment,
    total,
    union,
    year_interval,
)
from spoedkader.wallclock.opening import open_intervals


class StopStatus(StrEnum):
    """How much the stops of the SEH add up to."""

    GEEN = "GEEN"
    NADERT = "NADERT"
    OVERSCHRIJDT = "OVERSCHRIJDT"


class DutyKind(StrEnum):
    """What a provider has to do."""

    STRUCTURELE_SLUITING = "STRUCTURELE_SLUITING"
    SEH_STOPS = "SEH_STOPS"


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that a provider has to do: from the day that raised it until `due_on` (AMB-10).

    `weight` tells one that was raised by more from one that was raised by less: the status of the stops.
    """

    kind: DutyKind
    raised_on: date
    due_on: date
    weight: StopStatus

    def overdue(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.due_on < today


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a provider did about a duty, and the day and the weight with which the duty was raised then.

    `agb`, `location_id`, `year` and `kind` identify it; `actor` is the user that recorded it.
    """

    agb: str
    location_id: str
    year: int
    kind: DutyKind
    raised_on: date
    weight: StopStatus
    acknowledged_on: date
    causes: str
    roaz_discussed_on: date | None
    regional_effects: str
    document: str
    actor: str

    def covers(self, duty: Duty) -> bool:
        """Whether the duty was done: not when it was raised anew since.

        Closures raise it anew when they became structural on another day, stops when they reach a heavier status. A
        correction that moves the day on which stops reached their status does not.
        """
        if self.kind is DutyKind.SEH_STOPS:
            return _WEIGHTS.index(duty.weight) <= _WEIGHTS.index(self.weight)
        return self.raised_on == duty.raised_on


_WEIGHTS = tuple(StopStatus)


@dataclass(frozen=True, slots=True)
class Obligations:
    """The obligations of one SEH location in one year; `structural_since` is a wall-clock minute, None when never.

    `duties` says in sentences what the provider has to do, `raised` is the same with its terms.
    """

    location: Location
    year: int
    structural_since: int | None
    stop_minutes: int
    stop_status: StopStatus
    steps: tuple[Step, ...]
    duties: tuple[str, ...]
    raised: tuple[Duty, ...]

    def duty(self, kind: DutyKind) -> Duty:
        """The duty of a kind.

        Raises:
            DomainError: ILLEGAL_TRANSITION, it was not raised.
        """
        for duty in self.raised:
            if duty.kind is kind:
                return duty
        raise DomainError(
            Reason.ILLEGAL_TRANSITION,
            f"Er is in {self.year} voor {self.location.location_id} geen verplichting {kind} om af te melden.",
            metadata={"state": "NIET_ONTSTAAN", "open_steps": ""},
        )


def counted_closures(location: Location, year: int, parameters: Parameters) -> list[Interval]:
    """The minutes that can make closures structural, each once (AMB-07, AMB-09).

    They lie in the year, inside a closure, inside the regular opening hours, and while the location operates. Stops of
    the SEH count too when the parameters say so (AMB-11).
    """
    whole = year_interval(year)
    closed = closures_in(location.closures, whole)
    if parameters.stops_count_as_closed.value:
        closed = union([*closed, *seh_stops_in(location.stops, whole)])
    until = day_start(location.closed_on) if location.closed_on else None
    operating = lasting(day_start(location.opened_on), until, whole)
    return intersection(intersection(closed, open_intervals(location.periods, whole)), operating)


def window_counts(counted: Sequence[Interval], window: int) -> Iterator[tuple[int, int]]:
    """How many counted minutes lie in the `window` minutes before a moment, at each moment where its course bends.

    Between two moments that follow each other the number rises or falls by one a minute, or stays the same: a minute
    counts from its end on, for `window` minutes.
    """
    bends = [(start, 1) for start, _ in counted] + [(end, -1) for _, end in counted]
    bends += [(minute + window, -change) for minute, change in bends]
    count = slope = 0
    before = 0
    for minute, change in sorted(bends):
        count += slope * (minute - before)
        yield minute, count
        slope += change
        before = minute


def structural_since(counted: Sequence[Interval], parameters: Parameters) -> int | None:
    """The first whole minute with more than the threshold of counted minutes in the window before it (AMB-09)."""
    threshold = parameters.structural_threshold_minutes.value
    for minute, count in window_counts(counted, parameters.structural_window_minutes.value):
        if count > threshold:
            # It was not above the threshold at the bend before, and has risen by one a minute since.
            return minute - (count - threshold - 1)
    return None


def stop_status(minutes: int, parameters: Parameters) -> StopStatus:
    """What the stops of a year add up to: approaching counts from its bound on, exceeding strictly above (AMB-12)."""
    if minutes > parameters.stops_exceed_minutes.value:
        return StopStatus.OVERSCHRIJDT
    return StopStatus.NADERT if minutes >= parameters.stops_approach_minutes.value else StopStatus.GEEN


def duties(since: int | None, minutes: int, status: StopStatus, parameters: Parameters) -> Iterator[str]:
    """What the provider has to do, in sentences (bijlage B, 1 and 4; AMB-10, AMB-12)."""
    if since is not None:
        days = _working_days_text(parameters.inform_within_working_days.value)
        threshold = hours_text(parameters.structural_threshold_minutes.value)
        window = hours_text(parameters.structural_window_minutes.value)
        yield (
            f"Informeer de representerende zorgverzekeraars binnen {days} over de structurele sluiting: op "
            f"{sentence_moment(since)} was de SEH in {window} meer dan {threshold} gesloten."
        )
    if status is not StopStatus.GEEN:
        bound = hours_text(parameters.stops_exceed_minutes.value)
        verb = "overschrijden" if status is StopStatus.OVERSCHRIJDT else "naderen"
        yield (
            f"Leg aan de representerende zorgverzekeraars inhoudelijk verantwoording af over de SEH-stops: met "
            f"{hours_text(minutes)} {verb} zij de drempel van {bound}."
        )
        yield (
            "Bespreek de SEH-stops in ROAZ-verband, met de onderliggende oorzaken en de regionale effecten op de "
            "continuïteit van spoedzorg."
        )


def reached(intervals: Sequence[Interval], minutes: int) -> int:
    """The minute by which so many minutes of a set have passed; the set has as many, and at least one interval."""
    for start, end in intervals:
        if end - start >= minutes:
            return start + minutes
        minutes -= end - start
    raise ValueError("the set has fewer minutes")


def raised(
    since: int | None, stops: Sequence[Interval], status: StopStatus, year: int, parameters: Parameters
) -> Iterator[Duty]:
    """The duties with their terms: from the day on which closures became structural, and on which stops came to their
    status (AMB-10).
    """
    if since is not None:
        day = to_moment(since).date()
        due = add_working_days(day, parameters.inform_within_working_days.value)
        yield Duty(DutyKind.STRUCTURELE_SLUITING, day, due, StopStatus.GEEN)
    if status is not StopStatus.GEEN:
        exceeding = parameters.stops_exceed_minutes.value + 1
        bound = exceeding if status is StopStatus.OVERSCHRIJDT else parameters.stops_approach_minutes.value
        # A year of which the rules say that even no stops at all come near the threshold starts that way.
        day = to_moment(reached(stops, bound) if bound else year_interval(year)[0]).date()
        due = add_working_days(day, parameters.account_within_working_days.value)
        yield Duty(DutyKind.SEH_STOPS, day, due, status)


def obligations(location: Location, year: int, parameters: Parameters) -> Obligations:
    """The obligations of one SEH location in one year (bijlage B, 1 and 4)."""
    counted = counted_closures(location, year, parameters)
    since = structural_since(counted, parameters)
    stops = seh_stops_in(location.stops, year_interval(year))
    minutes = total(stops)
    status = stop_status(minutes, parameters)
    found = tuple(raised(since, stops, status, year, parameters))
    return Obligations(
        location=location,
        year=year,
        structural_since=since,
        stop_minutes=minutes,
        stop_status=status,
        steps=(
            _structural_step(counted, since, parameters),
            _stops_step(location, stops, year, parameters),
            _status_step(minutes, status, parameters),
            *(_term_step(duty, parameters) for duty in found),
        ),
        duties=tuple(duties(since, minutes, status, parameters)),
        raised=found,
    )


def _structural_step(counted: Sequence[Interval], since: int | None, parameters: Parameters) -> Step:
    window = parameters.structural_window_minutes.value
    threshold = parameters.structural_threshold_minutes
    description = (
        f"Eerste hele minuut met in de {hours_text(window)} ervoor meer dan {hours_text(threshold.value)} sluiting "
        "binnen de reguliere openingstijden."
    )
    if since is None:
        most = max((count for _, count in window_counts(counted, window)), default=0)
        inputs = [("meeste gesloten minuten in een periode", minutes_text(most))]
        return step(threshold, description, inputs, "niet structureel")
    inside = intersection(counted, [(since - window, since)])
    inputs = [("gesloten", period_text(interval)) for interval in inside]
    inputs.append(("samen", minutes_text(total(inside))))
    return step(threshold, description, inputs, f"structureel sinds {moment_text(since)}")


def _stops_step(location: Location, stops: Sequence[Interval], year: int, parameters: Parameters) -> Step:
    whole = year_interval(year)
    registered = sum(
        1 for stop in location.stops if stop.department is Department.SEH and lasting(stop.start, stop.end, whole)
    )
    inputs = [("stops van de SEH die het jaar raken", str(registered))]
    inputs += [("stop na samenvoegen", period_text(interval)) for interval in stops]
    description = "Overlappende en aansluitende stops van de SEH samengevoegd; het deel binnen het jaar telt."
    return step(parameters.stops_merge, description, inputs, minutes_text(total(stops)))


def _status_step(minutes: int, status: StopStatus, parameters: Parameters) -> Step:
    approach, exceed = parameters.stops_approach_minutes, parameters.stops_exceed_minutes
    inputs = [
        ("stops", f"{minutes_text(minutes)} ({hours_text(minutes)})"),
        ("nadert vanaf", f"{minutes_text(approach.value)} ({hours_text(approach.value)})"),
        ("overschrijdt boven", f"{minutes_text(exceed.value)} ({hours_text(exceed.value)})"),
    ]
    return step(exceed, "Toets van de stops aan de drempel.", inputs, status.value)


def _term_step(duty: Duty, parameters: Parameters) -> Step:
    closures = duty.kind is DutyKind.STRUCTURELE_SLUITING
    term = parameters.inform_within_working_days if closures else parameters.account_within_working_days
    inputs = [("verplichting", duty.kind.value), ("ontstaan op", date_text(duty.raised_on))]
    inputs.append(("termijn", _working_days_text(term.value)))
    return step(term, "Laatste dag van de termijn, geteld vanaf de dag erna.", inputs, date_text(duty.due_on))


def _working_days_text(count: int) -> str:
    return f"{count} {'werkdag' if count == 1 else 'werkdagen'}"
