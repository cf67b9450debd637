"""How an application is called in Dutch."""

from services.budget.applications.model import Kind
from spoedkader.budget.v1 import application_pb2 as pb

KINDS = {
    pb.Application.KIND_GEZAMENLIJK: ("Gezamenlijke aanvraag", Kind.GEZAMENLIJK),
    pb.Application.KIND_EENZIJDIG_AANBIEDER: (
        "Eenzijdige aanvraag van de zorgaanbieder",
        Kind.EENZIJDIG_AANBIEDER,
    ),
    pb.Application.KIND_EENZIJDIG_VERZEKERAAR: (
        "Eenzijdige aanvraag van de zorgverzekeraars",
        Kind.EENZIJDIG_VERZEKERAAR,
    ),
    pb.Application.KIND_VERVOLG_NA_AFWIJZING: (
        "Gezamenlijke vervolgaanvraag na een afwijzing",
        Kind.VERVOLG_NA_AFWIJZING,
    ),
}
STATES = {
    pb.Application.STATE_CONCEPT: "concept",
    pb.Application.STATE_ONDERTEKEND: "ondertekend door alle partijen",
    pb.Application.STATE_INGEDIEND: "ingediend bij de NZa",
    pb.Application.STATE_TOEGEWEZEN: "toegewezen door de NZa",
    pb.Application.STATE_GEDEELTELIJK_TOEGEWEZEN: "gedeeltelijk toegewezen door de NZa",
    pb.Application.STATE_AFGEWEZEN: "afgewezen door de NZa",
    pb.Application.STATE_INGETROKKEN: "ingetrokken",
}


def party_text(party: pb.Party) -> str:
    """As in `zorgverzekeraar 9101`."""
    if party.WhichOneof("party") == "provider":
        return f"zorgaanbieder {party.provider}"
    return f"zorgverzekeraar {party.insurer}"
