"""Between the rows of an exchange folder and the messages of the registry, both ways."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from google.type import timeofday_pb2

from services.cli.exchange import rows
from services.runtime import names
from services.runtime.wire import from_date, from_money, from_wall_clock, to_date, to_money, to_wall_clock
from spoedkader.registry.v1 import (
    attestation_pb2,
    closure_pb2,
    location_pb2,
    provider_pb2,
    round_pb2,
    snapshot_pb2,
    stop_pb2,
)

Value = TypeVar("Value")

MAX_PART = 1000
"""Resources in one part of a stream."""


def id_of(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]


def location_id_of(name: str) -> str:
    """The location in the name of something that belongs to one, as in `L001`."""
    return name.split("/")[3]


def agb_of(name: str) -> str:
    """The provider in the name of something that belongs to one."""
    return name.split("/")[1]


# From rows to messages.


def facts_of(folder: rows.ExchangeFolder) -> Iterator[tuple[str, Any]]:
    """Every fact of a folder with its collection; what is referred to comes before what refers to it."""
    owners = {location.location_id: location.agb for location in folder.locations}
    yield "rounds", round_message(folder.round)
    for provider in folder.providers:
        yield "providers", provider_message(provider)
    for approval in approval_messages(folder.approvals):
        yield "approvals", approval
    for location in folder.locations:
        yield "locations", location_message(location)
    for hours in opening_hours_messages(folder):
        yield "opening_hours", hours
    for closure in folder.closures:
        yield "closures", closure_message(closure, owners[closure.location_id])
    for stop in folder.stops:
        yield "stops", stop_message(stop, owners[stop.location_id])
    for attestation in attestation_messages(folder.attestations, folder.round.budget_year):
        yield "attestations", attestation


def import_requests(facts: Iterable[tuple[str, Any]]) -> Iterator[snapshot_pb2.ImportFactsRequest]:
    """The facts in parts, in their order."""
    part, size = snapshot_pb2.ImportFactsRequest(), 0
    for collection, message in facts:
        getattr(part, collection).append(message)
        size += 1
        if size == MAX_PART:
            yield part
            part, size = snapshot_pb2.ImportFactsRequest(), 0
    if size:
        yield part


def round_message(row: rows.Round) -> round_pb2.Round:
    """`rounds/{year}`."""
    return round_pb2.Round(
        name=names.ROUND.format(year=row.budget_year),
        survey_year=row.survey_year,
        reference_year=row.reference_year,
        policy_year=row.policy_year,
        rivm_preliminary_delivered_date=to_date(row.rivm_preliminary_delivered_on),
        norm_amount=to_money(row.norm_amount_cents),
    )


def provider_message(row: rows.Provider) -> provider_pb2.Provider:
    """`providers/{agb}`."""
    return provider_pb2.Provider(
        name=names.PROVIDER.format(provider=row.agb),
        kvk=row.kvk,
        display_name=row.name,
        provides_seh_since=to_date(row.provides_seh_since),
        representatives=row.representatives,
    )


def approval_messages(approvals: Sequence[rows.Approval]) -> Iterator[provider_pb2.Approval]:
    """Decisions are numbered by provider, insurer and day, in the order of the file."""
    counts: dict[tuple[object, ...], int] = {}
    for row in approvals:
        key = (row.agb, row.uzovi, row.decided_on)
        counts[key] = counts.get(key, 0) + 1
        approval = f"{row.uzovi}-{row.decided_on.isoformat()}-{counts[key]}"
        yield provider_pb2.Approval(
            name=names.APPROVAL.format(provider=row.agb, approval=approval),
            insurer=row.uzovi,
            decision=provider_pb2.Approval.Decision.Value(f"DECISION_{row.decision}"),
            decided_date=to_date(row.decided_on),
            reason=row.reason or "",
        )


def location_message(row: rows.Location) -> location_pb2.Location:
    """`providers/{agb}/locations/{location}`."""
    return location_pb2.Location(
        name=names.LOCATION.format(provider=row.agb, location=row.location_id),
        agb_location=row.agb_location,
        display_name=row.name,
        roaz_region=row.roaz_region,
        care_type=location_pb2.Location.CareType.Value(f"CARE_TYPE_{row.care_type}"),
        opened_date=to_date(row.opened_on),
        closed_date=to_date(row.closed_on) if row.closed_on else None,
    )


def opening_hours_messages(folder: rows.ExchangeFolder) -> Iterator[location_pb2.OpeningHours]:
    """The whole of each location. One without rows is open 24/7, also when the registry knew otherwise before."""
    periods: dict[str, list[location_pb2.OpeningHours.Period]] = {}
    for row in folder.opening_hours:
        periods.setdefault(row.location_id, []).append(
            location_pb2.OpeningHours.Period(
                valid_from_date=to_date(row.valid_from),
                valid_until_date=to_date(row.valid_until) if row.valid_until else None,
                weekdays=row.weekdays,  # 1 is Monday in both
                opens=_time_of_day(row.opens),
                closes=_time_of_day(row.closes),
            )
        )
    for location in folder.locations:
        name = names.OPENING_HOURS.format(provider=location.agb, location=location.location_id)
        yield location_pb2.OpeningHours(name=name, periods=periods.get(location.location_id, []))


def closure_message(row: rows.Closure, agb: str) -> closure_pb2.Closure:
    """`providers/{agb}/locations/{location}/closures/{closure}`."""
    return closure_pb2.Closure(
        name=names.CLOSURE.format(provider=agb, location=row.location_id, event=row.closure_id),
        start_time=to_wall_clock(row.starts_at),
        end_time=to_wall_clock(row.ends_at) if row.ends_at else None,
        foreseen=row.foreseen,
        reason=row.reason or "",
    )


def stop_message(row: rows.Stop, agb: str) -> stop_pb2.Stop:
    """`providers/{agb}/locations/{location}/stops/{stop}`."""
    return stop_pb2.Stop(
        name=names.STOP.format(provider=agb, location=row.location_id, event=row.stop_id),
        start_time=to_wall_clock(row.starts_at),
        end_time=to_wall_clock(row.ends_at) if row.ends_at else None,
        department=stop_pb2.Stop.Department.Value(f"DEPARTMENT_{row.department}"),
        reason=row.reason or "",
    )


def attestation_messages(
    attestations: Iterable[rows.Attestation], budget_year: int
) -> Iterator[attestation_pb2.Attestation]:
    """One declaration for each provider and kind: the latest by day, and of one day the later row."""
    latest: dict[tuple[str, str], rows.Attestation] = {}
    for row in attestations:
        before = latest.get((row.agb, row.kind))
        if before is None or row.attested_on >= before.attested_on:
            latest[row.agb, row.kind] = row
    for row in latest.values():
        attestation = f"{budget_year}-{row.kind.lower().replace('_', '-')}"
        yield attestation_pb2.Attestation(
            name=names.ATTESTATION.format(provider=row.agb, attestation=attestation),
            budget_year=budget_year,
            kind=attestation_pb2.Attestation.Kind.Value(f"KIND_{row.kind}"),
            attested_date=to_date(row.attested_on),
            document=row.document or "",
        )


def _time_of_day(minute: int) -> timeofday_pb2.TimeOfDay:
    return timeofday_pb2.TimeOfDay(hours=minute // 60, minutes=minute % 60)


# From messages to rows.


def round_row(message: round_pb2.Round) -> rows.Round:
    """The row of a round."""
    return rows.Round(
        budget_year=int(id_of(message.name)),
        survey_year=message.survey_year,
        reference_year=message.reference_year,
        policy_year=message.policy_year,
        rivm_preliminary_delivered_on=from_date(message.rivm_preliminary_delivered_date),
        norm_amount_cents=from_money(message.norm_amount),
    )


def provider_row(message: provider_pb2.Provider) -> rows.Provider:
    """The row of a provider."""
    return rows.Provider(
        agb=id_of(message.name),
        kvk=message.kvk,
        name=message.display_name,
        provides_seh_since=from_date(message.provides_seh_since),
        representatives=tuple(message.representatives),
    )


def approval_row(message: provider_pb2.Approval) -> rows.Approval:
    """The row of a decision."""
    return rows.Approval(
        agb=agb_of(message.name),
        uzovi=message.insurer,
        decision=_member(provider_pb2.Approval.Decision, "DECISION_", message.decision),
        decided_on=from_date(message.decided_date),
        reason=message.reason or None,
    )


def location_row(message: location_pb2.Location) -> rows.Location:
    """The row of a location."""
    return rows.Location(
        location_id=id_of(message.name),
        agb=agb_of(message.name),
        agb_location=message.agb_location,
        name=message.display_name,
        roaz_region=message.roaz_region,
        care_type=_member(location_pb2.Location.CareType, "CARE_TYPE_", message.care_type),
        opened_on=from_date(message.opened_date),
        closed_on=from_date(message.closed_date) if message.HasField("closed_date") else None,
    )


def opening_hours_rows(message: location_pb2.OpeningHours) -> tuple[rows.OpeningHours, ...]:
    """The rows of a location's opening hours; none when it is open 24/7."""
    return tuple(
        rows.OpeningHours(
            location_id=location_id_of(message.name),
            valid_from=from_date(period.valid_from_date),
            valid_until=from_date(period.valid_until_date) if period.HasField("valid_until_date") else None,
            weekdays=tuple(sorted(int(day) for day in period.weekdays)),
            opens=period.opens.hours * 60 + period.opens.minutes,
            closes=period.closes.hours * 60 + period.closes.minutes,
        )
        for period in message.periods
    )


def closure_row(message: closure_pb2.Closure) -> rows.Closure:
    """The row of a closure."""
    return rows.Closure(
        closure_id=id_of(message.name),
        location_id=location_id_of(message.name),
        starts_at=from_wall_clock(message.start_time),
        ends_at=from_wall_clock(message.end_time) if message.HasField("end_time") else None,
        foreseen=message.foreseen if message.HasField("foreseen") else None,
        reason=message.reason or None,
    )


def stop_row(message: stop_pb2.Stop) -> rows.Stop:
    """The row of a stop."""
    return rows.Stop(
        stop_id=id_of(message.name),
        location_id=location_id_of(message.name),
        department=_member(stop_pb2.Stop.Department, "DEPARTMENT_", message.department),
        starts_at=from_wall_clock(message.start_time),
        ends_at=from_wall_clock(message.end_time) if message.HasField("end_time") else None,
        reason=message.reason or None,
    )


def attestation_row(message: attestation_pb2.Attestation) -> rows.Attestation:
    """The row of a declaration."""
    return rows.Attestation(
        agb=agb_of(message.name),
        kind=_member(attestation_pb2.Attestation.Kind, "KIND_", message.kind),
        attested_on=from_date(message.attested_date),
        document=message.document or None,
    )


def _member(enum: Any, prefix: str, number: int) -> Any:
    return str(enum.Name(number)).removeprefix(prefix)


def by_last_part(named: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Values by the last part of a resource name."""
    return {id_of(name): value for name, value in named}
