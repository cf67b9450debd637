"""The facts that the registry and the quality service hold, read from their messages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, TypeVar

import grpc
from google.type import datetime_pb2

from services.budget.facts import (
    Approval,
    Assessment,
    CareType,
    Closure,
    Decision,
    Department,
    Exclusion,
    Location,
    Negative,
    Provider,
    Round,
    Standing,
    Stop,
)
from services.budget.rules import Rules
from services.policy.parameters import Parameters
from services.policy.purchasing import PurchasingYear
from services.runtime import names
from services.runtime.opening import from_period
from services.runtime.peers import Peer
from services.runtime.wire import from_date, from_money
from spoedkader.quality.v1 import assessment_pb2, enforcement_pb2, enforcement_pb2_grpc
from spoedkader.registry.v1 import (
    closure_pb2,
    location_pb2,
    provider_pb2,
    round_pb2,
    round_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
    stop_pb2,
)
from spoedkader.wallclock.intervals import MINUTES_PER_HOUR, day_start

PROVIDERS_PER_PAGE = 50

View: TypeAlias = "snapshot_pb2.SnapshotView.ValueType"
Snapshot = TypeVar("Snapshot", snapshot_pb2.ProviderSnapshot, snapshot_pb2.LocationSnapshot)


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider, with the round and the rules that hold for it."""

    provider: Provider
    round: Round
    rules: PurchasingYear

    @property
    def parameters(self) -> Parameters:
        """The choices of the rules."""
        return self.rules.parameters


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """A location, with the round and the rules that hold for it."""

    location: Location
    round: Round
    rules: PurchasingYear

    @property
    def parameters(self) -> Parameters:
        """The choices of the rules."""
        return self.rules.parameters


class Facts:
    """Reads what the other services know, on behalf of a call.

    Closures are always there; stops only where a method says so, or where the rules of the year count them as closed.
    """

    def __init__(self, registry: Peer, quality: Peer, rules: Rules) -> None:
        self._registry = registry
        self._quality = quality
        self._rules = rules
        self._rounds = round_pb2_grpc.RoundServiceStub(registry.channel)
        self._snapshots = snapshot_pb2_grpc.SnapshotServiceStub(registry.channel)
        self._enforcement = enforcement_pb2_grpc.EnforcementServiceStub(quality.channel)

    def location(self, name: str, year: int, context: grpc.ServicerContext) -> KnownLocation:
        """One location; its name may leave the provider open."""
        request = snapshot_pb2.GetLocationSnapshotRequest(name=name, budget_year=year)

        def ask(view: "View") -> snapshot_pb2.LocationSnapshot:
            request.view = view
            return self._registry.call(self._snapshots.GetLocationSnapshot, request, context)

        snapshot, rules = self._in_view(ask)
        return KnownLocation(read_location(snapshot), read_round(snapshot.round), rules)

    def location_with_stops(self, name: str, year: int, context: grpc.ServicerContext) -> KnownLocation:
        """One location with its stops; its name may leave the provider open."""
        request = snapshot_pb2.GetLocationSnapshotRequest(
            name=name, budget_year=year, view=snapshot_pb2.SNAPSHOT_VIEW_FULL
        )
        snapshot = self._registry.call(self._snapshots.GetLocationSnapshot, request, context)
        rules = self._rules.year(snapshot.round.policy_year)
        return KnownLocation(read_location(snapshot), read_round(snapshot.round), rules)

    def provider(self, agb: str, year: int, context: grpc.ServicerContext) -> KnownProvider:
        """One provider."""
        request = snapshot_pb2.GetProviderSnapshotRequest(name=names.PROVIDER.format(provider=agb), budget_year=year)

        def ask(view: "View") -> snapshot_pb2.ProviderSnapshot:
            request.view = view
            return self._registry.call(self._snapshots.GetProviderSnapshot, request, context)

        snapshot, rules = self._in_view(ask)
        return KnownProvider(read_provider(snapshot), read_round(snapshot.round), rules)

    def providers(self, year: int, context: grpc.ServicerContext) -> list[KnownProvider]:
        """Every provider, in the order in which they were registered."""

        def ask(view: "View") -> list[KnownProvider]:
            request = snapshot_pb2.ListProviderSnapshotsRequest(
                budget_year=year, view=view, page_size=PROVIDERS_PER_PAGE
            )
            pages = self._registry.pages(self._snapshots.ListProviderSnapshots, request, context)
            return [self._known(snapshot) for page in pages for snapshot in page.snapshots]

        found = ask(snapshot_pb2.SNAPSHOT_VIEW_CLOSURES)
        view = _view(found[0].parameters) if found else snapshot_pb2.SNAPSHOT_VIEW_CLOSURES
        return found if view == snapshot_pb2.SNAPSHOT_VIEW_CLOSURES else ask(view)

    def provider_with_stops(self, agb: str, year: int, context: grpc.ServicerContext) -> KnownProvider:
        """One provider with the stops of its locations."""
        request = snapshot_pb2.GetProviderSnapshotRequest(
            name=names.PROVIDER.format(provider=agb), budget_year=year, view=snapshot_pb2.SNAPSHOT_VIEW_FULL
        )
        return self._known(self._registry.call(self._snapshots.GetProviderSnapshot, request, context))

    def page_with_stops(
        self, year: int, size: int, token: str, context: grpc.ServicerContext
    ) -> tuple[list[KnownProvider], str]:
        """So many providers with the stops of their locations, and the registry's token for the next page."""
        request = snapshot_pb2.ListProviderSnapshotsRequest(
            budget_year=year, view=snapshot_pb2.SNAPSHOT_VIEW_FULL, page_size=size, page_token=token
        )
        page = self._registry.call(self._snapshots.ListProviderSnapshots, request, context)
        return [self._known(snapshot) for snapshot in page.snapshots], page.next_page_token

    def standings(self, agb: str, year: int, context: grpc.ServicerContext) -> dict[str, Standing]:
        """Where each location of a provider (`-`: of all) stands, by location id; one without assessment is absent."""
        request = enforcement_pb2.ListStandingsRequest(parent=names.PROVIDER.format(provider=agb), budget_year=year)
        found = self._quality.call(self._enforcement.ListStandings, request, context)
        return {_parts(standing.location)[1]: read_standing(standing) for standing in found.standings}

    def _known(self, snapshot: snapshot_pb2.ProviderSnapshot) -> KnownProvider:
        rules = self._rules.year(snapshot.round.policy_year)
        return KnownProvider(read_provider(snapshot), read_round(snapshot.round), rules)

    def _in_view(self, ask: Callable[["View"], Snapshot]) -> tuple[Snapshot, PurchasingYear]:
        """Asks without stops first: the round, and so whether stops count, is only known from the answer."""
        snapshot = ask(snapshot_pb2.SNAPSHOT_VIEW_CLOSURES)
        rules = self._rules.year(snapshot.round.policy_year)
        view = _view(rules.parameters)
        return (snapshot if view == snapshot_pb2.SNAPSHOT_VIEW_CLOSURES else ask(view)), rules


def _view(parameters: Parameters) -> "View":
    if parameters.stops_count_as_closed.value:
        return snapshot_pb2.SNAPSHOT_VIEW_FULL
    return snapshot_pb2.SNAPSHOT_VIEW_CLOSURES


def read_round(message: round_pb2.Round) -> Round:
    """A round from its message."""
    return Round(int(_parts(message.name)[0]), message.policy_year, from_money(message.norm_amount))


def read_provider(message: snapshot_pb2.ProviderSnapshot) -> Provider:
    """A provider with its decisions and locations from its message."""
    return Provider(
        agb=_parts(message.provider.name)[0],
        provides_seh_since=from_date(message.provider.provides_seh_since),
        representatives=tuple(message.provider.representatives),
        approvals=tuple(
            Approval(approval.insurer, _DECISIONS[approval.decision], from_date(approval.decided_date))
            for approval in message.approvals
        ),
        locations=tuple(read_location(location) for location in message.locations),
    )


def read_location(message: snapshot_pb2.LocationSnapshot) -> Location:
    """A location with its opening hours and events from its message."""
    location = message.location
    agb, location_id = _parts(location.name)
    return Location(
        agb=agb,
        location_id=location_id,
        care_type=_CARE_TYPES[location.care_type],
        opened_on=from_date(location.opened_date),
        closed_on=from_date(location.closed_date) if location.HasField("closed_date") else None,
        periods=tuple(from_period(period) for period in message.opening_hours.periods),
        closures=tuple(_read_closure(closure) for closure in message.closures),
        stops=tuple(_read_stop(stop) for stop in message.stops),
    )


def read_assessment(message: assessment_pb2.Assessment) -> Assessment:
    """An assessment from its message."""
    routes = [assessment_pb2.Route.Name(route).removeprefix("ROUTE_") for route in message.routes]
    return Assessment(message.name, tuple(routes))


def exception_until(case: enforcement_pb2.Case) -> date | None:
    """The last day of the temporary exception that holds in a case; None in any other state."""
    if case.state != enforcement_pb2.Case.STATE_TIJDELIJKE_UITZONDERING:
        return None
    terms = next(
        decision.exception
        for decision in reversed(case.decisions)
        if decision.kind == enforcement_pb2.DECISION_KIND_TIJDELIJKE_UITZONDERING
        and decision.outcome == enforcement_pb2.ProposedDecision.OUTCOME_GENOMEN
    )
    return from_date(terms.ended_date if terms.HasField("ended_date") else terms.end_date)


def read_standing(message: enforcement_pb2.Standing) -> Standing:
    """Where a location stands, from its message."""
    assessment = read_assessment(message.assessment) if message.HasField("assessment") else None
    exclusions = (_read_exclusion(case) for case in message.cases)
    return Standing(assessment, tuple(exclusion for exclusion in exclusions if exclusion is not None))


def _read_exclusion(case: enforcement_pb2.Case) -> Exclusion | None:
    """The decision that takes the budget of the location away; None when the case has none that holds.

    While its revocation is before the representatives it still holds.
    """
    revoking = (
        case.state == enforcement_pb2.Case.STATE_BESLUIT_VOORGELEGD
        and case.proposal.kind == enforcement_pb2.DECISION_KIND_INTREKKING
    )
    if case.state not in _DECIDED and not revoking:
        return None
    taken = next(
        decision
        for decision in reversed(case.decisions)
        if decision.kind in _NEGATIVES and decision.outcome == enforcement_pb2.ProposedDecision.OUTCOME_GENOMEN
    )
    return Exclusion(case.name, _NEGATIVES[taken.kind], from_date(taken.concluded_date))


def _read_closure(message: closure_pb2.Closure) -> Closure:
    return Closure(
        closure_id=message.name.rpartition("/")[2],
        start=_minute(message.start_time),
        end=_minute(message.end_time) if message.HasField("end_time") else None,
        foreseen=message.foreseen if message.HasField("foreseen") else None,
    )


def _read_stop(message: stop_pb2.Stop) -> Stop:
    return Stop(
        stop_id=message.name.rpartition("/")[2],
        department=_DEPARTMENTS[message.department],
        start=_minute(message.start_time),
        end=_minute(message.end_time) if message.HasField("end_time") else None,
    )


def _minute(value: datetime_pb2.DateTime) -> int:
    # A year has thousands of these: without a datetime in between it takes half the time.
    day = day_start(date(value.year, value.month, value.day))
    return day + int(value.hours) * MINUTES_PER_HOUR + int(value.minutes)


def _parts(name: str) -> list[str]:
    """The identifiers in a resource name that a peer sent."""
    return name.split("/")[1::2]


_CARE_TYPES = {
    location_pb2.Location.CARE_TYPE_SEH: CareType.SEH,
    location_pb2.Location.CARE_TYPE_SPOEDPOLI: CareType.SPOEDPOLI,
}
_DECISIONS = {
    provider_pb2.Approval.DECISION_AKKOORD: Decision.AKKOORD,
    provider_pb2.Approval.DECISION_AFGEWEZEN: Decision.AFGEWEZEN,
}
_DECIDED = {enforcement_pb2.Case.STATE_GEEN_AANVRAAG, enforcement_pb2.Case.STATE_GEEN_BUDGET}
_NEGATIVES = {
    enforcement_pb2.DECISION_KIND_GEEN_AANVRAAG: Negative.GEEN_AANVRAAG,
    enforcement_pb2.DECISION_KIND_GEEN_BUDGET: Negative.GEEN_BUDGET,
}
_DEPARTMENTS = {
    stop_pb2.Stop.DEPARTMENT_SEH: Department.SEH,
    stop_pb2.Stop.DEPARTMENT_EHH: Department.EHH,
}
