"""The condition service over a real socket, beside a real registry and a quality service that answers from memory."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.type import date_pb2

from services.budget.archive import PurchasingRulesRow
from services.budget.conditions.engines import ConditionEngines
from services.budget.conditions.facts import ConditionReader
from services.budget.conditions.judging import ConditionJudge
from services.budget.obligations.store import AcknowledgementRow
from services.budget.rules import Rules
from services.budget.server import BudgetSettings, build
from services.registry.server import RegistrySettings
from services.registry.server import build as build_registry
from services.runtime.call import DEVELOPMENT_ACTOR, Call
from services.runtime.changes import CHANGE_ROWS
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.metrics import Metrics
from services.runtime.peers import Peer
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from services.runtime.transactions import Transactions
from spoedkader.budget.v1 import condition_pb2 as pb
from spoedkader.budget.v1 import obligation_pb2
from spoedkader.quality.v1 import (
    assessment_pb2,
    enforcement_pb2,
    enforcement_pb2_grpc,
    indicator_pb2,
    indicator_pb2_grpc,
    submission_pb2,
    submission_pb2_grpc,
)
from spoedkader.registry.v1 import (
    attestation_pb2,
    closure_pb2,
    location_pb2,
    provider_pb2,
)
from tests.support.access import DECIDE
from tests.support.answers import cells, example_answers
from tests.support.clients import BudgetClient, RegistryClient, acting_as
from tests.support.clock import TickingClock
from tests.support.databases import database_url, with_tables
from tests.support.messages import day, moment, read_instant
from tests.support.policies import POLICIES, copy_rules
from tests.support.refusals import refusal
from tests.support.suite import Suite

IDS = ["transparantie", "kwaliteit", "schoning", "overloop_dbc", "afwijken", "tijdlijn", "nieuwe_aanbieders"]
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
MET, UNMET = pb.Condition.STATUS_VOLDAAN, pb.Condition.STATUS_NIET_VOLDAAN
UNKNOWN, NOT_APPLICABLE = pb.Condition.STATUS_ONBEKEND, pb.Condition.STATUS_NIET_VAN_TOEPASSING


class Loopback(ServiceSettings):
    address: str = "127.0.0.1:0"
    database_url: str = "sqlite://"
    drain_seconds: float = 0.0


class FakeQuality(
    enforcement_pb2_grpc.EnforcementServiceServicer,
    submission_pb2_grpc.SubmissionServiceServicer,
    indicator_pb2_grpc.IndicatorServiceServicer,
):
    """What the quality service knows, by location; a test changes it as it goes."""

    def __init__(self) -> None:
        self.standings: dict[str, enforcement_pb2.Standing] = {}
        self.revisions: dict[str, list[submission_pb2.Submission]] = {}
        self.indicators: dict[str, indicator_pb2.Indicators] = {}

    def all_is_well(self, location: str) -> None:
        """Answers in time, all indicators, and an assessment that meets the norms."""
        self.revisions[location] = [submission(location, "2026-05-01", 1)]
        self.indicators[location] = indicator_pb2.Indicators(
            name=f"{location}/indicators/2025",
            seh_visits=20000,
            ehh_visits=0,
            seh_stops=12,
            mean_length_of_stay_tenths=1800,
            median_length_of_stay_tenths=1650,
        )
        self.assess(location, assessment_pb2.ROUTE_VOLDOET)

    def assess(self, location: str, *routes: Any, cases: Any = ()) -> None:
        self.standings[location] = enforcement_pb2.Standing(
            location=location,
            assessment=assessment_pb2.Assessment(
                name=f"{location}/assessments/a1", submission_revision=1, routes=list(routes)
            ),
            cases=list(cases),
        )

    def ListStandings(
        self, request: enforcement_pb2.ListStandingsRequest, context: grpc.ServicerContext
    ) -> enforcement_pb2.ListStandingsResponse:
        assert request.budget_year == 2027
        found = [each for name, each in self.standings.items() if name.startswith(f"{request.parent}/")]
        return enforcement_pb2.ListStandingsResponse(standings=found)

    def ListSubmissions(
        self, request: submission_pb2.ListSubmissionsRequest, context: grpc.ServicerContext
    ) -> submission_pb2.ListSubmissionsResponse:
        assert request.survey_year == 2026
        parent = request.parent.removesuffix("-")
        found = [each[-1] for name, each in self.revisions.items() if name.startswith(parent)]
        return submission_pb2.ListSubmissionsResponse(submissions=found)

    def GetSubmission(
        self, request: submission_pb2.GetSubmissionRequest, context: grpc.ServicerContext
    ) -> submission_pb2.Submission:
        location = request.name.rpartition("/submissions/")[0]
        if location not in self.revisions:
            raise not_found(request.name)
        return self.revisions[location][request.revision - 1]

    def ListIndicators(
        self, request: indicator_pb2.ListIndicatorsRequest, context: grpc.ServicerContext
    ) -> indicator_pb2.ListIndicatorsResponse:
        assert request.year == 2025
        parent = request.parent.removesuffix("-")
        found = [each for name, each in self.indicators.items() if name.startswith(parent)]
        return indicator_pb2.ListIndicatorsResponse(indicators=found)


def submission(location: str, delivered: str, revision: int) -> submission_pb2.Submission:
    return submission_pb2.Submission(
        name=f"{location}/submissions/2026", delivered_date=day(delivered), revision=revision
    )


class World:
    """The budget service and its peers, each on a socket of its own."""

    def __init__(self, folder: Path, policies: Path) -> None:
        self._stack = ExitStack()
        self.clock = TickingClock()
        self.clock.travel(NOW)
        self.fake = FakeQuality()
        registry = RegistrySettings(
            address=f"unix:{folder}/r.sock",
            database_url=database_url(folder / "registry.db"),
            policies_dir=policies,
            drain_seconds=0.0,
        )
        self.registry = RegistryClient(self._serve(build_registry(registry, self.clock), registry))
        quality = Server(Application("quality", self._register, (), DECIDE), Loopback())
        quality.start()
        self._stack.callback(quality.stop)
        self.settings = BudgetSettings(
            address=f"unix:{folder}/b.sock",
            database_url=database_url(folder / "budget.db"),
            registry_address=registry.address,
            quality_address=quality.address,
            policies_dir=policies,
            drain_seconds=0.0,
        )
        self.budget = BudgetClient(self._serve(build(self.settings, self.clock), self.settings))
        self.registry.set_round()

    def _register(self, server: grpc.Server) -> None:
        enforcement_pb2_grpc.add_EnforcementServiceServicer_to_server(self.fake, server)
        submission_pb2_grpc.add_SubmissionServiceServicer_to_server(self.fake, server)
        indicator_pb2_grpc.add_IndicatorServiceServicer_to_server(self.fake, server)

    def _serve(self, application: Application, settings: ServiceSettings) -> grpc.Channel:
        server = Server(application, settings)
        server.start()
        self._stack.callback(server.stop)
        return self._stack.enter_context(grpc.insecure_channel(server.address))

    def close(self) -> None:
        self._stack.close()

    def provider(self, *, locations: int = 1, **fields: Any) -> tuple[str, list[str]]:
        """A provider for which everything is as it should be: its AGB code and the names of its locations."""
        name = self.registry.new_provider(**fields).name
        places = [self.registry.new_location(name).name for _ in range(locations)]
        for place in places:
            self.fake.all_is_well(place)
        for kind in attestation_pb2.Attestation.Kind.values()[1:]:
            self.attest(name, kind)
        return name.rpartition("/")[2], places

    def attest(self, parent: str, kind: Any, on: str = "2026-09-01", document: str = "DOC-1", year: int = 2027) -> None:
        attestation = attestation_pb2.Attestation(budget_year=year, kind=kind, attested_date=day(on), document=document)
        request = attestation_pb2.RecordAttestationRequest(parent=parent, attestation=attestation)
        self.registry.attestations.RecordAttestation(request, timeout=10)

    def ask(self, agb: str, on: str = "") -> pb.Conditions:
        request = pb.EvaluateConditionsRequest(
            name=f"providers/{agb}/conditions/2027", as_of_date=day(on) if on else None
        )
        return self.budget.conditions.EvaluateConditions(request, timeout=20)


@pytest.fixture(scope="module")
def world(folder: Path) -> Iterator[World]:
    running = World(folder, POLICIES)
    yield running
    running.close()


def one(found: pb.Conditions, condition: str) -> pb.Condition:
    (match,) = [each for each in found.conditions if each.id == condition]
    return match


def said(items: Any) -> list[tuple[str, int, str, bool]]:
    """Location, who has to act, the last day, and whether it has passed."""
    return [
        (each.location, each.actor, _iso(each.due_date) if each.HasField("due_date") else "", each.overdue)
        for each in items
    ]


def _iso(value: date_pb2.Date) -> str:
    return date(value.year, value.month, value.day).isoformat()


# What is answered


def test_everything_is_met(world: World) -> None:
    agb, _ = world.provider(locations=2)
    found = world.ask(agb)
    assert found.name == f"providers/{agb}/conditions/2027"
    assert [condition.id for condition in found.conditions] == IDS
    assert [condition.number for condition in found.conditions] == list(range(1, 8))
    assert [condition.status for condition in found.conditions] == [MET] * 6 + [NOT_APPLICABLE]
    assert all(condition.title and condition.source for condition in found.conditions)
    assert not found.joint_application_blocked
    assert not any(condition.shortfalls for condition in found.conditions)
    # The day of filing is not known: that is told, and blocks nothing (AMB-50).
    assert "BR/REG-26150" in one(found, "tijdlijn").remarks[0].description
    assert _iso(found.as_of_date) == "2026-10-01"
    assert NOW <= read_instant(found.create_time) <= world.clock.now
    assert found.policy_year == 2027
    assert found.policy_revision == Rules(POLICIES).year(2027).revision
    assert found.engine.startswith("regorus ")


def test_the_facts_come_with_the_answer_in_one_form(world: World) -> None:
    agb, places = world.provider()
    first, again = world.ask(agb), world.ask(agb)
    assert (first.input_json, first.input_digest) == (again.input_json, again.input_digest)
    held = json.loads(first.input_json)
    assert json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == first.input_json
    assert [location["name"] for location in held["locations"]] == places
    world.fake.indicators[places[0]].ClearField("seh_stops")
    other = world.ask(agb)
    assert other.input_digest != first.input_digest
    assert one(other, "transparantie").status == UNMET


def test_nothing_is_known(world: World) -> None:
    name = world.registry.new_provider().name
    place = world.registry.new_location(name).name
    found = world.ask(name.rpartition("/")[2])
    assert [condition.status for condition in found.conditions] == [
        *(UNMET, UNKNOWN, UNMET, UNMET, MET, UNMET, NOT_APPLICABLE)
    ]
    assert found.joint_application_blocked
    provider, insurers = pb.Shortfall.ACTOR_ZORGAANBIEDER, pb.Shortfall.ACTOR_VERZEKERAARS
    assert said(one(found, "transparantie").shortfalls) == [
        ("", provider, "", False),
        (place, provider, "2026-06-15", True),
        (place, provider, "", False),
    ]
    assert said(one(found, "kwaliteit").shortfalls) == [(place, insurers, "", False)]
    assert said(one(found, "schoning").shortfalls) == [("", provider, "", False)]


def test_what_is_not_known_blocks_like_what_is_not_met(world: World) -> None:
    agb, (place,) = world.provider()
    del world.fake.standings[place]
    found = world.ask(agb)
    assert [condition.status for condition in found.conditions if condition.status in (UNMET, UNKNOWN)] == [UNKNOWN] * 2
    assert found.joint_application_blocked


# Where the facts come from


def test_a_correction_does_not_make_answers_late(world: World) -> None:
    agb, (place,) = world.provider()
    world.fake.revisions[place].append(submission(place, "2026-09-20", 2))
    found = world.ask(agb)
    # The assessment is of the answers before: nothing is known of those of now.
    assert one(found, "transparantie").status == UNKNOWN
    world.fake.standings[place].assessment.submission_revision = 2
    assert one(world.ask(agb), "transparantie").status == MET
    world.fake.revisions[place] = [submission(place, "2026-06-16", 1)]
    world.fake.standings[place].assessment.submission_revision = 1
    assert one(world.ask(agb), "transparantie").status == UNMET


def test_declarations_of_another_year_do_not_count(world: World) -> None:
    agb, _ = world.provider()
    name = world.registry.new_provider().name
    world.fake.all_is_well(world.registry.new_location(name).name)
    for kind in attestation_pb2.Attestation.Kind.values()[1:]:
        world.attest(name, kind, year=2026)
    other = world.ask(name.rpartition("/")[2])
    assert [one(other, each).status for each in ("schoning", "overloop_dbc", "tijdlijn")] == [UNMET] * 3
    assert not world.ask(agb).joint_application_blocked


def test_a_declaration_without_its_document(world: World) -> None:
    agb, _ = world.provider()
    world.attest(f"providers/{agb}", attestation_pb2.Attestation.KIND_SCHONING, document="")
    found = world.ask(agb)
    assert one(found, "schoning").status == UNMET
    assert "getekende document" in one(found, "schoning").shortfalls[0].description


def case(state: Any, track: Any, due: str = "", **fields: Any) -> enforcement_pb2.Case:
    return enforcement_pb2.Case(
        name="providers/06000000/locations/x/cases/2026-herstel",
        track=track,
        state=state,
        due_date=day(due) if due else None,
        **fields,
    )


def test_the_term_of_a_case(world: World) -> None:
    agb, (place,) = world.provider()
    cure = case(enforcement_pb2.Case.STATE_HERSTELTERMIJN, enforcement_pb2.TRACK_HERSTEL, "2026-12-01")
    plan = case(enforcement_pb2.Case.STATE_VERBETERPLAN_LOOPT, enforcement_pb2.TRACK_VERBETERPLAN, "2027-06-01")
    routes = (assessment_pb2.ROUTE_HERSTELTERMIJN, assessment_pb2.ROUTE_VERBETERPLAN)
    world.fake.assess(place, *routes, cases=[cure, plan])
    provider, together = pb.Shortfall.ACTOR_ZORGAANBIEDER, pb.Shortfall.ACTOR_SAMEN
    found = one(world.ask(agb), "kwaliteit")
    assert (found.status, said(found.shortfalls)) == (UNMET, [(place, provider, "2026-12-01", False)])
    # On a later day the terms of now are held against that day.
    later = one(world.ask(agb, "2027-06-02"), "kwaliteit")
    assert said(later.shortfalls) == [(place, together, "2026-12-01", True), (place, together, "2027-06-01", True)]
    world.fake.assess(place, assessment_pb2.ROUTE_VERBETERPLAN, cases=[cure, plan])
    assert one(world.ask(agb), "kwaliteit").status == MET


def test_an_exception_holds_until_its_last_day(world: World) -> None:
    def taken(end: str, ended: str = "") -> enforcement_pb2.ProposedDecision:
        return enforcement_pb2.ProposedDecision(
            kind=enforcement_pb2.DECISION_KIND_TIJDELIJKE_UITZONDERING,
            outcome=enforcement_pb2.ProposedDecision.OUTCOME_GENOMEN,
            exception=enforcement_pb2.ExceptionTerms(end_date=day(end), ended_date=day(ended) if ended else None),
        )

    agb, (place,) = world.provider()
    excepted = case(
        enforcement_pb2.Case.STATE_TIJDELIJKE_UITZONDERING,
        enforcement_pb2.TRACK_HERSTEL,
        decisions=[taken("2026-08-01", "2026-07-01"), taken("2027-03-31")],
    )
    world.fake.assess(place, assessment_pb2.ROUTE_HERSTELTERMIJN, cases=[excepted])
    found = one(world.ask(agb, "2027-03-31"), "kwaliteit")
    together = pb.Shortfall.ACTOR_SAMEN
    assert (found.status, said(found.remarks)) == (MET, [(place, together, "2027-03-31", False)])
    over = one(world.ask(agb, "2027-04-01"), "kwaliteit")
    assert (over.status, said(over.shortfalls)) == (UNMET, [(place, together, "2027-03-31", True)])


def test_a_location_with_a_decision_against_it_is_left_out(world: World) -> None:
    agb, (first, second) = world.provider(locations=2)
    taken = enforcement_pb2.ProposedDecision(
        kind=enforcement_pb2.DECISION_KIND_GEEN_BUDGET,
        outcome=enforcement_pb2.ProposedDecision.OUTCOME_GENOMEN,
        concluded_date=day("2026-09-01"),
    )
    decided = case(enforcement_pb2.Case.STATE_GEEN_BUDGET, enforcement_pb2.TRACK_VERBETERPLAN, decisions=[taken])
    world.fake.assess(second, assessment_pb2.ROUTE_VERBETERPLAN, cases=[decided])
    assert not world.ask(agb).joint_application_blocked
    decided.state = enforcement_pb2.Case.STATE_AFWEGING
    world.fake.assess(second, assessment_pb2.ROUTE_VERBETERPLAN, cases=[decided])
    found = one(world.ask(agb), "kwaliteit")
    assert (found.status, [each.location for each in found.shortfalls]) == (UNMET, [second])
    assert first != second


def test_a_duty_that_is_overdue_until_it_is_acknowledged(world: World) -> None:
    agb, (place,) = world.provider()
    closure = closure_pb2.Closure(
        start_time=moment("2027-02-01T00:00"), end_time=moment("2027-02-03T00:00"), foreseen=False
    )
    request = closure_pb2.CreateClosureRequest(parent=place, closure_id=world.registry.unused_id("C"), closure=closure)
    world.registry.closures.CreateClosure(request, timeout=10)
    provider = pb.Shortfall.ACTOR_ZORGAANBIEDER
    # Structural on 1 February, a Monday; five working days later it is the 8th.
    within = one(world.ask(agb, "2027-02-08"), "afwijken")
    assert (within.status, said(within.remarks)) == (MET, [(place, provider, "2027-02-08", False)])
    late = one(world.ask(agb, "2027-02-09"), "afwijken")
    assert (late.status, said(late.shortfalls)) == (UNMET, [(place, provider, "2027-02-08", True)])
    world.clock.travel(datetime(2027, 2, 10, 12, tzinfo=UTC))
    try:
        acknowledge = obligation_pb2.AcknowledgeObligationRequest(
            name=f"{place}/obligations/2027",
            kind=obligation_pb2.Duty.KIND_STRUCTURELE_SLUITING,
            acknowledgement=obligation_pb2.Acknowledgement(acknowledged_date=day("2027-02-10"), causes="Wateroverlast"),
        )
        world.budget.obligations.AcknowledgeObligation(acknowledge, timeout=10, metadata=acting_as("spoed@wulp"))
        assert one(world.ask(agb), "afwijken") == pb.Condition(
            **{field: getattr(within, field) for field in ("id", "number", "title", "source")}, status=MET
        )
    finally:
        world.clock.travel(NOW)


def test_a_new_provider(world: World) -> None:
    agb, _ = world.provider(provides_seh_since=day("2027-01-01"))
    name = f"providers/{agb}"
    world.registry.providers.SubmitProvider(provider_pb2.SubmitProviderRequest(name=name), timeout=10)
    found = one(world.ask(agb), "nieuwe_aanbieders")
    assert found.status == UNMET
    assert [each.description for each in found.shortfalls] == [
        f"Zorgverzekeraar {insurer} moet nog besluiten over de nieuwe aanbieder." for insurer in ("9101", "9102")
    ]
    for insurer in ("9101", "9102"):
        request = provider_pb2.ApproveProviderRequest(name=name, insurer=insurer, decided_date=day("2026-10-01"))
        world.registry.providers.ApproveProvider(request, timeout=10, metadata=acting_as(f"inkoop@{insurer}"))
    assert one(world.ask(agb), "nieuwe_aanbieders").status == MET
    # A decision of after the day does not count yet.
    assert one(world.ask(agb, "2026-09-30"), "nieuwe_aanbieders").status == UNMET


def test_other_care_and_locations_of_another_time_are_not_looked_at(world: World) -> None:
    agb, _ = world.provider()
    world.registry.new_location(f"providers/{agb}", care_type=location_pb2.Location.CARE_TYPE_SPOEDPOLI)
    world.registry.new_location(f"providers/{agb}", opened_date=day("2028-01-01"))
    assert not world.ask(agb).joint_application_blocked


# What is refused


def test_a_wrong_request(world: World) -> None:
    ask = world.budget.conditions.EvaluateConditions
    for name in ("", "providers/-/conditions/2027", "providers/06010101", "providers/06010101/conditions/1066"):
        assert refusal(ask, pb.EvaluateConditionsRequest(name=name)).fields == ["name"]
    wrong = pb.EvaluateConditionsRequest(name="x", as_of_date=date_pb2.Date(year=2027, month=2, day=30))
    assert refusal(ask, wrong).fields == ["name", "as_of_date"]


def test_a_provider_or_a_round_that_is_not_there(world: World) -> None:
    ask = world.budget.conditions.EvaluateConditions
    missing = refusal(ask, pb.EvaluateConditionsRequest(name="providers/99999999/conditions/2027"))
    assert (missing.code, missing.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    agb, _ = world.provider()
    unknown = refusal(ask, pb.EvaluateConditionsRequest(name=f"providers/{agb}/conditions/2030"))
    assert unknown.reason == "ROUND_UNKNOWN"


# Rules that change or break, and the same again


class Caller:
    """The context of a call without a deadline, from a caller without a name."""

    spoedkader_call = Call("oproep", DEVELOPMENT_ACTOR)
    spoedkader_method = "/spoedkader.budget.v1.ConditionService/EvaluateConditions"

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def time_remaining(self) -> None:
        return None


@pytest.fixture
def judging(world: World, tmp_path: Path) -> Iterator[Any]:
    """A way to make judges over one database, each with the rules as they lie in a folder at that moment."""
    with ExitStack() as stack:
        settings = world.settings
        database = with_tables(
            tmp_path / "budget.db", (AcknowledgementRow, PurchasingRulesRow, *CHANGE_ROWS), connections=2
        )
        stack.callback(database.close)
        transactions = Transactions(database, world.clock)
        registry = Peer("registry", settings.registry_address, settings)
        quality = Peer("quality", settings.quality_address, settings)
        stack.callback(registry.close)
        stack.callback(quality.close)

        def judge() -> ConditionJudge:
            rules, engines = Rules(tmp_path / "policies"), ConditionEngines(1, Metrics().evaluations)
            stack.callback(engines.close)
            reader = ConditionReader(registry, quality, rules, transactions, submitted=lambda agb, year: None)
            return ConditionJudge(reader, rules, engines, transactions, world.clock)

        copy_rules(tmp_path / "policies", 2027)
        yield judge


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "policies" / "inkoopkader" / "2027" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


CALLER: Any = Caller()
TODAY = date(2026, 10, 1)


def test_what_was_kept_is_judged_again_by_the_rules_of_then(world: World, judging: Any, tmp_path: Path) -> None:
    agb, (place,) = world.provider()
    plan = case(enforcement_pb2.Case.STATE_AFWEGING, enforcement_pb2.TRACK_VERBETERPLAN)
    world.fake.assess(place, assessment_pb2.ROUTE_VERBETERPLAN, cases=[plan])
    kept = judging().evaluate(agb, 2027, TODAY, CALLER)
    assert one(kept, "kwaliteit").status == UNMET
    change(tmp_path, "kwaliteit.rego", ':= in_case("VERBETERPLAN", location)', ":= lib.met if location.cases")
    later = judging()
    now = later.judge(agb, 2027, TODAY, CALLER)
    assert one(now, "kwaliteit").status == MET
    assert now.policy_revision != kept.policy_revision
    assert later.replay(kept) == []
    # What was only asked was judged by rules that nobody kept; these are still those of now.
    assert later.replay(now) == []


def test_what_was_only_asked_cannot_be_judged_again_by_other_rules(world: World, judging: Any, tmp_path: Path) -> None:
    agb, _ = world.provider()
    asked = judging().judge(agb, 2027, TODAY, CALLER)
    change(tmp_path, "schoning.rego", "Verklaar dat", "Verklaar nu dat")
    assert judging().replay(asked) == [f"de regels van toen, {asked.policy_revision}, zijn niet bewaard"]


def test_every_difference_is_told(world: World, judging: Any) -> None:
    agb, (place,) = world.provider()
    world.fake.revisions[place] = [submission(place, "2026-06-16", 1)]
    judge = judging()
    kept = judge.evaluate(agb, 2027, TODAY, CALLER)
    assert judge.replay(kept) == []

    def differences(**changes: Any) -> list[str]:
        tampered = pb.Conditions()
        tampered.CopyFrom(kept)
        for field, value in changes.items():
            if isinstance(value, Message):
                getattr(tampered, field).CopyFrom(value)
            else:
                setattr(tampered, field, value)
        return list(judge.replay(tampered))

    assert differences(input_digest="sha256:0") == ["de invoer is niet die van haar digest"]
    assert differences(joint_application_blocked=False) == [
        "of een gezamenlijke aanvraag wordt tegengehouden, is anders"
    ]
    assert differences(as_of_date=day("2026-10-02")) == ["de dag waarop is beoordeeld is niet die van de invoer"]
    assert differences(input_json="[") == ["de invoer is niet die van haar digest", "de invoer is niet te lezen"]
    better = kept.input_json.replace("2026-06-16", "2026-06-15")
    assert differences(input_json=better) == [
        "de invoer is niet die van haar digest",
        "of een gezamenlijke aanvraag wordt tegengehouden, is anders",
        "transparantie: NIET_VOLDAAN is nu VOLDAAN",
    ]
    worse = kept.input_json.replace('"seh_stops":12', '"seh_stops":null')
    assert differences(input_json=worse)[1:] == ["transparantie: wat erover gezegd wordt is anders"]
    (broken,) = differences(input_json="{}")[1:2]
    assert broken == "de invoer is niet te lezen"

    turned = pb.Conditions()
    turned.CopyFrom(kept)
    first = turned.conditions.pop(0)
    assert judge.replay(turned) == ["transparantie: is er nu ook"]
    turned.conditions.append(first)
    assert judge.replay(turned) == ["de voorwaarden staan in een andere volgorde, of er staat een twee keer"]
    turned.conditions.add(id="elders")
    assert judge.replay(turned) == ["elders: is er niet meer"]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("data.json", "eerste_budgetjaar", "ander", "overloop_dbc: no judgement"),
        ("schoning.rego", "judgement := lib", "judgement := := lib", "schoning.rego:"),
        ("schoning.rego", "# title: Schoning", "# titel: Schoning", "METADATA title ontbreekt"),
        ("lib.rego", '"waar": "VOLDAAN"', '"waar": "JA"', "not a judgement"),
    ],
)
def test_rules_that_give_no_judgement(
    world: World, judging: Any, tmp_path: Path, name: str, old: str, new: str, told: str
) -> None:
    agb, _ = world.provider()
    change(tmp_path, name, old, new)
    with pytest.raises(DomainError) as refused:
        judging().judge(agb, 2027, TODAY, CALLER)
    assert refused.value.reason is Reason.POLICY_FAILED
    assert refused.value.metadata["policy_year"] == "2027"
    assert told in refused.value.message


# Over the three real services

NO_DOCTOR = {
    "arts.specialist_aanwezig": {"kantooruren": "niet_altijd", "anw": "altijd"},
    "arts.ervaren_arts_aanwezig": {"kantooruren": "niet_altijd", "anw": "altijd"},
}
SLOW_TRIAGE = {"triage.start_binnen_5_minuten": "niet_altijd"}
UNKNOWN_TRIAGE = {"triage.start_binnen_5_minuten": None}


def test_from_finding_to_plan_with_the_quality_service_itself(suite: Suite) -> None:
    suite.registry.set_round()
    suite.clock.travel(datetime(2026, 7, 1, 10, tzinfo=UTC))
    place = suite.registry.new_location().name
    agb = place.split("/")[1]

    def assess(**changed: Any) -> None:
        # This location of the example meets every norm.
        answers = {**example_answers("L007"), **changed}
        handed_in = submission_pb2.Submission(
            name=f"{place}/submissions/2026",
            policy_year=2027,
            status=submission_pb2.Submission.STATUS_VOORLOPIG,
            delivered_date=day("2026-06-10"),
            answers=cells(answers),
        )
        suite.quality.submissions.SubmitAnswers(submission_pb2.SubmitAnswersRequest(submission=handed_in), timeout=20)
        request = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027)
        suite.quality.assessments.AssessLocation(request, timeout=20)

    def ask(condition: str, on: str = "") -> pb.Condition:
        request = pb.EvaluateConditionsRequest(
            name=f"providers/{agb}/conditions/2027", as_of_date=day(on) if on else None
        )
        return one(suite.budget.conditions.EvaluateConditions(request, timeout=20), condition)

    provider, insurers = pb.Shortfall.ACTOR_ZORGAANBIEDER, pb.Shortfall.ACTOR_VERZEKERAARS
    reported = indicator_pb2.Indicators(name=f"{place}/indicators/2025", seh_visits=0, ehh_visits=0, seh_stops=0)
    update = indicator_pb2.UpdateIndicatorsRequest(indicators=reported)
    suite.quality.indicators.UpdateIndicators(update, timeout=10)
    assert ask("kwaliteit").status == UNKNOWN

    assess(**UNKNOWN_TRIAGE)
    assert said(ask("kwaliteit").shortfalls) == [(place, provider, "", False)]
    assert said(ask("transparantie").shortfalls) == [("", provider, "", False), (place, provider, "", False)]

    assess(**NO_DOCTOR)
    # Only the declaration is missing still: a norm that is not met is no lack of transparency.
    assert said(ask("transparantie").shortfalls) == [("", provider, "", False)]
    assert said(ask("kwaliteit").shortfalls) == [(place, insurers, "", False)]
    found = enforcement_pb2.EstablishFindingRequest(
        name=f"{place}/cases/2026-herstel",
        insurer="9101",
        established_date=day("2026-07-01"),
        reason="Zo staat het er.",
    )
    suite.quality.enforcement.EstablishFinding(found, timeout=10, metadata=acting_as("inkoper@9101"))
    assert said(ask("kwaliteit").shortfalls) == [(place, provider, "2026-10-01", False)]
    assert said(ask("kwaliteit", "2026-10-02").shortfalls)[0][3]

    assess(**SLOW_TRIAGE)
    assert said(ask("kwaliteit").shortfalls) == [(place, provider, "2026-09-15", False)]
    measure = enforcement_pb2.Measure(
        id="m1", norms=["B2"], description="Een tweede plek.", owner_role="manager", due_date=day("2027-05-01")
    )
    plan = enforcement_pb2.SubmitImprovementPlanRequest(
        name=f"{place}/cases/2026-verbeterplan",
        plan=enforcement_pb2.ImprovementPlan(summary="Sneller triëren.", measures=[measure]),
    )
    suite.quality.enforcement.SubmitImprovementPlan(plan, timeout=10, metadata=acting_as("kwaliteit@wulp"))
    handed_in = ask("kwaliteit")
    assert (handed_in.status, said(handed_in.remarks)) == (MET, [(place, insurers, "2026-09-15", False)])
    agree = enforcement_pb2.AgreeImprovementPlanRequest(name=plan.name, insurer="9101", reason="Haalbaar.")
    suite.quality.enforcement.AgreeImprovementPlan(agree, timeout=10, metadata=acting_as("inkoper@9101"))
    agreed = ask("kwaliteit", "2027-06-01")
    assert (agreed.status, list(agreed.remarks)) == (MET, [])
    assert ask("kwaliteit", "2027-06-02").status == UNMET

    assess()
    assert ask("kwaliteit", "2027-06-02").status == MET
