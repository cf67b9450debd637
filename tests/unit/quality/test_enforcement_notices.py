"""What supervisors are told, and what people are reminded of."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.documents.model import Facts, Items, Paragraph
from services.quality.enforcement.model import Case, DecisionKind, MeasureStatus, Outcome, Stage, Track
from services.quality.enforcement.notices import Miss, Recipient, Subject, body, document, title
from services.quality.enforcement.suggestions import suggestions
from tests.unit.quality.enforcement_samples import case, day, decision, excepted, exception, plan, vote, weighing

SUBJECT = Subject("Ziekenhuis De Wulp, Veenrode", "Stichting Ziekenhuis De Wulp", "providers/1/locations/2/cases/3")
MISS = Miss("A1", "Arts op de SEH", ("Is er altijd een arts? Gevraagd: altijd; antwoord niet altijd: voldoet niet.",))
LATE = day("2027-07-01")


def decided(kind: DecisionKind, **fields: object) -> Case:
    votes = (vote("9101"), replace(vote("9102"), reason="Regel een.\n\n- Regel twee."))
    taken = decision(kind, votes=votes, outcome=Outcome.GENOMEN, concluded_on=day("2027-03-02"))
    track = Track.HERSTEL if kind is DecisionKind.GEEN_AANVRAAG else Track.VERBETERPLAN
    return case(track, decisions=(taken,), **fields)


def test_a_notice_tells_who_what_why_and_how_care_goes_on() -> None:
    found = decided(DecisionKind.GEEN_AANVRAAG, established_on=day("2026-11-30"))
    text = body(found, 1, SUBJECT, [MISS], Recipient.NZA)
    for part in (
        "Ziekenhuis De Wulp, Veenrode van Stichting Ziekenhuis De Wulp (AGB-code 06000001)",
        "op 2 maart 2027 gezamenlijk besloten dat er geen aanvraag voor budget wordt overeengekomen",
        "- A1: Arts op de SEH\n- Is er altijd een arts?",
        "Dit is vastgesteld op 30 november 2026.",
        "- 9101: Reden van 9101.\n- 9102: Regel een. - Regel twee.",
        "zorgplicht voldoen via omliggende SEH's. Binnen 45 minuten bereikbaar.",
        "- Ziekenhuis De Wulp, Waterbeek (providers/06000001/locations/waterbeek)",
    ):
        assert part in text
    assert "Uitvoeringsbesluit" not in text
    assert "kunnen afwijken" not in text
    assert title(found.decisions[0], SUBJECT) == "Geen aanvraag voor budget: Ziekenhuis De Wulp, Veenrode"


def test_the_inspection_is_told_that_its_terms_may_differ() -> None:
    text = body(decided(DecisionKind.GEEN_AANVRAAG), 1, SUBJECT, [MISS], Recipient.IGJ)
    assert "De termijnen die de inspectie hanteert, kunnen afwijken" in text


def test_without_budget_the_process_of_the_law_is_followed() -> None:
    text = body(decided(DecisionKind.GEEN_BUDGET), 1, SUBJECT, [MISS], Recipient.NZA)
    assert "geen budget wordt overeengekomen" in text
    assert "Uitvoeringsbesluit van de Wkkgz" in text
    assert "vastgesteld" not in text


def test_a_revocation_names_the_decision_that_no_longer_holds() -> None:
    found = decided(DecisionKind.GEEN_BUDGET, unmet=())
    failed = decision(DecisionKind.INTREKKING, outcome=Outcome.VERWORPEN, concluded_on=day("2027-04-01"))
    revoked = replace(failed, outcome=Outcome.GENOMEN, concluded_on=day("2027-05-01"), votes=(vote("9101"),))
    found = replace(found, decisions=(*found.decisions, failed, revoked))
    text = body(found, 3, SUBJECT, [], Recipient.IGJ)
    assert "op 1 mei 2027 gezamenlijk hun besluit van 2 maart 2027 ingetrokken, dat er geen budget" in text
    assert "wordt aan alle eisen van de zaak voldaan" in text
    assert "zorgplicht" not in text


def test_a_notice_as_a_document() -> None:
    made_at = datetime(2027, 3, 2, 12, tzinfo=UTC)
    text = body(decided(DecisionKind.GEEN_BUDGET), 1, SUBJECT, [MISS], Recipient.IGJ)
    found = document("Geen budget: Veenrode", text, "providers/1/notices/1-igj", Recipient.IGJ, made_at)
    assert (found.title, found.reference, found.made_at) == (
        "Geen budget: Veenrode",
        "providers/1/notices/1-igj",
        made_at,
    )
    assert found.blocks[0] == Facts(
        (("Aan", "Inspectie Gezondheidszorg en Jeugd"), ("Kenmerk", "providers/1/notices/1-igj"))
    )
    items = [block for block in found.blocks if isinstance(block, Items)]
    assert items[0].items == ("A1: Arts op de SEH", *MISS.sentences)
    assert items[1].items == ("9101: Reden van 9101.", "9102: Regel een. - Regel twee.")
    assert all(isinstance(block, Facts | Items | Paragraph) for block in found.blocks)


# Suggestions

WEIGH = "begin de afweging tussen toegankelijkheid en kwaliteit."
TALK = (
    "Ga met de zorgaanbieder in gesprek over een ander aanbod van acute zorg, zoals poliklinische spoedzorg; volg "
    "daarbij het Uitvoeringsbesluit van de Wkkgz."
)
REVOKE = "Volgens de laatste toets wordt aan alle normen voldaan: beoordeel of het besluit kan worden ingetrokken."
CURE = case(stage=Stage.HERSTELTERMIJN, established_on=day("2026-11-30"))
AGREED = replace(plan(), agreed_on=day("2026-09-01"), agreed_by="9101")


def running(**fields: object) -> Case:
    return case(Track.VERBETERPLAN, **{"stage": Stage.VERBETERPLAN_LOOPT, "plan": AGREED, **fields})


@pytest.mark.parametrize(
    ("found", "on", "said"),
    [
        (case(), "2026-07-01", ["Leg de vaststelling vast: zolang die er niet is, loopt er geen hersteltermijn."]),
        (CURE, "2027-02-28", ["Voldoe aan de voorwaardelijke eisen. De termijn loopt tot en met 28 februari 2027."]),
        (CURE, "2027-03-01", ["De termijn is op 28 februari 2027 verstreken: leg een besluit voor."]),
        (
            replace(CURE, decisions=(decision(DecisionKind.GEEN_AANVRAAG, votes=(vote("9101"),)),)),
            "2027-03-01",
            ["Voorstel 1 (GEEN_AANVRAAG) wacht op de stem van 9102."],
        ),
        (
            replace(CURE, decisions=excepted(exception("2027-02-20", "2027-03-10"))),
            "2027-03-01",
            [
                "De tijdelijke uitzondering eindigt over 9 dagen, met 10 maart 2027 als laatste dag.",
                "Voldoe aan de voorwaardelijke eisen. De termijn loopt tot en met 19 maart 2027.",
            ],
        ),
        (
            case(decisions=excepted(exception("2027-03-05", "2027-03-10"))),
            "2027-03-01",
            [
                "Een tijdelijke uitzondering begint op 5 maart 2027.",
                "Leg de vaststelling vast: zolang die er niet is, loopt er geen hersteltermijn.",
            ],
        ),
        (
            case(Track.VERBETERPLAN),
            "2026-09-16",
            [
                f"De termijn is op 15 september 2026 verstreken: {WEIGH}",
                "Stel met de representerende zorgverzekeraars een verbeterplan op.",
            ],
        ),
        (
            running(stage=Stage.VERBETERPLAN_INGEDIEND, plan=plan()),
            "2026-09-01",
            ["Stem in met het verbeterplan, of stuur het terug. De termijn loopt tot en met 15 september 2026."],
        ),
        (
            running(norms=("B2", "B3"), unmet=("B2", "B3")),
            "2027-03-02",
            [
                "Voer het verbeterplan uit. De termijn loopt tot en met 1 juni 2027.",
                "Het verbeterplan heeft geen maatregel voor B3.",
                "Maatregel m1 had op 1 maart 2027 gereed moeten zijn.",
            ],
        ),
        (
            running(plan=replace(AGREED, measures=(replace(AGREED.measures[0], due_on=LATE),))),
            "2027-03-02",
            [
                "Voer het verbeterplan uit. De termijn loopt tot en met 1 juni 2027.",
                "Maatregel m1 is pas gereed na 1 juni 2027.",
            ],
        ),
        (
            running(
                stage=Stage.AFWEGING,
                weighing=weighing(),
                plan=replace(AGREED, measures=(replace(AGREED.measures[0], status=MeasureStatus.GEREED),)),
            ),
            "2027-07-01",
            ["Rond de afweging af: leg een besluit of een tijdelijke uitzondering voor."],
        ),
        (
            decided(DecisionKind.GEEN_BUDGET),
            "2027-07-01",
            [TALK],
        ),
        (
            decided(DecisionKind.GEEN_BUDGET, unmet=()),
            "2027-07-01",
            [REVOKE],
        ),
        (case(unmet=()), "2027-07-01", []),
    ],
)
def test_what_is_suggested(found: Case, on: str, said: list[str]) -> None:
    assert list(suggestions(found, day(on))) == said
