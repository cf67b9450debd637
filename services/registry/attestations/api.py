"""The attestation service."""

import grpc
from sqlalchemy import Connection

from services.registry.attestations.model import Attestation, Kind
from services.registry.attestations.store import ATTESTATIONS, ATTESTATIONS_OF_PROVIDER
from services.registry.providers.store import PROVIDERS
from services.runtime import names
from services.runtime.errors import not_found
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from services.runtime.wire import Fields, to_date, to_timestamp
from spoedkader.registry.v1 import attestation_pb2 as pb
from spoedkader.registry.v1 import attestation_pb2_grpc as rpc

MAX_DOCUMENT = 500
SERVICE = pb.DESCRIPTOR.services_by_name["AttestationService"].full_name


class AttestationServicer(rpc.AttestationServiceServicer):
    """`spoedkader.registry.v1.AttestationService`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def RecordAttestation(self, request: pb.RecordAttestationRequest, context: grpc.ServicerContext) -> pb.Attestation:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent, allow_any=False)
        attestation = read_attestation(fields, "attestation", agb, request.attestation)
        fields.check()

        def act(connection: Connection, stamp: Stamp) -> pb.Attestation:
            if PROVIDERS.get(connection, agb) is None:
                raise not_found(request.parent)
            return write_attestation(ATTESTATIONS.put(connection, attestation, stamp))

        return self._transactions.write(request, context, pb.Attestation, act)

    def GetAttestation(self, request: pb.GetAttestationRequest, context: grpc.ServicerContext) -> pb.Attestation:
        fields = Fields(request)
        agb, attestation_id = fields.name("name", names.ATTESTATION, request.name, allow_any=False)
        fields.check()
        with self._transactions.read() as connection:
            for stored in ATTESTATIONS_OF_PROVIDER.all(connection, agb=agb):
                if stored.value.attestation_id == attestation_id:
                    return write_attestation(stored)
        raise not_found(request.name)

    def ListAttestations(
        self, request: pb.ListAttestationsRequest, context: grpc.ServicerContext
    ) -> pb.ListAttestationsResponse:
        fields = Fields(request)
        (agb,) = fields.name("parent", names.PROVIDER, request.parent)
        fields.check()
        page = read_page(request)
        with self._transactions.read() as connection:
            if agb == names.ANY:
                shown, token = ATTESTATIONS.every.page(connection, page)
            else:
                if PROVIDERS.get(connection, agb) is None:
                    raise not_found(request.parent)
                shown, token = ATTESTATIONS_OF_PROVIDER.page(connection, page, agb=agb)
        return pb.ListAttestationsResponse(
            attestations=[write_attestation(stored) for stored in shown], next_page_token=token
        )


def read_attestation(fields: Fields, path: str, agb: str, message: pb.Attestation) -> Attestation:
    """A declaration from its message; `path` is where the message stands in the request."""
    kind = fields.one_of(f"{path}.kind", message.kind, list(_KINDS))
    return Attestation(
        agb=agb,
        budget_year=fields.year(f"{path}.budget_year", message.budget_year),
        kind=_KINDS.get(kind, Kind.SCHONING),
        attested_on=fields.date(f"{path}.attested_date", message),
        document=fields.text(f"{path}.document", message.document, MAX_DOCUMENT),
    )


def write_attestation(stored: Stored[Attestation]) -> pb.Attestation:
    """The message of a declaration."""
    attestation = stored.value
    return pb.Attestation(
        name=names.ATTESTATION.format(provider=attestation.agb, attestation=attestation.attestation_id),
        budget_year=attestation.budget_year,
        kind=_KIND_NUMBERS[attestation.kind],
        attested_date=to_date(attestation.attested_on),
        document=attestation.document,
        update_time=to_timestamp(stored.recorded_at),
    )


_KIND_NUMBERS = {
    Kind.RIVM_UITVRAAG: pb.Attestation.KIND_RIVM_UITVRAAG,
    Kind.SCHONING: pb.Attestation.KIND_SCHONING,
    Kind.OVERLOOP_DBC: pb.Attestation.KIND_OVERLOOP_DBC,
    Kind.TIJDLIJN: pb.Attestation.KIND_TIJDLIJN,
}
_KINDS: dict[int, Kind] = {number: kind for kind, number in _KIND_NUMBERS.items()}
