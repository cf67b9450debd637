"""Deadlines: what cases and purchasing bring, their order, and the iCalendar."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.budget.calendar.cases import of_case
from services.budget.calendar.export import to_icalendar
from services.budget.calendar.model import Deadline, Kind
from services.budget.calendar.purchasing import of_obligations, of_provider
from spoedkader.budget.v1 import application_pb2, obligation_pb2
from spoedkader.quality.v1 import enforcement_pb2
from spoedkader.registry.v1 import attestation_pb2, provider_pb2, snapshot_pb2
from tests.support.messages import day

Case = enforcement_pb2.Case
Application = application_pb2.Application
CASE = "providers/06010101/locations/veenrode/cases/2026-verbeterplan"
BOTH = ("9101", "9102")
EVERY_KIND = set(attestation_pb2.Attestation.Kind.values()) - {0}


def case(state: int, **fields: object) -> Case:
    return Case(name=CASE, state=state, unmet_norms=["B2"], **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "kind", "insurers"),
    [
        (Case.STATE_VASTSTELLING, Kind.HERSTELTERMIJN, BOTH),
        (Case.STATE_HERSTELTERMIJN, Kind.HERSTELTERMIJN, ()),
        (Case.STATE_VERBETERPLAN_OPSTELLEN, Kind.VERBETERPLAN, ()),
        (Case.STATE_VERBETERPLAN_INGEDIEND, Kind.VERBETERPLAN, BOTH),
        (Case.STATE_VERBETERPLAN_LOOPT, Kind.VOLDOEN, ()),
        (Case.STATE_AFWEGING, Kind.VOLDOEN, BOTH),
    ],
)
def test_the_term_of_a_state_is_for_who_has_to_act(state: int, kind: Kind, insurers: tuple[str, ...]) -> None:
    (found,) = of_case(case(state, due_date=day("2026-09-15")), BOTH)
    assert (found.kind, found.insurers, found.agb, found.resource) == (kind, insurers, "06010101", CASE)
    termless = state in (Case.STATE_VASTSTELLING, Case.STATE_AFWEGING)
    assert found.due_on == (None if termless else date(2026, 9, 15))


@pytest.mark.parametrize("state", [Case.STATE_GEEN_AANVRAAG, Case.STATE_GEEN_BUDGET, Case.STATE_VOLDOET])
def test_what_is_concluded_asks_for_nothing(state: int) -> None:
    assert list(of_case(case(state), BOTH)) == []


def test_a_vote_is_asked_of_those_that_did_not_vote() -> None:
    proposal = enforcement_pb2.ProposedDecision(
        number=3, kind=enforcement_pb2.DECISION_KIND_GEEN_BUDGET, reason="Lukt niet.", waiting_for=["9102"]
    )
    (found,) = of_case(case(Case.STATE_BESLUIT_VOORGELEGD, proposal=proposal), BOTH)
    assert (found.kind, found.insurers, found.matter) == (Kind.STEM, ("9102",), "3")
    assert found.description == "Geen budget: Lukt niet."


def test_measures_that_are_not_done_and_open_questions_are_listed() -> None:
    measures = [
        enforcement_pb2.Measure(id="m1", due_date=day("2026-12-01"), owner_role="manager", status=status)  # type: ignore[arg-type]
        for status in (enforcement_pb2.Measure.STATUS_LOOPT, enforcement_pb2.Measure.STATUS_GEREED)
    ]
    questions = [
        enforcement_pb2.TransparencyRequest(number=1, question="Wat is afgesproken?"),
        enforcement_pb2.TransparencyRequest(number=2, answered_date=day("2026-10-01")),
    ]
    plan = enforcement_pb2.ImprovementPlan(measures=measures)
    found = list(of_case(case(Case.STATE_VERBETERPLAN_LOOPT, plan=plan, transparency_requests=questions), BOTH))
    assert [each.kind for each in found] == [Kind.VOLDOEN, Kind.MAATREGEL, Kind.TRANSPARANTIE]
    assert found[1].due_on == date(2026, 12, 1)


def test_an_exception_ends_on_its_last_day_also_when_it_was_ended_early() -> None:
    def exception(end: str, **fields: object) -> enforcement_pb2.ProposedDecision:
        terms = enforcement_pb2.ExceptionTerms(end_date=day(end), **fields)  # type: ignore[arg-type]
        return enforcement_pb2.ProposedDecision(
            kind=enforcement_pb2.DECISION_KIND_TIJDELIJKE_UITZONDERING,
            outcome=enforcement_pb2.ProposedDecision.OUTCOME_GENOMEN,
            exception=terms,
        )

    decisions = [exception("2026-09-01", ended_date=day("2026-08-01")), exception("2027-06-30")]
    (found,) = of_case(case(Case.STATE_TIJDELIJKE_UITZONDERING, decisions=decisions), BOTH)
    assert (found.kind, found.due_on) == (Kind.UITZONDERING, date(2027, 6, 30))
    decisions[-1].exception.ended_date.CopyFrom(day("2027-02-01"))
    (found,) = of_case(case(Case.STATE_TIJDELIJKE_UITZONDERING, decisions=decisions), BOTH)
    assert found.due_on == date(2027, 2, 1)


def snapshot(state: int = provider_pb2.Provider.STATE_ESTABLISHED, *decided: str) -> snapshot_pb2.ProviderSnapshot:
    found = snapshot_pb2.ProviderSnapshot(
        provider=provider_pb2.Provider(name="providers/06010101", state=state, representatives=BOTH)  # type: ignore[arg-type]
    )
    for insurer in decided:
        found.approvals.add(insurer=insurer)
    return found


def kinds(found: list[Deadline]) -> list[Kind]:
    return [each.kind for each in found]


def test_missing_declarations_and_an_application_are_due_on_the_filing_day() -> None:
    found = list(of_provider(snapshot(), {attestation_pb2.Attestation.KIND_SCHONING}, [], 2027, date(2026, 12, 15)))
    assert kinds(found) == [Kind.VERKLARING] * 3 + [Kind.AANVRAAG]
    assert {each.due_on for each in found} == {date(2026, 12, 15)}
    assert len({each.id for each in found}) == 4


def test_an_unknown_filing_day_is_said() -> None:
    (found,) = of_provider(snapshot(), EVERY_KIND, [], 2027, None)
    assert found.due_on is None
    assert "BR/REG-26150" in found.description


def test_a_draft_waits_for_signatures_and_what_was_handed_in_for_nothing() -> None:
    waiting = [application_pb2.Party(provider="06010101"), application_pb2.Party(insurer="9102")]
    draft = Application(
        name="providers/06010101/applications/2027-1", state=Application.STATE_CONCEPT, waiting_for=waiting
    )
    found = list(of_provider(snapshot(), EVERY_KIND, [draft], 2027, None))
    assert kinds(found) == [Kind.AANVRAAG, Kind.HANDTEKENING, Kind.HANDTEKENING]
    assert [each.insurers for each in found[1:]] == [(), ("9102",)]
    draft.state = Application.STATE_INGEDIEND
    assert list(of_provider(snapshot(), EVERY_KIND, [draft], 2027, None)) == []


def test_a_new_provider_waits_for_those_that_did_not_decide() -> None:
    under_review = snapshot(provider_pb2.Provider.STATE_UNDER_REVIEW, "9101")
    found = [each for each in of_provider(under_review, EVERY_KIND, [], 2027, None) if each.insurers]
    assert [(each.kind, each.insurers) for each in found] == [(Kind.NIEUWE_AANBIEDER, ("9102",))]


def test_a_duty_is_due_until_it_is_done() -> None:
    name = "providers/06010101/locations/veenrode/obligations/2027"
    duty = obligation_pb2.Duty(kind=obligation_pb2.Duty.KIND_SEH_STOPS, due_date=day("2027-05-03"))
    found = obligation_pb2.Obligations(name=name, raised_duties=[duty])
    assert [(each.kind, each.due_on) for each in of_obligations(found)] == [(Kind.VERPLICHTING, date(2027, 5, 3))]
    found.raised_duties[0].acknowledgement.causes = "Griepgolf."
    assert list(of_obligations(found)) == []


days = st.none() | st.dates(date(2026, 1, 1), date(2028, 12, 31))
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
deadlines = st.builds(
    Deadline,
    kind=st.sampled_from(Kind),
    agb=st.just("06010101"),
    resource=st.sampled_from(["providers/06010101", CASE]),
    title=texts,
    due_on=days,
    description=texts,
    insurers=st.sampled_from([(), ("9101",), BOTH]),
    matter=st.sampled_from(["", "1", "2"]),
)


@given(st.lists(deadlines, unique_by=lambda each: each.id), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_a_calendar_holds_every_dated_deadline_once(found: list[Deadline], today: date) -> None:
    content = to_icalendar("Termijnen", found, today, datetime(2026, 11, 1, tzinfo=UTC))
    # Lines of a calendar are short and end in CRLF, whatever the texts hold (RFC 5545, 3.1).
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    events = {str(event["UID"]): event for event in Calendar.from_ical(content).walk("VEVENT")}
    dated = [each for each in found if each.due_on]
    assert set(events) == {f"{each.id}@spoedkader" for each in dated}
    for each in dated:
        event = events[f"{each.id}@spoedkader"]
        assert event["DTSTART"].dt == each.due_on
        assert str(event["SUMMARY"]).startswith("TE LAAT: ") is each.overdue(today) or each.title.startswith("TE LAAT")


@given(st.lists(deadlines))
def test_those_without_a_day_come_last(found: list[Deadline]) -> None:
    dated = [each.due_on is not None for each in sorted(found, key=lambda each: each.place)]
    assert dated == sorted(dated, reverse=True)


def test_a_deadline_is_late_from_the_day_after() -> None:
    found = Deadline(Kind.VOLDOEN, "06010101", CASE, "x", date(2027, 6, 1))
    assert not found.overdue(date(2027, 6, 1))
    assert found.overdue(date(2027, 6, 2))
