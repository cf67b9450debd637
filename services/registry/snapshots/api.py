"""The snapshot service: facts that belong together, and the loading of a whole round."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import grpc
from sqlalchemy import Connection

from services.registry.events.api import write_closure, write_stop
from services.registry.events.model import Event, Kind
from services.registry.events.store import EVENTS_TOUCHING
from services.registry.locations.api import find_location, write_location, write_opening_hours
from services.registry.locations.model import Location
from services.registry.locations.store import LOCATIONS_OF_PROVIDERS, OPENING_HOURS_OF_LOCATIONS
from services.registry.providers.api import write_approval, write_provider
from services.registry.providers.model import Approval, Provider
from services.registry.providers.store import APPROVALS_OF_PROVIDERS, PROVIDERS
from services.registry.rounds.api import require_round, write_round
from services.registry.snapshots.importing import Import
from services.runtime import names
from services.runtime.errors import not_found
from services.runtime.kept import Kept
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stored
from services.runtime.wire import Fields
from spoedkader.registry.v1 import snapshot_pb2 as pb
from spoedkader.registry.v1 import snapshot_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["SnapshotService"].full_name


class SnapshotServicer(rpc.SnapshotServiceServicer):
    """`spoedkader.registry.v1.SnapshotService`."""

    def __init__(self, transactions: Transactions, new_after: date) -> None:
        self._transactions = transactions
        self._new_after = new_after
        self._kept = Kept(transactions)

    def GetProviderSnapshot(
        self, request: pb.GetProviderSnapshotRequest, context: grpc.ServicerContext
    ) -> pb.ProviderSnapshot:
        fields = Fields(request)
        (agb,) = fields.name("name", names.PROVIDER, request.name, allow_any=False)
        year = fields.year("budget_year", request.budget_year)
        as_of = fields.moment("as_of_time", request)
        _check_view(fields, request.view)
        fields.check()

        def make(connection: Connection) -> pb.ProviderSnapshot:
            round_ = write_round(require_round(connection, year, as_of))
            provider = PROVIDERS.get(connection, agb, as_of=as_of)
            if provider is None:
                raise not_found(request.name)
            (snapshot,) = self._snapshots(connection, [provider], year, request.view, as_of)
            snapshot.round.CopyFrom(round_)
            return snapshot

        return self._kept.answer(request, make)

    def GetLocationSnapshot(
        self, request: pb.GetLocationSnapshotRequest, context: grpc.ServicerContext
    ) -> pb.LocationSnapshot:
        fields = Fields(request)
        agb, location_id = fields.name("name", names.LOCATION, request.name)
        year = fields.year("budget_year", request.budget_year)
        as_of = fields.moment("as_of_time", request)
        _check_view(fields, request.view)
        fields.check()

        def make(connection: Connection) -> pb.LocationSnapshot:
            round_ = write_round(require_round(connection, year, as_of))
            location = find_location(connection, agb, location_id, as_of)
            (snapshot,) = _locations(connection, [location], year, request.view, as_of)
            snapshot.round.CopyFrom(round_)
            return snapshot

        return self._kept.answer(request, make)

    def ListProviderSnapshots(
        self, request: pb.ListProviderSnapshotsRequest, context: grpc.ServicerContext
    ) -> pb.ListProviderSnapshotsResponse:
        fields = Fields(request)
        year = fields.year("budget_year", request.budget_year)
        as_of = fields.moment("as_of_time", request)
        _check_view(fields, request.view)
        fields.check()
        page = read_page(request, default=10, most=50)
        with self._transactions.read() as connection:
            round_ = write_round(require_round(connection, year, as_of))
            shown, token = PROVIDERS.every.page(connection, page, as_of=as_of)
            snapshots = self._snapshots(connection, shown, year, request.view, as_of)
        for snapshot in snapshots:
            snapshot.round.CopyFrom(round_)
        return pb.ListProviderSnapshotsResponse(snapshots=snapshots, next_page_token=token)

    def ImportFacts(
        self, request_iterator: Iterator[pb.ImportFactsRequest], context: grpc.ServicerContext
    ) -> pb.ImportFactsResponse:
        return self._transactions.write_stream(
            request_iterator,
            context,
            lambda connection, stamp, parts: Import(connection, stamp).take(parts),
        )

    def _snapshots(
        self,
        connection: Connection,
        providers: Sequence[Stored[Provider]],
        year: int,
        view: int,
        as_of: datetime | None,
    ) -> list[pb.ProviderSnapshot]:
        agbs = [stored.value.agb for stored in providers]
        approvals: dict[str, list[Stored[Approval]]] = {agb: [] for agb in agbs}
        for approval in APPROVALS_OF_PROVIDERS.all(connection, as_of=as_of, agbs=agbs):
            approvals[approval.value.agb].append(approval)
        locations = LOCATIONS_OF_PROVIDERS.all(connection, as_of=as_of, agbs=agbs)
        by_provider: dict[str, list[pb.LocationSnapshot]] = {agb: [] for agb in agbs}
        for location, snapshot in zip(locations, _locations(connection, locations, year, view, as_of), strict=True):
            by_provider[location.value.agb].append(snapshot)
        return [
            pb.ProviderSnapshot(
                provider=write_provider(stored, [a.value for a in approvals[stored.value.agb]], self._new_after),
                approvals=[write_approval(approval) for approval in approvals[stored.value.agb]],
                locations=by_provider[stored.value.agb],
            )
            for stored in providers
        ]


def _check_view(fields: Fields, view: int) -> None:
    # Taken for a smaller view, an unknown one would leave out events that the caller counts on.
    if view not in _KINDS:
        fields.wrong("view", f"heeft geen betekenis: {view}")


def _locations(
    connection: Connection,
    locations: Sequence[Stored[Location]],
    year: int,
    view: int,
    as_of: datetime | None,
) -> list[pb.LocationSnapshot]:
    ids = [stored.value.location_id for stored in locations]
    hours = {
        stored.value.location_id: stored
        for stored in OPENING_HOURS_OF_LOCATIONS.all(connection, as_of=as_of, location_ids=ids)
    }
    kinds = _KINDS[view]
    events: dict[tuple[str, Kind], list[Stored[Event]]] = {}
    if kinds:
        touching = EVENTS_TOUCHING.all(
            connection,
            as_of=as_of,
            location_ids=ids,
            kinds=[kind.value for kind in kinds],
            since=datetime(year, 1, 1),
            until=datetime(year + 1, 1, 1),
        )
        for event in touching:
            events.setdefault((event.value.location_id, event.value.kind), []).append(event)
    return [
        pb.LocationSnapshot(
            location=write_location(stored),
            opening_hours=write_opening_hours(stored.value, hours.get(stored.value.location_id)),
            closures=[
                write_closure(event, stored.value.agb)
                for event in events.get((stored.value.location_id, Kind.CLOSURE), [])
            ],
            stops=[
                write_stop(event, stored.value.agb) for event in events.get((stored.value.location_id, Kind.STOP), [])
            ],
        )
        for stored in locations
    ]


_KINDS: dict[int, tuple[Kind, ...]] = {
    pb.SNAPSHOT_VIEW_UNSPECIFIED: (),
    pb.SNAPSHOT_VIEW_BASIC: (),
    pb.SNAPSHOT_VIEW_CLOSURES: (Kind.CLOSURE,),
    pb.SNAPSHOT_VIEW_FULL: (Kind.CLOSURE, Kind.STOP),
}
