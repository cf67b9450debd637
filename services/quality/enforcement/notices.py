"""What the IGJ and the NZa are told of a negative decision, or of its revocation (bijlage A, stap 3 and rol IGJ)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.documents.dutch import day_text
from services.documents.model import Block, Document, Facts, Items, Paragraph
from services.quality.enforcement.model import NEGATIVE, Case, Decision, DecisionKind, Means, Outcome, Track


class Recipient(StrEnum):
    """To whom; the value is the last part of the identifier of a notice."""

    IGJ = "igj"
    NZA = "nza"


FULL_NAMES = {Recipient.IGJ: "Inspectie Gezondheidszorg en Jeugd", Recipient.NZA: "Nederlandse Zorgautoriteit"}
_TITLES = {
    DecisionKind.GEEN_AANVRAAG: "Geen aanvraag voor budget",
    DecisionKind.GEEN_BUDGET: "Geen budget",
    DecisionKind.INTREKKING: "Intrekking van een besluit",
}
_DECIDED = {
    DecisionKind.GEEN_AANVRAAG: (
        "dat er geen aanvraag voor budget wordt overeengekomen voor de zorg geleverd op deze SEH (Inkoopkader "
        "budgetbekostiging SEH, bijlage A, stap 2)"
    ),
    DecisionKind.GEEN_BUDGET: (
        "dat er geen budget wordt overeengekomen voor de zorg geleverd op deze SEH (Inkoopkader budgetbekostiging SEH, "
        "bijlage A, stap 3)"
    ),
}
_MEANS = {
    Means.OMLIGGENDE_SEHS: "omliggende SEH's",
    Means.ALTERNATIEVE_VORM: "een alternatieve vorm van spoedzorg op deze locatie",
}
_NORMS = {Track.HERSTEL: "voorwaardelijke eisen", Track.VERBETERPLAN: "eisen"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What the notice is about, as people know it: the names of location and provider, and of the case."""

    location: str
    provider: str
    case: str


@dataclass(frozen=True, slots=True)
class Miss:
    """A norm that is not met: its code and title, and the facts of the latest assessment in Dutch sentences."""

    norm: str
    title: str
    sentences: tuple[str, ...]


def is_announced(decision: Decision) -> bool:
    """Whether the supervisors are told of a decision when it is taken."""
    return decision.kind in _TITLES


def title(decision: Decision, subject: Subject) -> str:
    """What a notice of a decision is about."""
    return f"{_TITLES[decision.kind]}: {subject.location}"


def body(case: Case, number: int, subject: Subject, misses: Sequence[Miss], recipient: Recipient) -> str:
    """The text of the notice of a decision that was taken; its paragraphs are divided by an empty line.

    `number` is that of the decision in the case. A paragraph whose lines begin with `- ` is a list.
    """
    decision = case.decisions[number - 1]
    return "\n\n".join(_paragraphs(case, decision, subject, misses, recipient))


def document(heading: str, text: str, reference: str, recipient: Recipient, made_at: datetime) -> Document:
    """The notice as a document; `reference` is its resource name."""
    blocks: list[Block] = [Facts((("Aan", FULL_NAMES[recipient]), ("Kenmerk", reference)))]
    for paragraph in text.split("\n\n"):
        lines = paragraph.split("\n")
        if all(line.startswith("- ") for line in lines):
            blocks.append(Items(tuple(line.removeprefix("- ") for line in lines)))
        else:
            blocks.append(Paragraph(paragraph))
    return Document(
        title=heading,
        subtitle="Melding van een besluit van de representerende zorgverzekeraars",
        reference=reference,
        made_at=made_at,
        blocks=tuple(blocks),
    )


def _paragraphs(
    case: Case, decision: Decision, subject: Subject, misses: Sequence[Miss], recipient: Recipient
) -> Iterator[str]:
    yield (
        f"Dit bericht gaat over {subject.location} van {subject.provider} (AGB-code {case.agb}), en over de "
        f"vragenlijst van {case.survey_year} voor budgetjaar {case.budget_year}. De zaak is {subject.case}."
    )
    yield _decided(case, decision)
    yield from _about_norms(case, misses)
    yield "De redenen van de representerende zorgverzekeraars:"
    yield _list(f"{vote.insurer}: {vote.reason}" for vote in decision.votes)
    if decision.care_duty is not None:
        means = " en via ".join(_MEANS[means] for means in decision.care_duty.means)
        reasoning = _line(decision.care_duty.reasoning)
        yield f"De zorgverzekeraars blijven aan hun zorgplicht voldoen via {means}. {reasoning}"
        if decision.care_duty.surrounding:
            yield _list(f"{place.display_name} ({place.name})" for place in decision.care_duty.surrounding)
    if decision.kind is DecisionKind.GEEN_BUDGET:
        yield (
            "De zorgverzekeraars gaan met de zorgaanbieder in gesprek over een mogelijke verandering van het aanbod, "
            "bijvoorbeeld naar poliklinische spoedzorg. Daarvoor wordt een zorgvuldig besluitvormingsproces gevolgd "
            "volgens het Uitvoeringsbesluit van de Wkkgz."
        )
    if recipient is Recipient.IGJ:
        yield (
            "Het toezicht op kwaliteit en veiligheid staat los van de contractering. De termijnen die de inspectie "
            "hanteert, kunnen afwijken van de termijnen waarop dit besluit berust."
        )


def _decided(case: Case, decision: Decision) -> str:
    assert decision.concluded_on is not None
    on = day_text(decision.concluded_on)
    if decision.kind in NEGATIVE:
        return f"De representerende zorgverzekeraars hebben op {on} gezamenlijk besloten {_DECIDED[decision.kind]}."
    revoked = [
        earlier
        for earlier in case.decisions[: case.decisions.index(decision)]
        if earlier.kind in NEGATIVE and earlier.outcome is Outcome.GENOMEN
    ][-1]
    assert revoked.concluded_on is not None
    return (
        f"De representerende zorgverzekeraars hebben op {on} gezamenlijk hun besluit van "
        f"{day_text(revoked.concluded_on)} ingetrokken, {_DECIDED[revoked.kind]}."
    )


def _about_norms(case: Case, misses: Sequence[Miss]) -> Iterator[str]:
    if not misses:
        yield f"Volgens de laatste toets wordt aan alle {_NORMS[case.track]} van de zaak voldaan."
        return
    yield f"Volgens de laatste toets wordt aan deze {_NORMS[case.track]} niet voldaan, of is te weinig bekend:"
    for miss in misses:
        yield _list([f"{miss.norm}: {miss.title}", *miss.sentences])
    if case.established_on is not None:
        yield f"Dit is vastgesteld op {day_text(case.established_on)}."


def _list(lines: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(f"- {_line(line)}" for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())
