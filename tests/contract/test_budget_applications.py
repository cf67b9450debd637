"""Applications over a socket, beside the real registry and quality service; only the conditions are as a test says."""

import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.budget.applications.api import ApplicationServicer
from services.budget.applications.registry import Registry
from services.budget.applications.sources import Sources
from services.budget.norm_budget.api import BudgetServicer
from services.budget.norm_budget.calculations import Calculations
from services.budget.outlook.comparisons import Comparisons
from services.budget.peers import Facts
from services.budget.rules import Rules
from services.budget.server import ROWS, BudgetSettings
from services.runtime import feed
from services.runtime.metrics import Metrics
from services.runtime.peers import Peer
from services.runtime.server import Application as Service
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings
from services.runtime.transactions import Transactions
from services.runtime.wire import to_date, to_timestamp
from spoedkader.budget.v1 import application_pb2 as pb
from spoedkader.budget.v1 import application_pb2_grpc, budget_pb2, budget_pb2_grpc, condition_pb2
from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc
from spoedkader.registry.v1 import closure_pb2, location_pb2, provider_pb2
from tests.support.access import DECIDE
from tests.support.clients import BudgetClient, acting_as
from tests.support.databases import run_sql, with_tables
from tests.support.messages import day, euros, moment
from tests.support.policies import POLICIES
from tests.support.refusals import refusal
from tests.support.suite import Suite

Application = pb.Application
Form = pb.ExportApplicationRequest
NORM = 460_000_000
NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
TODAY = day("2026-10-01")
NO_TALKS = pb.Consultation(took_place=False)
JOINT = Application.KIND_GEZAMENLIJK
BY_PROVIDER = Application.KIND_EENZIJDIG_AANBIEDER
BY_INSURERS = Application.KIND_EENZIJDIG_VERZEKERAAR
FOLLOWING = Application.KIND_VERVOLG_NA_AFWIJZING


class Conditions:
    """Judges conditions by what a test says of a provider; all is well unless it says otherwise."""

    def __init__(self) -> None:
        self.unmet: dict[str, tuple[str, ...]] = {}
        self.replayed: list[str] = []
        self.clock: Any = None

    def judge(self, agb: str, year: int, as_of: date, _: grpc.ServicerContext) -> condition_pb2.Conditions:
        unmet = self.unmet.get(agb, ())
        return condition_pb2.Conditions(
            name=f"providers/{agb}/conditions/{year}",
            conditions=[
                condition_pb2.Condition(
                    id=name,
                    number=number,
                    title=name.capitalize(),
                    status=condition_pb2.Condition.STATUS_NIET_VOLDAAN
                    if name in unmet
                    else condition_pb2.Condition.STATUS_VOLDAAN,
                    shortfalls=[
                        condition_pb2.Shortfall(
                            description=f"{name} ontbreekt",
                            actor=condition_pb2.Shortfall.ACTOR_ZORGAANBIEDER,
                            due_date=day("2026-12-01"),
                        )
                    ]
                    if name in unmet
                    else [],
                )
                for number, name in enumerate(("transparantie", "schoning"), start=1)
            ],
            joint_application_blocked=bool(unmet),
            as_of_date=to_date(as_of),
            policy_year=2027,
            policy_revision="sha256:" + "0" * 64,
            create_time=to_timestamp(self.clock()),
        )

    def replay(self, _: condition_pb2.Conditions) -> list[str]:
        return self.replayed


class Deadline:
    """The last day to hand in by the rules of the year."""

    def __init__(self) -> None:
        self.day: date | None = None


@pytest.fixture(scope="module")
def conditions() -> Conditions:
    return Conditions()


@pytest.fixture
def deadline(_deadline: Deadline) -> Iterator[Deadline]:
    yield _deadline
    _deadline.day = None


@pytest.fixture(scope="module")
def _deadline() -> Deadline:
    return Deadline()


@pytest.fixture(scope="module")
def database_path(folder: Path) -> Path:
    return folder / "applications.db"


@pytest.fixture(scope="module")
def budget(
    suite: Suite, folder: Path, database_path: Path, conditions: Conditions, _deadline: Deadline
) -> Iterator[BudgetClient]:
    conditions.clock = suite.clock
    database = with_tables(database_path, ROWS)
    transactions = Transactions(database, suite.clock)
    settings = ServiceSettings(address="127.0.0.1:0", database_url="sqlite://")
    registry, quality = (Peer(name, f"unix:{folder / name}.sock", settings) for name in ("registry", "quality"))
    facts = Facts(registry, quality, Rules(POLICIES))
    calculations = Calculations(facts, transactions)
    sources = Sources(
        provider=Registry(registry).provider,
        calculate=calculations.calculate,
        judge=conditions.judge,
        evaluate=conditions.judge,
        deadline=lambda policy_year: _deadline.day if policy_year == 2027 else None,
        compare=Comparisons(transactions).compare,
        replay_calculation=calculations.replay_calculation,
        replay_conditions=conditions.replay,
    )

    def register(server: grpc.Server) -> None:
        servicer = ApplicationServicer(sources, transactions, suite.clock)
        application_pb2_grpc.add_ApplicationServiceServicer_to_server(servicer, server)
        budget_pb2_grpc.add_BudgetServiceServicer_to_server(BudgetServicer(facts, transactions, calculations), server)
        feed_pb2_grpc.add_FeedServiceServicer_to_server(
            feed.FeedServicer(transactions, lambda _: {}, Metrics().feed), server
        )

    def close() -> None:
        registry.close()
        quality.close()
        database.close()

    settings = BudgetSettings(address=f"unix:{folder / 'applications.sock'}", drain_seconds=0.0)
    server = Server(Service("budget", register, (), DECIDE, close), settings)
    server.start()
    with grpc.insecure_channel(server.address) as channel:
        yield BudgetClient(channel)
    server.stop()


class Case:
    """One provider with an SEH, and its applications."""

    def __init__(self, suite: Suite, budget: BudgetClient, conditions: Conditions, **fields: Any) -> None:
        self.suite, self.budget, self.stub, self.conditions = suite, budget, budget.applications, conditions
        self.provider: provider_pb2.Provider = suite.registry.new_provider(**fields)
        self.agb = self.provider.name.rpartition("/")[2]
        self.place: location_pb2.Location = suite.registry.new_location(self.provider.name)

    def request(self, kind: Application.Kind.ValueType = JOINT, **fields: Any) -> pb.CreateApplicationRequest:
        if kind in {BY_PROVIDER, BY_INSURERS}:
            fields.setdefault("consultation", NO_TALKS)
        return pb.CreateApplicationRequest(parent=self.provider.name, budget_year=2027, kind=kind, **fields)

    def create(self, kind: Application.Kind.ValueType = JOINT, **fields: Any) -> Application:
        return self.stub.CreateApplication(self.request(kind, **fields), timeout=10)

    def get(self, name: str) -> Application:
        return self.stub.GetApplication(pb.GetApplicationRequest(name=name), timeout=10)

    def revise(self, name: str, **fields: Any) -> Application:
        return self.stub.ReviseApplication(pb.ReviseApplicationRequest(name=name, **fields), timeout=10)

    def sign_one(self, application: Application, party: pb.Party, actor: str, **fields: Any) -> Application:
        return self.stub.SignApplication(signing(application, party, **fields), timeout=10, metadata=acting_as(actor))

    def sign(self, application: Application) -> Application:
        for party in list(application.waiting_for):
            application = self.sign_one(application, party, user_of(party))
        return application

    def submit(self, application: Application, **fields: Any) -> Application:
        request = pb.SubmitApplicationRequest(name=application.name, submitted_date=TODAY, **fields)
        return self.stub.SubmitApplication(request, timeout=10)

    def decide(self, application: Application, outcome: pb.NzaDecision.Outcome.ValueType, cents: int) -> Application:
        return self.stub.RecordNzaDecision(deciding(application, outcome, cents), timeout=10)

    def withdraw(self, application: Application) -> Application:
        request = pb.WithdrawApplicationRequest(name=application.name, reason="vergissing")
        return self.stub.WithdrawApplication(request, timeout=10)

    def export(self, application: Application, form: Form.Form.ValueType) -> pb.ExportApplicationResponse:
        return self.stub.ExportApplication(Form(name=application.name, form=form), timeout=30)

    def steps(self, application: Application, **fields: Any) -> pb.ListApplicationStepsResponse:
        return self.stub.ListApplicationSteps(
            pb.ListApplicationStepsRequest(parent=application.name, **fields), timeout=10
        )

    def close(self) -> None:
        """Closes the place for 20 days, of which nobody knew."""
        closure = closure_pb2.Closure(
            start_time=moment("2027-05-01T00:00"), end_time=moment("2027-05-21T00:00"), foreseen=False
        )
        request = closure_pb2.CreateClosureRequest(
            parent=self.place.name, closure_id=self.suite.registry.unused_id("C"), closure=closure
        )
        self.suite.registry.closures.CreateClosure(request, timeout=10)

    def calculate(self) -> budget_pb2.Calculation:
        request = budget_pb2.CalculateBudgetRequest(name=f"{self.provider.name}/budgets/2027")
        return self.budget.budgets.CalculateBudget(request, timeout=10)


def user_of(party: pb.Party) -> str:
    return f"bestuur@{party.provider or party.insurer}"


def signing(application: Application, party: pb.Party, **fields: Any) -> pb.SignApplicationRequest:
    fields.setdefault("content_digest", application.content_digest)
    return pb.SignApplicationRequest(name=application.name, party=party, **fields)


def deciding(
    application: Application, outcome: pb.NzaDecision.Outcome.ValueType, cents: int, **fields: Any
) -> pb.RecordNzaDecisionRequest:
    decision = pb.NzaDecision(
        outcome=outcome, amount=euros(cents), decided_date=TODAY, document="beschikking (voorbeeld)"
    )
    return pb.RecordNzaDecisionRequest(name=application.name, decision=decision, **fields)


def insurer(code: str) -> pb.Party:
    return pb.Party(insurer=code)


@pytest.fixture
def case(suite: Suite, budget: BudgetClient, conditions: Conditions) -> Case:
    suite.registry.set_round()
    suite.clock.travel(NOW)
    return Case(suite, budget, conditions)


# What a draft says


def test_a_draft_freezes_what_it_rests_on(case: Case) -> None:
    draft = case.create(explanation="Eerste aanvraag.")
    assert draft.name == f"{case.provider.name}/applications/2027-1"
    assert (draft.state, draft.amount) == (Application.STATE_CONCEPT, euros(NORM))
    assert list(draft.lines) == [pb.ApplicationLine(location=case.place.name, amount=euros(NORM))]
    assert draft.calculation == case.calculate()
    assert draft.conditions.name == f"{case.provider.name}/conditions/2027"
    assert list(draft.waiting_for) == [pb.Party(provider=case.agb), insurer("9101"), insurer("9102")]
    assert list(draft.open_steps) == ["ReviseApplication", "SignApplication", "WithdrawApplication"]
    assert not draft.signatures
    assert case.get(draft.name) == draft


def test_the_bytes_that_are_exported_are_those_of_the_digest(case: Case) -> None:
    draft = case.create(explanation="Eerste aanvraag.")
    exported = case.export(draft, Form.FORM_JSON)
    assert f"sha256:{hashlib.sha256(exported.content).hexdigest()}" == draft.content_digest
    assert exported.media_type == "application/json"
    assert exported.file_name == f"aanvraag-{case.agb}-2027-1.json"
    content = json.loads(exported.content)
    assert content["name"] == draft.name
    assert content["provider"] == {"agb": case.agb, "display_name": case.provider.display_name}
    assert content["amount_cents"] == NORM
    assert content["legal_ground"] == "Wmg art. 52, onder a"
    assert content["explanation"] == "Eerste aanvraag."
    assert content["calculation"]["name"] == draft.calculation.name


def test_a_location_of_another_care_type_is_left_out_with_the_reason(case: Case) -> None:
    other = case.suite.registry.new_location(case.provider.name, care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI)
    draft = case.create()
    line = next(line for line in draft.lines if line.location == other.name)
    assert line.amount == euros(0)
    assert "geen SEH" in line.excluded_because
    assert draft.amount == euros(NORM)


def test_a_new_provider_without_approval_can_only_ask_alone(
    suite: Suite, budget: BudgetClient, conditions: Conditions
) -> None:
    suite.registry.set_round()
    case = Case(suite, budget, conditions, provides_seh_since=day("2027-01-01"))
    alone = case.create(BY_PROVIDER)
    assert alone.amount == euros(460_000_000)
    assert ["nieuw" in line.decided_against for line in alone.lines] == [True]
    by_insurers = case.create(BY_INSURERS)
    assert by_insurers.amount == euros(0)
    assert ["nieuw" in line.excluded_because for line in by_insurers.lines] == [True]


def test_a_draft_that_is_only_checked_leaves_nothing(case: Case) -> None:
    draft = case.create(validate_only=True)
    assert draft.name.endswith("/2027-1")
    assert refusal(case.stub.GetApplication, pb.GetApplicationRequest(name=draft.name)).reason == "NOT_FOUND"
    listed = case.budget.budgets.ListCalculations(
        budget_pb2.ListCalculationsRequest(parent=f"{case.provider.name}/budgets/2027"), timeout=10
    )
    assert not listed.calculations


def test_a_request_that_is_repeated_makes_one_draft(case: Case) -> None:
    request = case.request(request_id=str(uuid.uuid4()))
    first = case.stub.CreateApplication(request, timeout=10)
    case.close()
    assert case.stub.CreateApplication(request, timeout=10) == first
    listed = case.stub.ListApplications(pb.ListApplicationsRequest(parent=case.provider.name), timeout=10)
    assert [each.name for each in listed.applications] == [first.name]


@pytest.mark.every_right
def test_everything_that_is_wrong_with_a_draft_is_told_at_once(case: Case) -> None:
    talks = pb.Consultation(took_place=True, last_date=day("2026-10-02"))
    wrong = refusal(
        case.stub.CreateApplication,
        pb.CreateApplicationRequest(
            parent="providers/1",
            budget_year=27,
            consultation=talks,
            amends="x",
            follows="y",
            explanation="x" * 2001,
            request_id="1",
        ),
    )
    assert set(wrong.fields) == {
        "request_id",
        "parent",
        "budget_year",
        "kind",
        "consultation.last_date",
        "consultation.summary",
        "amends",
        "follows",
        "explanation",
    }
    assert wrong.violations["follows"].startswith("moet de vorm")


@pytest.mark.parametrize("kind", [BY_PROVIDER, BY_INSURERS])
def test_one_side_alone_tells_about_consultation(case: Case, kind: Application.Kind.ValueType) -> None:
    request = pb.CreateApplicationRequest(parent=case.provider.name, budget_year=2027, kind=kind)
    assert refusal(case.stub.CreateApplication, request).fields == ["consultation"]
    untold = pb.Consultation(took_place=True)
    assert refusal(case.stub.CreateApplication, case.request(kind, consultation=untold)).fields == [
        "consultation.last_date",
        "consultation.summary",
    ]
    odd = pb.Consultation(took_place=False, last_date=TODAY)
    assert refusal(case.stub.CreateApplication, case.request(kind, consultation=odd)).fields == [
        "consultation.last_date"
    ]
    draft = case.create(kind)
    assert any("Er is niet overlegd" in warning for warning in draft.warnings)
    talked = pb.Consultation(took_place=True, last_date=TODAY, summary="geen akkoord", document="verslag")
    revised = case.revise(draft.name, consultation=talked)
    assert revised.consultation == talked
    assert not any("Er is niet overlegd" in warning for warning in revised.warnings)


def test_a_side_has_one_open_application(case: Case) -> None:
    first = case.create()
    case.close()
    taken = refusal(case.stub.CreateApplication, case.request())
    assert (taken.reason, taken.metadata["resource"]) == ("ALREADY_EXISTS", first.name)
    assert not case.get(first.name).newer_calculation, "a refusal leaves no calculation"
    assert case.create(BY_PROVIDER).name.endswith("2027-2")
    case.withdraw(first)
    assert case.create().name.endswith("2027-3")


def test_an_unknown_provider_has_no_application(case: Case) -> None:
    request = pb.CreateApplicationRequest(parent="providers/99999999", budget_year=2027, kind=JOINT)
    assert refusal(case.stub.CreateApplication, request).reason == "NOT_FOUND"
    request = pb.CreateApplicationRequest(parent=case.provider.name, budget_year=2044, kind=JOINT)
    assert refusal(case.stub.CreateApplication, request).reason == "ROUND_UNKNOWN"


# Signing


def test_from_draft_to_granted(case: Case) -> None:
    draft = case.create()
    signed = case.sign(draft)
    assert signed.state == Application.STATE_ONDERTEKEND
    assert [user_of(each.party) for each in signed.signatures] == [each.actor for each in signed.signatures]
    assert {each.content_digest for each in signed.signatures} == {draft.content_digest}
    submitted = case.submit(signed, nza_reference="NZA-1")
    assert (submitted.state, submitted.nza_reference) == (Application.STATE_INGEDIEND, "NZA-1")
    assert submitted.submitted_date == TODAY
    granted = case.decide(submitted, pb.NzaDecision.OUTCOME_GEHEEL, NORM)
    assert (granted.state, list(granted.open_steps)) == (Application.STATE_TOEGEWEZEN, [])
    assert granted.content_digest == draft.content_digest
    assert granted.create_time == draft.create_time
    assert granted == case.get(draft.name)
    steps = case.steps(granted).steps
    assert [step.step for step in steps] == [
        "CreateApplication",
        *["SignApplication"] * 3,
        "SubmitApplication",
        "RecordNzaDecision",
    ]
    assert [step.number for step in steps] == list(range(1, 7))
    assert steps[0].from_state == Application.STATE_UNSPECIFIED
    assert [(step.from_state, step.to_state) for step in steps[3:]] == [
        (Application.STATE_CONCEPT, Application.STATE_ONDERTEKEND),
        (Application.STATE_ONDERTEKEND, Application.STATE_INGEDIEND),
        (Application.STATE_INGEDIEND, Application.STATE_TOEGEWEZEN),
    ]
    assert [step.note for step in steps[1:4]] == [f"namens {case.agb}", "namens 9101", "namens 9102"]


@pytest.mark.parametrize(
    ("kind", "count"), [(JOINT, 3), (BY_PROVIDER, 1), (BY_INSURERS, 2)], ids=["joint", "provider", "insurers"]
)
def test_who_signs(case: Case, kind: Application.Kind.ValueType, count: int) -> None:
    assert len(case.sign(case.create(kind)).signatures) == count


@pytest.mark.every_right
def test_what_a_signer_did_not_see_is_not_signed(case: Case) -> None:
    draft = case.create()
    revised = case.revise(draft.name, explanation="anders")
    stale = refusal(case.stub.SignApplication, signing(draft, insurer("9101")), metadata=acting_as("u"))
    assert (stale.code, stale.reason) == (grpc.StatusCode.ABORTED, "CONTENT_CHANGED")
    assert stale.metadata["current"] == revised.content_digest
    odd = signing(draft, pb.Party(), content_digest="sha256:0")
    assert refusal(case.stub.SignApplication, odd, metadata=acting_as("u")).fields == ["party", "content_digest"]


def test_a_revision_lapses_the_signatures(case: Case) -> None:
    signed = case.sign(case.create())
    revised = case.revise(signed.name, explanation="anders")
    assert (revised.state, len(revised.signatures), len(revised.waiting_for)) == (Application.STATE_CONCEPT, 0, 3)
    assert revised.content_digest != signed.content_digest
    assert [step.content_digest for step in case.steps(revised).steps][-2:] == [
        signed.content_digest,
        revised.content_digest,
    ]
    # What was signed before stays there to be read, under its digest; it does not count.
    back = case.revise(signed.name, explanation="")
    assert (back.content_digest, len(back.signatures)) == (signed.content_digest, 0)
    assert refusal(
        case.stub.SubmitApplication, pb.SubmitApplicationRequest(name=back.name, submitted_date=TODAY)
    ).reason == ("ILLEGAL_TRANSITION")


def test_a_revision_that_changes_nothing_lapses_nothing(case: Case) -> None:
    signed = case.sign(case.create())
    assert case.revise(signed.name, explanation="") == signed


def test_parties_sign_by_users_of_their_own(case: Case) -> None:
    draft = case.create()
    nameless = refusal(case.stub.SignApplication, signing(draft, insurer("9101")))
    assert nameless.reason == "ACTOR_NOT_OWN"
    case.sign_one(draft, insurer("9101"), "vera")
    both = refusal(case.stub.SignApplication, signing(draft, insurer("9102")), metadata=acting_as("vera"))
    assert (both.reason, both.metadata) == ("ACTOR_NOT_OWN", {"actor": "vera", "party": "9101"})
    stranger = refusal(case.stub.SignApplication, signing(draft, insurer("9999")), metadata=acting_as("x"))
    assert stranger.reason == "NOT_REPRESENTATIVE"
    twice = refusal(case.stub.SignApplication, signing(draft, insurer("9101")), metadata=acting_as("vera"))
    assert twice.reason == "ALREADY_EXISTS"


def test_two_signers_at_the_same_time_both_count(case: Case) -> None:
    draft = case.create(BY_INSURERS)
    together = threading.Barrier(2)

    def sign(code: str) -> Application:
        together.wait()
        return case.sign_one(draft, insurer(code), f"user-{code}")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(sign, ["9101", "9102"]))
    assert sorted(answer.state for answer in answers) == [Application.STATE_CONCEPT, Application.STATE_ONDERTEKEND]
    assert len(case.get(draft.name).signatures) == 2


def test_one_user_at_the_same_time_signs_for_one_party(case: Case) -> None:
    draft = case.create(BY_INSURERS)
    together = threading.Barrier(2)

    def sign(code: str) -> str:
        together.wait()
        try:
            case.sign_one(draft, insurer(code), "vera")
        except grpc.RpcError:
            return "refused"
        return "signed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(sign, ["9101", "9102"])) == ["refused", "signed"]


def test_a_signature_that_is_sent_twice_counts_once(case: Case) -> None:
    draft = case.create()
    request = signing(draft, insurer("9101"), request_id=str(uuid.uuid4()))
    first = case.stub.SignApplication(request, timeout=10, metadata=acting_as("vera"))
    assert case.stub.SignApplication(request, timeout=10, metadata=acting_as("vera")) == first
    assert len(case.get(draft.name).signatures) == 1
    checked = case.sign_one(draft, insurer("9102"), "bas", validate_only=True)
    assert len(checked.signatures) == 2
    assert len(case.get(draft.name).signatures) == 1


# Conditions


def test_unmet_conditions_hold_back_a_joint_application(case: Case) -> None:
    case.conditions.unmet[case.agb] = ("schoning",)
    draft = case.create()
    assert list(draft.open_steps) == ["ReviseApplication", "WithdrawApplication"]
    held_back = refusal(case.stub.SignApplication, signing(draft, insurer("9101")), metadata=acting_as("u"))
    assert (held_back.reason, held_back.metadata["conditions"]) == ("CONDITIONS_NOT_MET", "schoning")
    assert any("schoning" in warning for warning in draft.warnings)
    # What is judged again is judged anew; the draft itself stays as it was until it is revised.
    case.conditions.unmet[case.agb] = ()
    assert case.get(draft.name).conditions == draft.conditions
    better = case.revise(draft.name, recalculate=True)
    assert case.sign(better).state == Application.STATE_ONDERTEKEND


def test_unmet_conditions_hold_back_no_one_sided_application(case: Case) -> None:
    case.conditions.unmet[case.agb] = ("schoning",)
    submitted = case.submit(case.sign(case.create(BY_PROVIDER)))
    assert submitted.state == Application.STATE_INGEDIEND
    assert any("schoning" in warning for warning in submitted.warnings)


# What follows


def test_a_decision_fits_the_application(case: Case) -> None:
    submitted = case.submit(case.sign(case.create()))
    for outcome, cents in (
        (pb.NzaDecision.OUTCOME_GEHEEL, NORM - 1),
        (pb.NzaDecision.OUTCOME_GEDEELTELIJK, NORM),
        (pb.NzaDecision.OUTCOME_GEDEELTELIJK, 0),
        (pb.NzaDecision.OUTCOME_AFGEWEZEN, 1),
    ):
        wrong = refusal(case.stub.RecordNzaDecision, deciding(submitted, outcome, cents))
        assert wrong.fields == ["decision.amount"]
    empty = refusal(case.stub.RecordNzaDecision, pb.RecordNzaDecisionRequest(name=submitted.name))
    assert set(empty.fields) == {f"decision.{field}" for field in ("outcome", "amount", "decided_date", "document")}
    part = case.decide(submitted, pb.NzaDecision.OUTCOME_GEDEELTELIJK, 100)
    assert (part.state, part.nza_decision.amount) == (Application.STATE_GEDEELTELIJK_TOEGEWEZEN, euros(100))


def test_steps_that_are_not_open_name_those_that_are(case: Case) -> None:
    draft = case.create()
    closed = refusal(case.stub.SubmitApplication, pb.SubmitApplicationRequest(name=draft.name, submitted_date=TODAY))
    assert (closed.reason, closed.metadata["state"]) == ("ILLEGAL_TRANSITION", "CONCEPT")
    assert closed.metadata["open_steps"] == ",".join(draft.open_steps)
    submitted = case.submit(case.sign(draft))
    for method, request in (
        (case.stub.ReviseApplication, pb.ReviseApplicationRequest(name=draft.name, recalculate=True)),
        (case.stub.ReviseApplication, pb.ReviseApplicationRequest(name=draft.name, explanation="x")),
    ):
        assert refusal(method, request).reason == "ILLEGAL_TRANSITION"
    case.withdraw(submitted)
    assert refusal(case.stub.RecordNzaDecision, deciding(submitted, pb.NzaDecision.OUTCOME_GEHEEL, NORM)).metadata == {
        "state": "INGETROKKEN",
        "open_steps": "",
    }


def test_what_changed_in_between_is_noticed(case: Case) -> None:
    draft = case.create()
    case.revise(draft.name, explanation="x", etag=draft.etag)
    for method, request in (
        (case.stub.ReviseApplication, pb.ReviseApplicationRequest(name=draft.name, explanation="y", etag=draft.etag)),
        (case.stub.ReviseApplication, pb.ReviseApplicationRequest(name=draft.name, recalculate=True, etag=draft.etag)),
        (
            case.stub.WithdrawApplication,
            pb.WithdrawApplicationRequest(name=draft.name, reason="x", etag=draft.etag),
        ),
        (
            case.stub.SubmitApplication,
            pb.SubmitApplicationRequest(name=draft.name, submitted_date=TODAY, etag=draft.etag),
        ),
        (case.stub.RecordNzaDecision, deciding(draft, pb.NzaDecision.OUTCOME_GEHEEL, NORM, etag=draft.etag)),
    ):
        assert refusal(method, request).reason == "ETAG_MISMATCH"


def test_nothing_is_handed_in_tomorrow(case: Case) -> None:
    signed = case.sign(case.create())
    request = pb.SubmitApplicationRequest(name=signed.name, submitted_date=day("2026-10-02"))
    assert refusal(case.stub.SubmitApplication, request).fields == ["submitted_date"]


def test_a_refused_application_is_followed(case: Case) -> None:
    first = case.submit(case.sign(case.create()))
    request = case.request(FOLLOWING, follows=first.name)
    early = refusal(case.stub.CreateApplication, request)
    assert (early.reason, early.metadata["state"]) == ("ILLEGAL_TRANSITION", "INGEDIEND")
    case.decide(first, pb.NzaDecision.OUTCOME_AFGEWEZEN, 0)
    assert refusal(case.stub.CreateApplication, case.request(FOLLOWING)).fields == ["follows"]
    assert refusal(case.stub.CreateApplication, case.request(JOINT, follows=first.name)).fields == ["follows"]
    second = case.stub.CreateApplication(request, timeout=10)
    assert second.follows == first.name
    assert json.loads(case.export(second, Form.FORM_JSON).content)["legal_ground"] == "Wmg art. 52, onder b"


def test_one_provider_cannot_follow_or_amend_another(case: Case, suite: Suite, budget: BudgetClient) -> None:
    other = Case(suite, budget, case.conditions)
    first = case.submit(case.sign(case.create()))
    assert refusal(other.stub.CreateApplication, other.request(amends=first.name)).fields == ["amends"]
    absent = f"{other.provider.name}/applications/2027-9"
    assert refusal(other.stub.CreateApplication, other.request(amends=absent)).reason == "NOT_FOUND"


def test_an_application_is_amended_after_a_late_closure(case: Case) -> None:
    first = case.submit(case.sign(case.create()))
    case.close()
    assert not case.get(first.name).newer_calculation
    later = case.calculate()
    warned = case.get(first.name)
    assert warned.newer_calculation == later.name
    assert any(later.name in warning for warning in warned.warnings)
    assert (warned.content_digest, warned.calculation) == (first.content_digest, first.calculation)
    amendment = case.create(amends=first.name)
    assert amendment.calculation == later
    assert amendment.amount == later.budget
    assert not amendment.newer_calculation
    page = case.export(amendment, Form.FORM_HTML).content.decode()
    assert "Verschil met de aanvraag die wordt gewijzigd" in page
    assert "€ -252.054,79" in page
    assert case.export(amendment, Form.FORM_PDF).content.startswith(b"%PDF")
    assert refusal(case.stub.CreateApplication, case.request(amends=first.name)).reason == "ALREADY_EXISTS"
    unsigned = refusal(case.stub.CreateApplication, case.request(amends=amendment.name))
    assert unsigned.metadata["state"] == "CONCEPT"


# The deadline of handing in


@pytest.mark.parametrize(
    ("last", "warned"),
    [
        (None, "is niet bekend"),
        (date(2026, 9, 30), "is voorbij"),
        (date(2026, 10, 1), "is 1 oktober 2026"),
        (date(2026, 10, 15), "is 15 oktober 2026"),
        (date(2026, 10, 16), ""),
    ],
)
def test_the_last_day_to_hand_in_is_watched(case: Case, deadline: Deadline, last: date | None, warned: str) -> None:
    deadline.day = last
    draft = case.create()
    assert draft.HasField("filing_deadline_date") == (last is not None)
    about = [warning for warning in draft.warnings if "uiterste dag" in warning]
    assert [warned in warning for warning in about] == ([True] if warned else [])


def test_who_handed_in_too_late_is_told(case: Case, deadline: Deadline) -> None:
    submitted = case.submit(case.sign(case.create()))
    deadline.day = date(2026, 9, 30)
    assert any("na de uiterste dag" in warning for warning in case.get(submitted.name).warnings)
    deadline.day = date(2026, 10, 1)
    assert not any("uiterste dag" in warning for warning in case.get(submitted.name).warnings)


# Documents, lists and replays


def test_the_document_says_what_parties_sign(case: Case) -> None:
    case.conditions.unmet[case.agb] = ("schoning",)
    hostile = '<script>alert(1)</script> #panic("x") $x$'
    draft = case.create(BY_PROVIDER, explanation=hostile)
    exported = case.export(draft, Form.FORM_HTML)
    page = exported.content.decode()
    assert exported.media_type == "text/html; charset=utf-8"
    assert exported.file_name == f"aanvraag-{case.agb}-2027-1.html"
    for text in (
        "Aanvraag budget SEH 2027",
        "Eenzijdige aanvraag van de zorgaanbieder (Wmg art. 52, onder c)",
        case.provider.display_name,
        "€ 4.600.000,00",
        "niet voldaan",
        "schoning ontbreekt (zorgaanbieder; uiterlijk 1 december 2026)",
        "nog niet ondertekend",
        draft.content_digest,
        draft.calculation.input_digest,
        "voorbeeldbedrag",
        "heeft niet plaatsgevonden",
    ):
        assert text in page, text
    assert "<script>" not in page
    for step in draft.calculation.locations[0].steps:
        assert step.result in page
    pdf = case.export(draft, Form.FORM_PDF)
    assert pdf.content.startswith(b"%PDF")
    assert pdf.media_type == "application/pdf"
    assert case.export(draft, Form.FORM_PDF) == pdf
    assert refusal(case.stub.ExportApplication, Form(name=draft.name)).fields == ["form"]


def test_the_document_shows_who_signed_and_what_the_nza_decided(case: Case) -> None:
    submitted = case.submit(case.sign(case.create()), nza_reference="NZA-7")
    page = case.export(case.decide(submitted, pb.NzaDecision.OUTCOME_AFGEWEZEN, 0), Form.FORM_HTML).content.decode()
    for text in ("bestuur@9101", "zorgverzekeraar 9102", "kenmerk NZA-7", "afgewezen", "beschikking (voorbeeld)"):
        assert text in page, text
    assert "nog niet ondertekend" not in page


def test_applications_are_listed_in_pages(case: Case) -> None:
    made = [case.create(kind) for kind in (JOINT, BY_PROVIDER, BY_INSURERS)]
    request = pb.ListApplicationsRequest(parent=case.provider.name, page_size=2)
    first = case.stub.ListApplications(request, timeout=10)
    request.page_token = first.next_page_token
    second = case.stub.ListApplications(request, timeout=10)
    listed = [*first.applications, *second.applications]
    assert [each.name for each in listed] == [each.name for each in made]
    assert not second.next_page_token
    for whole, short in zip(made, listed, strict=True):
        assert short.calculation == budget_pb2.Calculation(name=whole.calculation.name)
        assert short.conditions == condition_pb2.Conditions(name=whole.conditions.name)
        assert (short.amount, short.lines, short.warnings) == (whole.amount, whole.lines, whole.warnings)
    every = pb.ListApplicationsRequest(parent="providers/-", budget_year=2027, page_size=50)
    assert {each.name for each in made} <= {
        each.name for each in case.stub.ListApplications(every, timeout=10).applications
    }
    other = pb.ListApplicationsRequest(parent=case.provider.name, budget_year=2028)
    assert not case.stub.ListApplications(other, timeout=10).applications


def test_steps_are_listed_in_pages(case: Case) -> None:
    signed = case.sign(case.create())
    first = case.steps(signed, page_size=3)
    second = case.steps(signed, page_size=3, page_token=first.next_page_token)
    assert [step.number for step in [*first.steps, *second.steps]] == [1, 2, 3, 4]
    assert not second.next_page_token


def test_every_change_is_in_the_feed(case: Case) -> None:
    before = case.budget.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=10).next_cursor
    signed = case.sign(case.create(BY_PROVIDER))
    changes = case.budget.feed.ListChanges(
        feed_pb2.ListChangesRequest(cursor=before, page_size=1000), timeout=10
    ).changes
    assert [(change.resource, change.revision) for change in changes if change.type == "applications"] == [
        (signed.name, 1),
        (signed.name, 2),
    ]


def test_an_application_is_worked_out_again_to_the_byte(case: Case) -> None:
    signed = case.sign(case.create())
    case.close()
    case.calculate()
    found = case.stub.ReplayApplication(pb.ReplayApplicationRequest(name=signed.name), timeout=10)
    assert (found.same, list(found.differences)) == (True, [])
    assert found.parameters_revision == signed.calculation.rules_revision
    assert found.policy_revision == signed.conditions.policy_revision


def test_what_was_tampered_with_does_not_replay(case: Case, database_path: Path) -> None:
    draft = case.create()
    replay = pb.ReplayApplicationRequest(name=draft.name)
    which = {"digest": draft.content_digest}
    ((content,),) = run_sql(database_path, "SELECT content FROM application_content WHERE digest = :digest", **which)
    spoiled = content.replace(b'"amount_cents":460000000', b'"amount_cents":460000001')
    assert spoiled != content
    change = "UPDATE application_content SET content = :spoiled WHERE digest = :digest"
    run_sql(database_path, change, spoiled=spoiled, **which)
    found = case.stub.ReplayApplication(replay, timeout=10)
    assert not found.same
    assert "de inhoud is niet die van haar digest" in found.differences


def test_conditions_that_come_out_otherwise_are_told(case: Case, conditions: Conditions) -> None:
    draft = case.create()
    conditions.replayed = ["schoning: VOLDAAN is nu ONBEKEND"]
    found = case.stub.ReplayApplication(pb.ReplayApplicationRequest(name=draft.name), timeout=10)
    conditions.replayed = []
    assert (found.same, list(found.differences)) == (False, ["voorwaarden: schoning: VOLDAAN is nu ONBEKEND"])
