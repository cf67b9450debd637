"""What deserves attention about an application, in Dutch."""

from collections.abc import Iterator
from datetime import date

from services.budget.applications.content import Content
from services.budget.applications.model import SIDES, Application, Side, State
from services.budget.applications.relations import OPEN
from services.documents.dutch import day_text

NEAR_DAYS = 14
"""From so many days before the last day to hand in there is a warning; our choice."""
NORM_AMOUNT = (
    "Het normbedrag is dat van de ronde. Zolang de NZa het niet heeft vastgesteld, is het een voorbeeldbedrag en is "
    "deze aanvraag indicatief."
)


def warnings(
    application: Application, content: Content, newer_calculation: str, deadline: date | None, today: date
) -> Iterator[str]:
    """The warnings; `newer_calculation` is a name or empty, `deadline` the last day to hand in, None while unknown."""
    if application.stage is State.CONCEPT:
        yield from _deadline(deadline, today)
    elif application.submitted_on and deadline and application.submitted_on > deadline:
        yield (
            f"De aanvraag is ingediend op {day_text(application.submitted_on)}, na de uiterste dag "
            f"{day_text(deadline)} (AMB-50)."
        )
    if newer_calculation:
        how = (
            "laat de aanvraag daarop rusten met een herziening"
            if application.stage is State.CONCEPT
            else "dien zo nodig een aanvraag in die deze wijzigt"
        )
        yield f"Er is een nieuwere berekening, {newer_calculation}; {how}."
    if application.state in OPEN:
        yield from _conditions(application)
    if SIDES[content.kind] is not Side.SAMEN and content.consultation and not content.consultation.took_place:
        yield "Er is niet overlegd; bij een eenzijdige aanvraag weegt de NZa dat mee (Kamerbrief 1 juni 2026)."
    yield NORM_AMOUNT


def _deadline(deadline: date | None, today: date) -> Iterator[str]:
    if deadline is None:
        yield "De uiterste dag om in te dienen is niet bekend: de parameter filing_deadline is leeg (AMB-50)."
    elif deadline < today:
        yield f"De uiterste dag om in te dienen, {day_text(deadline)}, is voorbij (AMB-50)."
    elif (deadline - today).days <= NEAR_DAYS:
        yield f"De uiterste dag om in te dienen is {day_text(deadline)} (AMB-50)."


def _conditions(application: Application) -> Iterator[str]:
    unmet = ", ".join(application.terms.unmet)
    if application.blocked_by:
        yield f"Niet voldaan of niet bekend: {unmet}. Dat houdt een gezamenlijke aanvraag tegen (AMB-45)."
    elif unmet:
        yield f"Niet voldaan of niet bekend: {unmet}. Een eenzijdige aanvraag houdt dat niet tegen (AMB-45)."
