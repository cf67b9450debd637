"""Loads facts in bulk: every part is checked and stored in one transaction, which is kept only when all is well."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from services.registry.attestations.api import read_attestation
from services.registry.attestations.store import ATTESTATIONS
from services.registry.events.api import owners_of_locations, read_closure, read_stop
from services.registry.events.model import Event
from services.registry.events.store import EVENTS, EVENTS_BY_ID
from services.registry.locations.api import read_location, read_opening_hours
from services.registry.locations.store import LOCATIONS, OPENING_HOURS
from services.registry.providers.api import DECISIONS, read_decision, read_provider
from services.registry.providers.model import Approval, Decision, Review
from services.registry.providers.store import APPROVALS, PROVIDERS
from services.registry.rounds.api import read_round
from services.registry.rounds.store import ROUNDS
from services.runtime import names
from services.runtime.versions import Counts, History, Stamp
from services.runtime.wire import Fields
from spoedkader.registry.v1 import snapshot_pb2 as pb

MAX_RESOURCES = 2000


class Import:
    """One load, from its first part to its last."""

    def __init__(self, connection: Connection, stamp: Stamp) -> None:
        self._connection = connection
        self._stamp = stamp
        self._counts: dict[str, Counts] = {}
        self._reviews = {stored.value.agb: stored.value.review for stored in PROVIDERS.every.all(connection)}
        self._owners = owners_of_locations(connection, names.ANY)

    def take(self, parts: Iterable[pb.ImportFactsRequest]) -> pb.ImportFactsResponse:
        """Stores every part and tells what that did.

        Raises:
            DomainError: a part has wrong fields; every one of that part is named.
        """
        for part in parts:
            self._take_part(part)
        return pb.ImportFactsResponse(
            counts=[
                pb.ImportFactsResponse.Count(
                    collection=collection,
                    created=counts.created,
                    updated=counts.updated,
                    unchanged=counts.unchanged,
                )
                for collection, counts in self._counts.items()
            ]
        )

    def _take_part(self, part: pb.ImportFactsRequest) -> None:
        fields = Fields()
        size = sum(len(getattr(part, collection)) for collection in _COLLECTIONS)
        if size > MAX_RESOURCES:
            fields.wrong("", f"een deel mag hoogstens {MAX_RESOURCES} gegevens bevatten")
            fields.check()
        # What is referred to comes before what refers to it.
        read: list[tuple[str, History[Any, Any], list[Any]]] = [
            ("rounds", ROUNDS, self._read(fields, part, "rounds", ROUNDS, self._round)),
            ("providers", PROVIDERS, self._read(fields, part, "providers", PROVIDERS, self._provider)),
            ("approvals", APPROVALS, self._read(fields, part, "approvals", APPROVALS, self._approval)),
            ("locations", LOCATIONS, self._read(fields, part, "locations", LOCATIONS, self._location)),
            (
                "opening_hours",
                OPENING_HOURS,
                self._read(fields, part, "opening_hours", OPENING_HOURS, self._opening_hours),
            ),
            ("closures", EVENTS, self._read_events(fields, part, "closures", self._closure)),
            ("stops", EVENTS, self._read_events(fields, part, "stops", self._stop)),
            ("attestations", ATTESTATIONS, self._read(fields, part, "attestations", ATTESTATIONS, self._attestation)),
        ]
        fields.check()
        for collection, history, models in read:
            if models:
                counts = history.put_all(self._connection, models, self._stamp)
                self._counts[collection] = self._counts.get(collection, Counts()) + counts

    def _read(
        self,
        fields: Fields,
        part: pb.ImportFactsRequest,
        collection: str,
        history: History[Any, Any],
        read: Callable[[Fields, str, Any], Any],
    ) -> list[Any]:
        seen: set[Any] = set()
        models = []
        for index, message in enumerate(getattr(part, collection)):
            path = f"{collection}[{index}]"
            model = read(fields, path, message)
            # Two names can mean the same, for some may leave their parent open.
            key = history.key(model)
            if key in seen and "" not in key:
                fields.wrong(f"{path}.name", f"{message.name} staat dubbel")
            seen.add(key)
            models.append(model)
        return models

    def _read_events(
        self,
        fields: Fields,
        part: pb.ImportFactsRequest,
        collection: str,
        read: Callable[[Fields, str, Any], Event],
    ) -> list[Event]:
        """Events, which belong to the location they were first reported for and stay withdrawn once they are."""
        events = self._read(fields, part, collection, EVENTS, read)
        ids = [event.event_id for event in events]
        if not events:
            return events
        known = EVENTS_BY_ID.all(self._connection, kind=events[0].kind.value, event_ids=ids)
        stored = {found.value.event_id: found.value for found in known}
        for index, event in enumerate(events):
            before = stored.get(event.event_id)
            if before is not None and before.location_id != event.location_id:
                fields.wrong(f"{collection}[{index}].name", "de identificatie hoort bij een andere locatie")
            if before is not None and before.withdrawn:
                fields.wrong(f"{collection}[{index}].name", f"{event.event_id} is ingetrokken")
        return events

    def _round(self, fields: Fields, path: str, message: Any) -> Any:
        (year,) = fields.name(f"{path}.name", names.ROUND, message.name)
        return read_round(fields, path, year, message)

    def _provider(self, fields: Fields, path: str, message: Any) -> Any:
        (agb,) = fields.name(f"{path}.name", names.PROVIDER, message.name, allow_any=False)
        return read_provider(fields, path, agb, message, self._reviews.setdefault(agb, Review()))

    def _approval(self, fields: Fields, path: str, message: Any) -> Approval:
        agb, approval_id = fields.name(f"{path}.name", names.APPROVAL, message.name, allow_any=False)
        if agb not in self._reviews:
            fields.wrong(f"{path}.name", f"aanbieder {agb} bestaat niet")
        insurer, decided_on, reason = read_decision(fields, path, message)
        decision = fields.one_of(f"{path}.decision", message.decision, list(_DECISIONS))
        return Approval(agb, approval_id, insurer, _DECISIONS.get(decision, Decision.AFGEWEZEN), decided_on, reason)

    def _location(self, fields: Fields, path: str, message: Any) -> Any:
        agb, location_id = fields.name(f"{path}.name", names.LOCATION, message.name, allow_any=False)
        if agb not in self._reviews:
            fields.wrong(f"{path}.name", f"aanbieder {agb} bestaat niet")
        if self._owners.setdefault(location_id, agb) != agb:
            fields.wrong(f"{path}.name", f"de identificatie {location_id} hoort bij een andere aanbieder")
        return read_location(fields, path, agb, location_id, message)

    def _opening_hours(self, fields: Fields, path: str, message: Any) -> Any:
        agb, location_id = fields.name(f"{path}.name", names.OPENING_HOURS, message.name)
        self._require_location(fields, path, agb, location_id)
        return read_opening_hours(fields, path, location_id, message)

    def _closure(self, fields: Fields, path: str, message: Any) -> Event:
        agb, location_id, closure_id = fields.name(f"{path}.name", names.CLOSURE, message.name)
        self._require_location(fields, path, agb, location_id)
        return read_closure(fields, path, location_id, closure_id, message)

    def _stop(self, fields: Fields, path: str, message: Any) -> Event:
        agb, location_id, stop_id = fields.name(f"{path}.name", names.STOP, message.name)
        self._require_location(fields, path, agb, location_id)
        return read_stop(fields, path, location_id, stop_id, message)

    def _attestation(self, fields: Fields, path: str, message: Any) -> Any:
        agb, attestation_id = fields.name(f"{path}.name", names.ATTESTATION, message.name, allow_any=False)
        if agb not in self._reviews:
            fields.wrong(f"{path}.name", f"aanbieder {agb} bestaat niet")
        attestation = read_attestation(fields, path, agb, message)
        if attestation_id != attestation.attestation_id:
            fields.wrong(f"{path}.name", f"moet op {attestation.attestation_id} eindigen")
        return attestation

    def _require_location(self, fields: Fields, path: str, agb: str, location_id: str) -> None:
        if self._owners.get(location_id) is None or agb not in (names.ANY, self._owners[location_id]):
            fields.wrong(f"{path}.name", f"locatie {location_id} bestaat niet")


_COLLECTIONS = tuple(field.name for field in pb.ImportFactsRequest.DESCRIPTOR.fields if field.is_repeated)
_DECISIONS: dict[int, Decision] = {number: decision for decision, number in DECISIONS.items()}
