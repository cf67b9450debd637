"""What assessments do to cases."""

from datetime import date
from typing import Any

import pytest

from services.policy.assess import Finding, Verdict
from services.policy.year import Level, load_year
from services.quality.enforcement.assessing import Result, follow, result_of
from services.quality.enforcement.clocks import due_on
from services.quality.enforcement.model import DecisionKind, Outcome, Stage, State, Track, state
from tests.support.policies import POLICIES
from tests.unit.quality.enforcement_samples import case, day, decision, vote

TODAY = day("2026-10-01")
CATALOGUE = ("A1", "A2", "B1", "B2")
YEAR = load_year(POLICIES, 2027)


def result(missed: str = "", unknown: str = "") -> Result:
    unsure = {*missed.split(), *unknown.split()}
    return Result(tuple(missed.split()), tuple(code for code in CATALOGUE if code in unsure), CATALOGUE)


def findings(**verdicts: Verdict) -> list[Finding]:
    return [Finding(norm.code, verdicts.get(norm.code, Verdict.VOLDOET), ()) for norm in YEAR.catalogue]


def test_a_track_is_about_the_norms_of_its_level() -> None:
    found = findings(A1=Verdict.VOLDOET_NIET, A2=Verdict.ONBEKEND, B2=Verdict.VOLDOET_NIET, B4=Verdict.ONBEKEND)
    herstel = result_of(Track.HERSTEL, YEAR.catalogue, found, TODAY)
    assert (herstel.missed, herstel.unsure) == (("A1",), ("A1", "A2"))
    plan = result_of(Track.VERBETERPLAN, YEAR.catalogue, found, TODAY)
    assert (plan.missed, plan.unsure) == (("B2",), ("B2", "B4"))


def test_a_recommendation_is_of_no_track() -> None:
    level = {norm.code: norm.level for norm in YEAR.catalogue}
    recommended = [norm.code for norm in YEAR.catalogue if norm.level is Level.AANBEVELING]
    assert recommended
    found = findings(**dict.fromkeys(recommended, Verdict.VOLDOET_NIET))
    for track in Track:
        assert result_of(track, YEAR.catalogue, found, TODAY).missed == ()
    assert set(level.values()) == set(Level)


def test_a_norm_that_does_not_count_yet_opens_nothing_but_stays_unmet_once_missed() -> None:
    later = load_year(POLICIES, 2028)
    (norm,) = (norm for norm in later.catalogue if norm.effective_on is not None)
    assert norm.effective_on is not None
    track = Track.HERSTEL if norm.level is Level.VOORWAARDELIJK else Track.VERBETERPLAN
    found = [
        Finding(each.code, Verdict.VOLDOET_NIET if each is norm else Verdict.VOLDOET, ()) for each in later.catalogue
    ]
    before = result_of(track, later.catalogue, found, date(2028, 1, 1))
    assert before.missed == ()
    assert result_of(track, later.catalogue, found, norm.effective_on).missed == (norm.code,)
    opened = case(track, norms=(norm.code,), unmet=(norm.code,))
    assert follow(opened, before, TODAY).unmet == (norm.code,)


@pytest.mark.parametrize(
    ("said", "norms", "unmet"),
    [
        (result("A1"), ("A1",), ("A1",)),
        (result(), ("A1",), ()),
        (result(unknown="A1"), ("A1",), ("A1",)),
        (result("A2"), ("A1", "A2"), ("A2",)),
        # Unknown opens nothing: only what was ever missed can be unmet.
        (result(unknown="A2"), ("A1",), ()),
        (result("A2", unknown="A1"), ("A1", "A2"), ("A1", "A2")),
    ],
)
def test_a_case_is_met_by_nothing_but_a_verdict_that_says_so(said: Result, norms: Any, unmet: Any) -> None:
    found = follow(case(), said, TODAY)
    assert (found.norms, found.unmet) == (norms, unmet)
    assert (state(found, TODAY) is State.VOLDOET) == (not unmet)


def test_a_norm_that_the_rules_no_longer_have_is_no_longer_asked() -> None:
    opened = case(norms=("A1", "Z9"), unmet=("A1", "Z9"))
    found = follow(opened, result("A1"), TODAY)
    assert (found.norms, found.unmet) == (("A1", "Z9"), ("A1",))


def test_a_correction_closes_a_case_and_opens_it_again_with_the_same_clock() -> None:
    running = case(stage=Stage.HERSTELTERMIJN, established_on=day("2026-09-01"))
    closed = follow(running, result(), TODAY)
    assert state(closed, TODAY) is State.VOLDOET
    again = follow(closed, result("A1"), day("2026-11-01"))
    assert again == running
    assert due_on(again, day("2026-11-01")) == day("2026-12-01")


@pytest.mark.parametrize("kind", [DecisionKind.GEEN_AANVRAAG, DecisionKind.TIJDELIJKE_UITZONDERING])
def test_a_proposal_lapses_when_every_norm_is_met(kind: DecisionKind) -> None:
    proposed = case(decisions=(decision(kind, votes=(vote("9101"),)),))
    found = follow(proposed, result(), TODAY)
    assert state(found, TODAY) is State.VOLDOET
    assert (found.decisions[0].outcome, found.decisions[0].concluded_on) == (Outcome.INGETROKKEN, TODAY)
    assert follow(proposed, result("A2"), TODAY).proposal is not None


def test_a_decision_holds_when_every_norm_is_met_and_so_does_a_proposal_to_revoke_it() -> None:
    taken = decision(DecisionKind.GEEN_AANVRAAG, outcome=Outcome.GENOMEN, concluded_on=TODAY)
    decided = case(decisions=(taken, decision(DecisionKind.INTREKKING, votes=(vote("9101"),))))
    found = follow(decided, result(), TODAY)
    assert state(found, TODAY) is State.GEEN_AANVRAAG
    assert found.proposal is not None
