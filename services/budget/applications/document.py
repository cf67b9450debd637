"""An application as a document to read, to print and to keep."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from fractions import Fraction

from google.type import money_pb2

from services.budget.applications.attention import NORM_AMOUNT
from services.budget.applications.content import Content, Line
from services.budget.applications.model import LEGAL_GROUNDS
from services.budget.applications.traced import calculation_blocks, parameter_blocks
from services.budget.applications.wording import KINDS, STATES, party_text
from services.budget.trace import cents_text, hours_text, share_text
from services.documents.dutch import day_text, moment_text
from services.documents.model import Block, Document, Facts, Figure, Heading, Notice, Paragraph, Table
from services.runtime import names
from services.runtime.wire import from_date, from_money
from spoedkader.budget.v1 import application_pb2 as pb
from spoedkader.budget.v1 import condition_pb2, outlook_pb2

Application = pb.Application

_STATUSES = {
    condition_pb2.Condition.STATUS_UNSPECIFIED: "onbekend",
    condition_pb2.Condition.STATUS_VOLDAAN: "voldaan",
    condition_pb2.Condition.STATUS_NIET_VOLDAAN: "niet voldaan",
    condition_pb2.Condition.STATUS_ONBEKEND: "onbekend",
    condition_pb2.Condition.STATUS_NIET_VAN_TOEPASSING: "niet van toepassing",
}
_ACTORS = {
    condition_pb2.Shortfall.ACTOR_UNSPECIFIED: "",
    condition_pb2.Shortfall.ACTOR_ZORGAANBIEDER: "zorgaanbieder",
    condition_pb2.Shortfall.ACTOR_VERZEKERAARS: "verzekeraars",
    condition_pb2.Shortfall.ACTOR_SAMEN: "zorgaanbieder en verzekeraars samen",
}
_OUTCOMES = {
    pb.NzaDecision.OUTCOME_UNSPECIFIED: "",
    pb.NzaDecision.OUTCOME_GEHEEL: "geheel toegewezen",
    pb.NzaDecision.OUTCOME_GEDEELTELIJK: "gedeeltelijk toegewezen",
    pb.NzaDecision.OUTCOME_AFGEWEZEN: "afgewezen",
}


def application_document(
    application: Application, content: Content, difference: outlook_pb2.CalculationDifference | None
) -> Document:
    """The document of an application, which says `content`.

    `difference` is that with the calculation of the one that it amends.
    """
    location_names = {line.location: _called(line) for line in content.lines}
    kind, ground = KINDS[application.kind]
    return Document(
        title=f"Aanvraag budget SEH {application.budget_year}",
        subtitle=f"{kind} ({LEGAL_GROUNDS[ground]})",
        reference=f"{application.name} · {application.content_digest}",
        made_at=application.update_time.ToDatetime(tzinfo=UTC),
        blocks=(
            *_standing(application),
            Figure(f"Aangevraagd budget voor {application.budget_year}", _amount(application.amount)),
            _parties(application, content.provider_name),
            Notice(NORM_AMOUNT),
            *_explanation(application),
            *_lines(application, location_names),
            *(_difference(difference) if difference is not None else ()),
            *_consultation(application),
            *_conditions(application.conditions),
            *_signatures(application),
            *_decision(application),
            *_account(application),
            *calculation_blocks(application.calculation, location_names),
            *parameter_blocks(application.calculation),
        ),
    )


def _standing(application: Application) -> Iterator[Block]:
    if application.state == Application.STATE_CONCEPT:
        waiting = ", ".join(party_text(party) for party in application.waiting_for)
        yield Notice(f"Concept. Nog niet ondertekend door: {waiting}.")
    if application.state == Application.STATE_INGETROKKEN:
        yield Notice("Deze aanvraag is ingetrokken.")


def _parties(application: Application, provider_name: str) -> Facts:
    agb = names.parts(names.APPLICATION, application.name)[0]
    rows = [
        ("Zorgaanbieder", f"{provider_name} (AGB-code {agb})"),
        ("Ondertekenaars", "\n".join(party_text(party) for party in _signers(application))),
        ("Budgetjaar", str(application.budget_year)),
        ("Stand", STATES[application.state]),
    ]
    if application.HasField("submitted_date"):
        reference = f", kenmerk {application.nza_reference}" if application.nza_reference else ""
        rows.append(("Ingediend bij de NZa", day_text(from_date(application.submitted_date)) + reference))
    if application.HasField("filing_deadline_date"):
        rows.append(("Uiterste dag van indienen", day_text(from_date(application.filing_deadline_date))))
    if application.amends:
        rows.append(("Wijzigt", application.amends))
    if application.follows:
        rows.append(("Volgt op", application.follows))
    return Facts(tuple(rows))


def _signers(application: Application) -> Iterator[pb.Party]:
    yield from (signature.party for signature in application.signatures)
    yield from application.waiting_for


def _explanation(application: Application) -> Iterator[Block]:
    if application.explanation:
        yield Heading("Toelichting")
        yield Paragraph(application.explanation)


def _called(line: Line) -> str:
    identifier = line.location.rpartition("/")[2]
    return f"{line.display_name} ({identifier})" if line.display_name else identifier


def _lines(application: Application, location_names: Mapping[str, str]) -> Iterator[Block]:
    availabilities = {each.location: each.availability for each in application.calculation.locations}
    rows = []
    for line in application.lines:
        found = availabilities[line.location]
        share = share_text(Fraction(found.closed_share.numerator, found.closed_share.denominator))
        rows.append(
            (
                location_names[line.location],
                hours_text(found.closed_minutes),
                share,
                _amount(line.amount),
                line.excluded_because or line.decided_against,
            )
        )
    total = ("Totaal", "", "", _amount(application.amount), "")
    # Where nothing is left out or disputed, the column of remarks would be empty.
    remarked = any(row[-1] for row in rows)
    header = ("Locatie", "Gesloten", "Deel van het jaar", "Bedrag", "Opmerking")[: 5 if remarked else 4]
    yield Heading("Aangevraagd per locatie")
    yield Table(header, tuple(row[: len(header)] for row in [*rows, total]), right=frozenset({3}), total=True)


def _difference(difference: outlook_pb2.CalculationDifference) -> Iterator[Block]:
    yield Heading("Verschil met de aanvraag die wordt gewijzigd")
    yield Facts(
        (
            ("Berekening van toen", f"{_amount(difference.from_budget)} ({difference.from_calculation})"),
            ("Berekening nu", f"{_amount(difference.to_budget)} ({difference.to_calculation})"),
            ("Verschil", _amount(difference.difference)),
        )
    )
    changes = [
        (change.location.rpartition("/")[2] or "zorgaanbieder", change.description, _amount(change.effect))
        for change in difference.changes
    ]
    if changes:
        yield Table(("Waar", "Wat er veranderde", "Gevolg"), tuple(changes), right=frozenset({2}))
    else:
        yield Paragraph("Tussen beide berekeningen is niets veranderd.")


def _consultation(application: Application) -> Iterator[Block]:
    if not application.HasField("consultation"):
        return
    consultation = application.consultation
    yield Heading("Overleg tussen partijen")
    rows = [("Overleg", "heeft plaatsgevonden" if consultation.took_place else "heeft niet plaatsgevonden")]
    if consultation.HasField("last_date"):
        rows.append(("Laatste overleg", day_text(from_date(consultation.last_date))))
    if consultation.summary:
        rows.append(("Samenvatting", consultation.summary))
    if consultation.document:
        rows.append(("Verslag", consultation.document))
    yield Facts(tuple(rows))


def _conditions(conditions: condition_pb2.Conditions) -> Iterator[Block]:
    yield Heading("Voorwaarden van het inkoopkader")
    yield Paragraph(f"Beoordeeld naar de stand van {day_text(from_date(conditions.as_of_date))}.")
    rows = tuple(
        (
            str(condition.number),
            condition.title,
            _STATUSES[condition.status],
            "\n".join(_missing(condition)) or "–",
        )
        for condition in conditions.conditions
    )
    yield Table(("Nr.", "Voorwaarde", "Oordeel", "Wat ontbreekt of opvalt"), rows)


def _missing(condition: condition_pb2.Condition) -> Iterator[str]:
    yield from (_shortfall(shortfall) for shortfall in condition.shortfalls)
    yield from (f"Opmerking. {_shortfall(remark)}" for remark in condition.remarks)


def _shortfall(shortfall: condition_pb2.Shortfall) -> str:
    about = f"{shortfall.location.rpartition('/')[2]}: " if shortfall.location else ""
    details = [_ACTORS[shortfall.actor]] if _ACTORS[shortfall.actor] else []
    if shortfall.HasField("due_date"):
        details.append(f"uiterlijk {day_text(from_date(shortfall.due_date))}")
    if shortfall.overdue:
        details.append("termijn voorbij")
    return f"{about}{shortfall.description.rstrip('.')}" + (f" ({'; '.join(details)})." if details else ".")


def _signatures(application: Application) -> Iterator[Block]:
    rows: list[Sequence[str]] = [
        (
            party_text(signature.party),
            signature.actor,
            moment_text(signature.create_time.ToDatetime(tzinfo=UTC)),
            signature.content_digest,
        )
        for signature in application.signatures
    ]
    rows += [(party_text(party), "nog niet ondertekend", "", "") for party in application.waiting_for]
    yield Heading("Ondertekening")
    yield Paragraph(
        "Elke partij ondertekent met een eigen gebruiker precies wat deze aanvraag zegt, onder de digest daarvan."
    )
    header = ("Partij", "Gebruiker", "Moment", "Digest van wat is ondertekend")
    yield Table(header, tuple(tuple(row) for row in rows))


def _decision(application: Application) -> Iterator[Block]:
    if not application.HasField("nza_decision"):
        return
    decision = application.nza_decision
    rows = [
        ("Besluit", _OUTCOMES[decision.outcome]),
        ("Bedrag", _amount(decision.amount)),
        ("Datum", day_text(from_date(decision.decided_date))),
        ("Kenmerk", decision.document),
    ]
    if decision.reason:
        rows.append(("Reden", decision.reason))
    yield Heading("Besluit van de NZa")
    yield Facts(tuple(rows))


def _account(application: Application) -> Iterator[Block]:
    calculation, conditions = application.calculation, application.conditions
    yield Heading("Verantwoording")
    yield Paragraph(
        "De digest hieronder is de SHA-256 van de inhoud als JSON, zoals de export die geeft. De aanvraag is met de "
        "bewaarde feiten en regels tot op de byte opnieuw uit te rekenen (ReplayApplication)."
    )
    yield Facts(
        (
            ("Digest van de inhoud", application.content_digest),
            ("Berekening", calculation.name),
            ("Digest van de feiten", calculation.input_digest),
            ("Digest van de rekenregels", calculation.rules_revision),
            ("Digest van de voorwaarden", conditions.policy_revision),
            ("Beoordeeld met", conditions.engine),
        )
    )


def _amount(money: money_pb2.Money) -> str:
    return cents_text(from_money(money))
