"""Applications: who signs what, and which steps follow which."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.budget.applications.content import Consultation, Content, Line, read_content, terms_of, write_content
from services.budget.applications.model import (
    LEGAL_GROUNDS,
    SIDES,
    Application,
    Kind,
    NzaDecision,
    Outcome,
    Party,
    Role,
    Side,
    State,
    Step,
    Terms,
    decide,
    parties_of,
    revise,
    sign,
    submit,
    withdraw,
)
from services.budget.applications.relations import require_amendable, require_followable, require_place
from services.runtime.errors import DomainError, Reason

AGB = "06010101"
INSURERS = ("9101", "9102")
NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
TODAY = date(2026, 10, 1)
PROVIDER = Party(Role.PROVIDER, AGB)
FIRST, SECOND = (Party(Role.INSURER, insurer) for insurer in INSURERS)
GRANTED = NzaDecision(Outcome.GEHEEL, 100, TODAY, "beschikking", "")

JOINT = [kind for kind in Kind if SIDES[kind] is Side.SAMEN]
ALONE = [kind for kind in Kind if SIDES[kind] is not Side.SAMEN]


def terms(digest: str = "a", kind: Kind = Kind.GEZAMENLIJK, unmet: tuple[str, ...] = ()) -> Terms:
    return Terms(digest, 100, parties_of(kind, AGB, INSURERS), unmet)


def draft(kind: Kind = Kind.GEZAMENLIJK, number: int = 1, unmet: tuple[str, ...] = ()) -> Application:
    return Application(AGB, f"2027-{number}", kind, NOW, terms(kind=kind, unmet=unmet))


def signed(application: Application) -> Application:
    for party in application.waiting_for:
        application = sign(application, party, application.terms.digest, f"user of {party.code}", NOW)
    return application


def refused(reason: Reason, act: object, *arguments: object) -> DomainError:
    with pytest.raises(DomainError) as error:
        act(*arguments)  # type: ignore[operator]
    assert error.value.reason is reason
    return error.value


@pytest.mark.parametrize(
    ("kind", "parties"),
    [
        (Kind.GEZAMENLIJK, (PROVIDER, FIRST, SECOND)),
        (Kind.VERVOLG_NA_AFWIJZING, (PROVIDER, FIRST, SECOND)),
        (Kind.EENZIJDIG_AANBIEDER, (PROVIDER,)),
        (Kind.EENZIJDIG_VERZEKERAAR, (FIRST, SECOND)),
    ],
)
def test_who_has_to_sign(kind: Kind, parties: tuple[Party, ...]) -> None:
    assert draft(kind).waiting_for == parties


def test_each_kind_has_its_ground_in_the_law() -> None:
    assert {kind: ground[-1] for kind, ground in LEGAL_GROUNDS.items()} == {
        Kind.GEZAMENLIJK: "a",
        Kind.VERVOLG_NA_AFWIJZING: "b",
        Kind.EENZIJDIG_AANBIEDER: "c",
        Kind.EENZIJDIG_VERZEKERAAR: "c",
    }


@pytest.mark.parametrize("kind", Kind)
def test_it_is_signed_once_the_last_party_signed(kind: Kind) -> None:
    application = draft(kind)
    for party in application.terms.parties:
        assert application.state is State.CONCEPT
        application = sign(application, party, "a", party.code, NOW)
    assert application.state is State.ONDERTEKEND
    assert application.open_steps == (Step.REVISE, Step.SUBMIT, Step.WITHDRAW)


@pytest.mark.parametrize("kind", JOINT)
def test_unmet_conditions_hold_back_what_parties_do_together(kind: Kind) -> None:
    application = draft(kind, unmet=("schoning", "transparantie"))
    error = refused(Reason.CONDITIONS_NOT_MET, sign, application, PROVIDER, "a", "u", NOW)
    assert error.metadata == {"conditions": "schoning,transparantie"}
    assert application.open_steps == (Step.REVISE, Step.WITHDRAW)
    ready = replace(signed(draft(kind)), terms=application.terms)
    refused(Reason.CONDITIONS_NOT_MET, submit, ready, TODAY, "")


@pytest.mark.parametrize("kind", ALONE)
def test_unmet_conditions_hold_back_no_side_alone(kind: Kind) -> None:
    assert submit(signed(draft(kind, unmet=("schoning",))), TODAY, "").state is State.INGEDIEND


def test_nobody_signs_what_they_did_not_see() -> None:
    error = refused(Reason.CONTENT_CHANGED, sign, draft(), PROVIDER, "b", "u", NOW)
    assert error.metadata == {"signed": "b", "current": "a"}


def test_who_need_not_sign_cannot() -> None:
    refused(Reason.NOT_REPRESENTATIVE, sign, draft(), Party(Role.INSURER, "9999"), "a", "u", NOW)
    refused(Reason.NOT_REPRESENTATIVE, sign, draft(Kind.EENZIJDIG_AANBIEDER), FIRST, "a", "u", NOW)
    # The same digits in another role are another party.
    refused(Reason.NOT_REPRESENTATIVE, sign, draft(), Party(Role.INSURER, AGB), "a", "u", NOW)


def test_a_party_signs_once() -> None:
    once = sign(draft(), FIRST, "a", "u", NOW)
    refused(Reason.ALREADY_EXISTS, sign, once, FIRST, "a", "v", NOW)


def test_a_user_signs_for_one_party_only_and_has_a_name() -> None:
    once = sign(draft(), FIRST, "a", "u", NOW)
    refused(Reason.ACTOR_NOT_OWN, sign, once, SECOND, "a", "u", NOW)
    refused(Reason.ACTOR_NOT_OWN, sign, once, SECOND, "a", None, NOW)
    # A signature that lapsed still tells whose user it was.
    again = revise(once, terms("b"))
    refused(Reason.ACTOR_NOT_OWN, sign, again, SECOND, "b", "u", NOW)
    assert sign(again, FIRST, "b", "u", NOW).waiting_for == (PROVIDER, SECOND)


def test_what_changes_the_content_lapses_the_signatures() -> None:
    whole = signed(draft())
    again = revise(whole, terms("b"))
    assert (again.state, again.signatures, again.lapsed) == (State.CONCEPT, (), whole.signatures)
    # Back to the words of before is no way back to the signatures.
    assert revise(again, terms("a")).signatures == ()
    assert revise(whole, terms("a")) == whole


@pytest.mark.parametrize(
    ("outcome", "cents", "fits"),
    [
        (Outcome.GEHEEL, 100, True),
        (Outcome.GEHEEL, 99, False),
        (Outcome.GEDEELTELIJK, 99, True),
        (Outcome.GEDEELTELIJK, 1, True),
        (Outcome.GEDEELTELIJK, 0, False),
        (Outcome.GEDEELTELIJK, 100, False),
        (Outcome.AFGEWEZEN, 0, True),
        (Outcome.AFGEWEZEN, 1, False),
    ],
)
def test_the_amount_of_a_decision_fits_its_outcome(outcome: Outcome, cents: int, fits: bool) -> None:
    submitted = submit(signed(draft()), TODAY, "")
    decision = NzaDecision(outcome, cents, TODAY, "beschikking", "")
    if fits:
        assert decide(submitted, decision).decision == decision
    else:
        error = refused(Reason.INVALID_INPUT, decide, submitted, decision)
        assert [violation.field for violation in error.violations] == ["decision.amount"]


def test_the_nza_decides_on_what_was_handed_in_before() -> None:
    submitted = submit(signed(draft()), TODAY, "")
    error = refused(Reason.INVALID_INPUT, decide, submitted, replace(GRANTED, decided_on=date(2026, 9, 30)))
    assert [violation.field for violation in error.violations] == ["decision.decided_date"]


def test_an_application_is_not_handed_in_before_it_was_signed() -> None:
    error = refused(Reason.INVALID_INPUT, submit, signed(draft()), date(2026, 9, 30), "")
    assert [violation.field for violation in error.violations] == ["submitted_date"]
    assert submit(signed(draft()), date(2026, 10, 2), "").submitted_on == date(2026, 10, 2)


def test_a_side_has_one_open_application() -> None:
    first = draft()
    error = refused(Reason.ALREADY_EXISTS, require_place, Side.SAMEN, [first], "")
    assert error.metadata == {"resource": first.name}
    require_place(Side.AANBIEDER, [first], "")
    require_place(Side.SAMEN, [withdraw(first)], "")
    require_place(Side.SAMEN, [decide(submit(signed(first), TODAY, ""), GRANTED)], "")


def test_beside_what_it_amends_an_amendment_is_the_only_one() -> None:
    submitted = submit(signed(draft()), TODAY, "")
    require_place(Side.SAMEN, [submitted], submitted.name)
    refused(Reason.ALREADY_EXISTS, require_place, Side.SAMEN, [submitted, draft(number=2)], submitted.name)


@pytest.mark.parametrize("state", State)
def test_what_can_be_amended_and_what_can_be_followed(state: State) -> None:
    # Signed is derived; a draft without parties to wait for is signed.
    stage = State.CONCEPT if state is State.ONDERTEKEND else state
    application = replace(signed(draft()) if state is State.ONDERTEKEND else draft(), stage=stage)
    assert application.state is state
    for require, fits in (
        (require_amendable, {State.INGEDIEND, State.TOEGEWEZEN, State.GEDEELTELIJK_TOEGEWEZEN}),
        (require_followable, {State.AFGEWEZEN}),
    ):
        if state in fits:
            require(application)
        else:
            assert refused(Reason.ILLEGAL_TRANSITION, require, application).metadata["state"] == state


def test_only_what_parties_did_together_can_be_followed() -> None:
    refused(
        Reason.ILLEGAL_TRANSITION, require_followable, replace(draft(Kind.EENZIJDIG_AANBIEDER), stage=State.AFGEWEZEN)
    )


CONTENT = Content(
    name=f"providers/{AGB}/applications/2027-1",
    agb=AGB,
    provider_name="Stichting Ziekenhuis De Wulp",
    budget_year=2027,
    kind=Kind.GEZAMENLIJK,
    lines=(Line(f"providers/{AGB}/locations/a", "A", 70, ""), Line(f"providers/{AGB}/locations/b", "B", 0, "besluit")),
    parties=(PROVIDER, FIRST, SECOND),
    consultation=Consultation(True, date(2026, 9, 1), "overlegd", "verslag"),
    amends="",
    follows="",
    explanation="uitleg € “”",
    calculation={"name": "c", "budget": {"units": "70"}},
    conditions={
        "policy_year": 2027,
        "conditions": [
            {"id": "w", "status": "STATUS_VOLDAAN"},
            {"id": "x", "status": "STATUS_NIET_VOLDAAN"},
            {"id": "y", "status": "STATUS_ONBEKEND"},
            {"id": "z", "status": "STATUS_NIET_VAN_TOEPASSING"},
            {"id": "q"},
        ],
    },
)


@pytest.mark.parametrize("content", [CONTENT, replace(CONTENT, consultation=None)])
def test_content_survives_its_bytes(content: Content) -> None:
    assert read_content(write_content(content)) == content


def test_content_is_canonical_json() -> None:
    written = write_content(CONTENT)
    found = json.loads(written)
    assert json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == written
    assert found["amount_cents"] == 70
    assert found["legal_ground"] == "Wmg art. 52, onder a"
    assert found["parties"] == [{"provider": AGB}, {"insurer": "9101"}, {"insurer": "9102"}]


def test_what_is_not_met_or_not_known_counts() -> None:
    found = terms_of(CONTENT)
    assert found.unmet == ("x", "y", "q")
    assert found.digest == f"sha256:{hashlib.sha256(write_content(CONTENT)).hexdigest()}"
    assert (found.amount_cents, found.parties) == (70, CONTENT.parties)


@pytest.mark.parametrize("field", [name for name in Content.__slots__ if name not in {"kind", "budget_year"}])
def test_every_part_of_the_content_is_signed(field: str) -> None:
    other = {
        "lines": (Line("elsewhere", "A", 70, ""),),
        "parties": (PROVIDER,),
        "consultation": None,
        "calculation": {"name": "d"},
        "conditions": {"policy_year": 2028},
    }.get(field, "anders")
    assert terms_of(replace(CONTENT, **{field: other})).digest != terms_of(CONTENT).digest


EDGES = {
    (State.CONCEPT, State.CONCEPT),
    (State.CONCEPT, State.ONDERTEKEND),
    (State.CONCEPT, State.INGETROKKEN),
    (State.ONDERTEKEND, State.CONCEPT),
    (State.ONDERTEKEND, State.INGEDIEND),
    (State.ONDERTEKEND, State.INGETROKKEN),
    (State.INGEDIEND, State.TOEGEWEZEN),
    (State.INGEDIEND, State.GEDEELTELIJK_TOEGEWEZEN),
    (State.INGEDIEND, State.AFGEWEZEN),
    (State.INGEDIEND, State.INGETROKKEN),
}


class Course(RuleBasedStateMachine):
    """Any sequence of steps by any users."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.seen: list[str] = ["0"]
        self.application = draft()

    @precondition(lambda self: self.number == 0)
    @rule(kind=st.sampled_from(Kind), unmet=st.sampled_from([(), (), ("schoning",)]))
    def begin(self, kind: Kind, unmet: tuple[str, ...]) -> None:
        self.number = 1
        self.application = replace(draft(kind, unmet=unmet), terms=terms("1", kind, unmet))

    @rule(changed=st.booleans(), unmet=st.sampled_from([(), (), ("schoning",)]))
    def revise(self, changed: bool, unmet: tuple[str, ...]) -> None:
        self.number += changed
        before = self.application
        wanted = terms(str(self.number), before.kind, unmet) if changed else before.terms
        if self._take(Step.REVISE, revise, wanted) and changed:
            assert not self.application.signatures
            assert self.application.lapsed == before.lapsed + before.signatures

    @rule(
        party=st.sampled_from([PROVIDER, FIRST, SECOND, Party(Role.INSURER, "9999")]),
        stale=st.sampled_from([False, False, False, True]),
        actor=st.sampled_from(["u", "v", "w", None]),
    )
    def sign(self, party: Party, stale: bool, actor: str | None) -> None:
        before = self.application
        digest = "stale" if stale else before.terms.digest
        users = {each.actor: each.party for each in before.signatures + before.lapsed}
        fits = not stale and party in before.waiting_for and actor is not None and users.get(actor, party) == party
        assert self._take(Step.SIGN, sign, party, digest, actor, NOW, fits=fits) == (
            fits and Step.SIGN in before.open_steps
        )

    @rule()
    def submit(self) -> None:
        before = self.application
        if self._take(Step.SUBMIT, submit, TODAY, ""):
            assert {each.party for each in before.signatures} == set(before.terms.parties)
            assert {each.digest for each in before.signatures} == {before.terms.digest}
            assert SIDES[before.kind] is not Side.SAMEN or not before.terms.unmet

    @rule(outcome=st.sampled_from(Outcome))
    def decide(self, outcome: Outcome) -> None:
        cents = {Outcome.GEHEEL: 100, Outcome.GEDEELTELIJK: 40, Outcome.AFGEWEZEN: 0}[outcome]
        self._take(Step.DECIDE, decide, NzaDecision(outcome, cents, TODAY, "beschikking", ""))

    @rule()
    def withdraw(self) -> None:
        self._take(Step.WITHDRAW, withdraw)

    @invariant()
    def every_signature_that_counts_is_under_the_current_digest(self) -> None:
        assert all(each.digest == self.application.terms.digest for each in self.application.signatures)

    @invariant()
    def no_user_signed_for_two_parties(self) -> None:
        users = {(each.actor, each.party) for each in self.application.signatures + self.application.lapsed}
        assert len({actor for actor, _ in users}) == len(users)

    def _take(self, step: Step, act: object, *arguments: object, fits: bool = True) -> bool:
        """Takes a step; one that is open and has the right arguments succeeds, any other is refused."""
        before = self.application
        if step not in before.open_steps or not fits:
            with pytest.raises(DomainError):
                act(before, *arguments)  # type: ignore[operator]
            return False
        self.application = act(before, *arguments)  # type: ignore[operator]
        if self.application != before:
            assert (before.state, self.application.state) in EDGES
        return True


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
