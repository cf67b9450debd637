"""The deadlines that enforcement cases bring (Inkoopkader, bijlage A)."""

from collections.abc import Iterator

from services.budget.calendar.model import Deadline, Kind
from services.budget.peers import exception_until
from services.runtime import names
from services.runtime.wire import from_date
from spoedkader.quality.v1 import enforcement_pb2 as pb


def of_case(case: pb.Case, representatives: tuple[str, ...]) -> Iterator[Deadline]:
    """What has to be done in one case: the term of its state, votes, measures, questions, and an exception's end."""
    agb, location, _ = names.parts(names.CASE, case.name)
    yield from _of_state(case, agb, location, representatives)
    if case.state == pb.Case.STATE_BESLUIT_VOORGELEGD:
        yield Deadline(
            Kind.STEM,
            agb,
            case.name,
            f"Stem over het voorgelegde besluit over {location}",
            description=f"{_DECISIONS[case.proposal.kind]}: {case.proposal.reason}",
            insurers=tuple(case.proposal.waiting_for),
            matter=str(case.proposal.number),
        )
    if case.state == pb.Case.STATE_VERBETERPLAN_LOOPT:
        for measure in case.plan.measures:
            if measure.status != pb.Measure.STATUS_GEREED:
                yield Deadline(
                    Kind.MAATREGEL,
                    agb,
                    case.name,
                    f"Maatregel {measure.id} van {location} ({measure.owner_role})",
                    from_date(measure.due_date),
                    measure.description,
                    matter=measure.id,
                )
    for question in case.transparency_requests:
        if not question.HasField("answered_date"):
            yield Deadline(
                Kind.TRANSPARANTIE,
                agb,
                case.name,
                f"Beantwoord de vraag over afspraken met de IGJ over {location}",
                description=question.question,
                matter=str(question.number),
            )


def _of_state(case: pb.Case, agb: str, location: str, representatives: tuple[str, ...]) -> Iterator[Deadline]:
    due = from_date(case.due_date) if case.HasField("due_date") else None
    norms = ", ".join(case.unmet_norms)
    if case.state == pb.Case.STATE_VASTSTELLING:
        title = f"Leg de vaststelling vast dat {location} niet voldoet aan {norms}"
        yield Deadline(Kind.HERSTELTERMIJN, agb, case.name, title, insurers=representatives, matter="vaststelling")
    elif case.state == pb.Case.STATE_HERSTELTERMIJN:
        yield Deadline(Kind.HERSTELTERMIJN, agb, case.name, f"{location} voldoet alsnog aan {norms}", due)
    elif case.state == pb.Case.STATE_VERBETERPLAN_OPSTELLEN:
        yield Deadline(Kind.VERBETERPLAN, agb, case.name, f"Dien een verbeterplan in voor {location} ({norms})", due)
    elif case.state == pb.Case.STATE_VERBETERPLAN_INGEDIEND:
        title = f"Beoordeel het verbeterplan van {location}"
        yield Deadline(Kind.VERBETERPLAN, agb, case.name, title, due, insurers=representatives, matter="beoordelen")
    elif case.state == pb.Case.STATE_VERBETERPLAN_LOOPT:
        yield Deadline(Kind.VOLDOEN, agb, case.name, f"{location} voldoet aan {norms}", due)
    elif case.state == pb.Case.STATE_AFWEGING:
        title = f"Rond de afweging tussen toegankelijkheid en kwaliteit van {location} af"
        yield Deadline(Kind.VOLDOEN, agb, case.name, title, insurers=representatives, matter="afweging")
    elif case.state == pb.Case.STATE_TIJDELIJKE_UITZONDERING:
        title = f"De tijdelijke uitzondering van {location} loopt af"
        yield Deadline(Kind.UITZONDERING, agb, case.name, title, exception_until(case), insurers=representatives)


_DECISIONS = {
    pb.DECISION_KIND_GEEN_AANVRAAG: "Geen aanvraag",
    pb.DECISION_KIND_GEEN_BUDGET: "Geen budget",
    pb.DECISION_KIND_TIJDELIJKE_UITZONDERING: "Tijdelijke uitzondering",
    pb.DECISION_KIND_INTREKKING: "Intrekking van een eerder besluit",
}
