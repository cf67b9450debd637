"""The deadlines of purchasing: new providers, declarations, obligations, applications and their signatures."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from services.budget.calendar.model import Deadline, Kind
from services.runtime import names
from services.runtime.wire import from_date
from spoedkader.budget.v1 import application_pb2, obligation_pb2
from spoedkader.registry.v1 import attestation_pb2, provider_pb2, snapshot_pb2

Attestation = attestation_pb2.Attestation
Application = application_pb2.Application

_DECLARATIONS = {
    Attestation.KIND_RIVM_UITVRAAG: "dat de RIVM-uitvraag tijdig en volledig is beantwoord",
    Attestation.KIND_SCHONING: "dat de schoningsafspraken worden nagekomen",
    Attestation.KIND_OVERLOOP_DBC: "dat overloop-DBC's volledig worden geneutraliseerd",
    Attestation.KIND_TIJDLIJN: "dat de afgesproken tijdlijnen worden gevolgd",
}
_HANDED_IN = {
    Application.STATE_INGEDIEND,
    Application.STATE_TOEGEWEZEN,
    Application.STATE_GEDEELTELIJK_TOEGEWEZEN,
    Application.STATE_AFGEWEZEN,
}
_DUTIES = {
    obligation_pb2.Duty.KIND_STRUCTURELE_SLUITING: "Informeer de verzekeraars over de structurele sluiting van",
    obligation_pb2.Duty.KIND_SEH_STOPS: "Leg verantwoording af over de SEH-stops van",
}


def of_provider(
    snapshot: snapshot_pb2.ProviderSnapshot,
    attested: Collection[int],
    applications: Sequence[application_pb2.Application],
    budget_year: int,
    filing_deadline: date | None,
) -> Iterator[Deadline]:
    """What one provider and its representatives have to do; `attested` are the kinds of its declarations (AMB-50)."""
    provider = snapshot.provider
    (agb,) = names.parts(names.PROVIDER, provider.name)
    if provider.state in (provider_pb2.Provider.STATE_PROPOSED, provider_pb2.Provider.STATE_MORE_INFORMATION_NEEDED):
        title = "Geef de informatie die voor het akkoord nodig is"
        description = provider.requested_information
        yield Deadline(Kind.NIEUWE_AANBIEDER, agb, provider.name, title, description=description)
    elif provider.state == provider_pb2.Provider.STATE_UNDER_REVIEW:
        title = f"Besluit over de nieuwe aanbieder {provider.display_name}"
        yield Deadline(Kind.NIEUWE_AANBIEDER, agb, provider.name, title, filing_deadline, insurers=_undecided(snapshot))
    for kind, what in _DECLARATIONS.items():
        if kind not in attested:
            resource, matter = provider.name, f"{budget_year}-{Attestation.Kind.Name(kind).removeprefix('KIND_')}"
            yield Deadline(Kind.VERKLARING, agb, resource, f"Verklaar {what}", filing_deadline, matter=matter.lower())
    if not any(application.state in _HANDED_IN for application in applications):
        title = f"Dien de aanvraag voor {budget_year} in bij de NZa"
        unknown = "" if filing_deadline else "De uiterste datum staat in BR/REG-26150 en is hier nog niet ingevuld."
        yield Deadline(Kind.AANVRAAG, agb, provider.name, title, filing_deadline, unknown, matter=str(budget_year))
    for application in applications:
        yield from _signatures(application, agb, filing_deadline)


def of_obligations(found: obligation_pb2.Obligations) -> Iterator[Deadline]:
    """What closures and stops of one location oblige to, as long as it was not done (bijlage B, 1 and 4)."""
    agb, location, _ = names.parts(names.OBLIGATIONS, found.name)
    for duty in found.raised_duties:
        if not duty.HasField("acknowledgement"):
            yield Deadline(
                Kind.VERPLICHTING,
                agb,
                found.name,
                f"{_DUTIES[duty.kind]} {location}",
                from_date(duty.due_date),
                " ".join(found.duties),
                matter=obligation_pb2.Duty.Kind.Name(duty.kind).removeprefix("KIND_").lower(),
            )


def _undecided(snapshot: snapshot_pb2.ProviderSnapshot) -> tuple[str, ...]:
    """The representatives that have not decided about a new provider."""
    decided = {approval.insurer for approval in snapshot.approvals}
    return tuple(insurer for insurer in snapshot.provider.representatives if insurer not in decided)


def _signatures(application: application_pb2.Application, agb: str, filing_deadline: date | None) -> Iterator[Deadline]:
    if application.state != Application.STATE_CONCEPT:
        return
    (_, identifier) = names.parts(names.APPLICATION, application.name)
    waiting = application.waiting_for
    if any(party.WhichOneof("party") == "provider" for party in waiting):
        title = f"Onderteken aanvraag {identifier} namens de zorgaanbieder"
        yield Deadline(Kind.HANDTEKENING, agb, application.name, title, filing_deadline, matter="zorgaanbieder")
    insurers = tuple(party.insurer for party in waiting if party.WhichOneof("party") == "insurer")
    if insurers:
        title = f"Onderteken aanvraag {identifier} namens de verzekeraars"
        yield Deadline(
            Kind.HANDTEKENING, agb, application.name, title, filing_deadline, insurers=insurers, matter="verzekeraars"
        )
