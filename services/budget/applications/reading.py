"""What callers say about applications, read from their requests."""

import re
from datetime import date

from services.budget.applications.content import Consultation, Content
from services.budget.applications.messages import KINDS
from services.budget.applications.model import SIDES, Kind, NzaDecision, Outcome, Party, Role, Side
from services.runtime import names
from services.runtime.wire import MAX_REASON, Fields
from spoedkader.budget.v1 import application_pb2 as pb

MAX_DOCUMENT = 500
MAX_EXPLANATION = 2000
MAX_REFERENCE = 200


def read_draft(request: pb.CreateApplicationRequest, today: date) -> Content:
    """What a draft has to say, before it has a name and rests on anything. Raises DomainError INVALID_INPUT."""
    fields = Fields(request)
    (agb,) = fields.name("parent", names.PROVIDER, request.parent, allow_any=False)
    year = fields.year("budget_year", request.budget_year)
    fields.one_of("kind", request.kind, pb.Application.Kind.values())
    kind = _KINDS.get(request.kind, Kind.GEZAMENLIJK)
    consultation = None
    if request.HasField("consultation"):
        consultation = read_consultation(fields, "consultation", request.consultation, today)
    elif SIDES[kind] is not Side.SAMEN:
        fields.wrong("consultation", "is verplicht bij een eenzijdige aanvraag")
    if (kind is Kind.VERVOLG_NA_AFWIJZING) != bool(request.follows):
        fields.wrong("follows", "hoort bij een vervolg na afwijzing, en is daar verplicht")
    content = Content(
        name="",
        agb=agb,
        provider_name="",
        budget_year=year,
        kind=kind,
        lines=(),
        parties=(),
        consultation=consultation,
        amends=_other(fields, "amends", request.amends, agb, year),
        follows=_other(fields, "follows", request.follows, agb, year),
        explanation=fields.text("explanation", request.explanation, MAX_EXPLANATION),
        calculation={},
        conditions={},
    )
    fields.check()
    return content


def read_consultation(fields: Fields, field: str, message: pb.Consultation, today: date) -> Consultation:
    """What parties tell about their consultation; last day and summary are required when it took place."""
    last_on = fields.optional_date(f"{field}.last_date", message)
    if message.took_place and last_on is None:
        fields.wrong(f"{field}.last_date", "is verplicht als er overleg was")
    if last_on is not None and not message.took_place:
        fields.wrong(f"{field}.last_date", "hoort alleen bij overleg dat er was")
    if last_on is not None and last_on > today:
        fields.wrong(f"{field}.last_date", "mag niet na vandaag liggen")
    return Consultation(
        message.took_place,
        last_on,
        fields.text(f"{field}.summary", message.summary, MAX_REASON, required=message.took_place),
        fields.text(f"{field}.document", message.document, MAX_DOCUMENT),
    )


def read_party(fields: Fields, field: str, message: pb.Party) -> Party:
    """A party."""
    if message.WhichOneof("party") == "insurer":
        return Party(Role.INSURER, fields.digits(f"{field}.insurer", message.insurer, 4))
    if message.WhichOneof("party") == "provider":
        return Party(Role.PROVIDER, fields.digits(f"{field}.provider", message.provider, 8))
    fields.wrong(field, "is verplicht")
    return Party(Role.PROVIDER, "")


def read_digest(fields: Fields, field: str, value: str) -> str:
    """A digest of what an application says."""
    if not re.fullmatch("sha256:[0-9a-f]{64}", value):
        fields.wrong(field, "moet sha256: en 64 hexadecimale cijfers zijn")
    return value


def read_decision(fields: Fields, field: str, message: pb.NzaDecision, today: date) -> NzaDecision:
    """A decision of the NZa, of today or earlier."""
    fields.one_of(f"{field}.outcome", message.outcome, pb.NzaDecision.Outcome.values())
    decided_on = fields.date(f"{field}.decided_date", message)
    if decided_on > today:
        fields.wrong(f"{field}.decided_date", "mag niet na vandaag liggen")
    return NzaDecision(
        outcome=_OUTCOMES.get(message.outcome, Outcome.AFGEWEZEN),
        amount_cents=fields.cents(f"{field}.amount", message),
        decided_on=decided_on,
        document=fields.text(f"{field}.document", message.document, MAX_DOCUMENT, required=True),
        reason=fields.text(f"{field}.reason", message.reason, MAX_REASON),
    )


def _other(fields: Fields, field: str, name: str, agb: str, year: int) -> str:
    """The name of another application of the provider and year; empty when there is none."""
    if not name:
        return ""
    other_agb, identifier = fields.name(field, names.APPLICATION, name, allow_any=False)
    if identifier and (other_agb != agb or not identifier.startswith(f"{year}-")):
        fields.wrong(field, "moet van dezelfde zorgaanbieder en hetzelfde jaar zijn")
    return name


_KINDS = {number: kind for kind, number in KINDS.items()}
_OUTCOMES = {pb.NzaDecision.Outcome.Value(f"OUTCOME_{outcome}"): outcome for outcome in Outcome}
