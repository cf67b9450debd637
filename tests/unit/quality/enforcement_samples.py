"""Cases and parts of cases for tests."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.quality.enforcement.model import (
    CareDuty,
    Case,
    Decision,
    DecisionKind,
    ExceptionTerms,
    Means,
    Measure,
    Outcome,
    Plan,
    Stage,
    Surrounding,
    Terms,
    Track,
    Vote,
    Weighing,
)

DELIVERED = date(2026, 6, 15)
TERMS = Terms(delivered_on=DELIVERED, cure_months=3, plan_months=3, comply_by=date(2027, 6, 1))
CARE_DUTY = CareDuty(
    (Means.OMLIGGENDE_SEHS,),
    (Surrounding("providers/06000001/locations/waterbeek", "Ziekenhuis De Wulp, Waterbeek"),),
    "Binnen 45 minuten bereikbaar.",
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def case(track: Track = Track.HERSTEL, **fields: Any) -> Case:
    """A case as it is opened, about one norm; `fields` replace its own."""
    norm = "A1" if track is Track.HERSTEL else "B2"
    opened = Case(
        agb="06000001",
        location_id="veenrode",
        survey_year=2026,
        track=track,
        budget_year=2027,
        opened_by="providers/06000001/locations/veenrode/assessments/2027-1",
        opened_at=datetime(2026, 6, 20, 12, tzinfo=UTC),
        terms=TERMS,
        norms=(norm,),
        unmet=(norm,),
        stage=Stage.VASTSTELLING if track is Track.HERSTEL else Stage.VERBETERPLAN_OPSTELLEN,
    )
    return replace(opened, **fields)


def exception(start: str, end: str, ended: str = "") -> ExceptionTerms:
    return ExceptionTerms(
        start=day(start),
        end=day(end),
        why_this_location="Het enige ziekenhuis op het eiland.",
        agreement="Afspraak 1",
        risk_measures="Extra achterwacht.",
        igj_conclusion="Brief 1",
        ended_on=day(ended) if ended else None,
    )


def excepted(*exceptions: ExceptionTerms) -> tuple[Decision, ...]:
    """The decisions that made exceptions."""
    return tuple(
        replace(
            decision(DecisionKind.TIJDELIJKE_UITZONDERING, exception=terms),
            outcome=Outcome.GENOMEN,
            concluded_on=terms.start,
        )
        for terms in exceptions
    )


def decision(kind: DecisionKind, **fields: Any) -> Decision:
    """A decision that nobody has voted on yet."""
    negative = kind in (DecisionKind.GEEN_AANVRAAG, DecisionKind.GEEN_BUDGET)
    made = Decision(
        kind=kind,
        reason="Omdat het moet.",
        document="",
        proposed_on=day("2026-10-01"),
        care_duty=CARE_DUTY if negative else None,
        representatives=("9101", "9102"),
    )
    return replace(made, **fields)


def vote(insurer: str, actor: str = "", *, agrees: bool = True) -> Vote:
    return Vote(
        insurer, agrees, f"Reden van {insurer}.", actor or f"inkoper@{insurer}", datetime(2026, 10, 1, tzinfo=UTC)
    )


def plan(norms: Iterable[str] = ("B2",), submitted: date = DELIVERED) -> Plan:
    measure = Measure("m1", tuple(norms), "Meer mensen.", "manager acute zorg", date(2027, 3, 1))
    return Plan(submitted, "Alles beter.", "Plan 1", (measure,))


def weighing(started: date = DELIVERED) -> Weighing:
    return Weighing(started, "9101", "Langer rijden.", "Minder risico.", "Verslag 1")
