"""The budget service over a real socket, beside peers that answer from memory."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from google.type import date_pb2, datetime_pb2, money_pb2, timeofday_pb2
from grpc_status import rpc_status

from services.budget.server import BudgetSettings, build
from services.runtime import names
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.pages import read_page
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from spoedkader.budget.v1 import availability_pb2, budget_pb2, obligation_pb2, outlook_pb2
from spoedkader.quality.v1 import assessment_pb2, enforcement_pb2, enforcement_pb2_grpc
from spoedkader.registry.v1 import (
    closure_pb2,
    location_pb2,
    provider_pb2,
    round_pb2,
    round_pb2_grpc,
    snapshot_pb2,
    snapshot_pb2_grpc,
    stop_pb2,
)
from tests.support.access import DECIDE
from tests.support.clients import BudgetClient
from tests.support.databases import database_url, run_sql

POLICIES = Path(__file__).parents[2] / "policies"
NOW = datetime(2027, 4, 1, 12, tzinfo=UTC)
NORM_CENTS = 460_000_000


def moment(text: str) -> datetime_pb2.DateTime:
    at = datetime.fromisoformat(text)
    return datetime_pb2.DateTime(year=at.year, month=at.month, day=at.day, hours=at.hour, minutes=at.minute)


def closure(location: str, identifier: str, start: str, end: str | None) -> closure_pb2.Closure:
    found = closure_pb2.Closure(name=f"{location}/closures/{identifier}", start_time=moment(start))
    if end:
        found.end_time.CopyFrom(moment(end))
    return found


class World:
    """What the peers know; a test changes it as it goes."""

    def __init__(self) -> None:
        self.policy_year = 2027
        self.providers: dict[str, snapshot_pb2.ProviderSnapshot] = {}
        self.standings: dict[str, enforcement_pb2.Standing] = {}
        self.delay = 0.0
        self.deadlines: list[float] = []
        self.calls: list[tuple[str, Message]] = []

    def add(self, agb: str, *locations: str, since: int = 1990) -> snapshot_pb2.ProviderSnapshot:
        snapshot = snapshot_pb2.ProviderSnapshot(
            provider=provider_pb2.Provider(
                name=f"providers/{agb}",
                provides_seh_since=date_pb2.Date(year=since, month=1, day=1),
                representatives=["9101", "9102"],
            )
        )
        for identifier in locations:
            snapshot.locations.add(
                location=location_pb2.Location(
                    name=f"providers/{agb}/locations/{identifier}",
                    care_type=location_pb2.Location.CARE_TYPE_SEH,
                    opened_date=date_pb2.Date(year=1990, month=1, day=1),
                )
            )
        self.providers[agb] = snapshot
        return snapshot

    def close(self, agb: str, start: str, end: str | None, location: int = 0) -> None:
        at = self.providers[agb].locations[location]
        at.closures.append(closure(at.location.name, f"C{len(at.closures)}", start, end))

    def stop(self, agb: str, start: str, end: str) -> None:
        at = self.providers[agb].locations[0]
        at.stops.add(
            name=f"{at.location.name}/stops/S{len(at.stops)}",
            start_time=moment(start),
            end_time=moment(end),
            department=stop_pb2.Stop.DEPARTMENT_SEH,
        )

    def assess(self, agb: str, location: str, *routes: int) -> None:
        name = f"providers/{agb}/locations/{location}"
        standing = self.standings.setdefault(name, enforcement_pb2.Standing(location=name))
        number = sum(each.HasField("assessment") for each in self.standings.values())
        assessment = assessment_pb2.Assessment(name=f"{name}/assessments/a{number}", budget_year=2027, routes=routes)  # type: ignore[arg-type]
        standing.assessment.CopyFrom(assessment)

    def decide(self, agb: str, location: str, track: str = "verbeterplan") -> enforcement_pb2.Case:
        """Lets the representatives decide that there is no budget for a location that was assessed."""
        standing = self.standings[f"providers/{agb}/locations/{location}"]
        return standing.cases.add(
            name=f"{standing.location}/cases/2026-{track}",
            state=enforcement_pb2.Case.STATE_GEEN_BUDGET,
            decisions=[
                enforcement_pb2.ProposedDecision(
                    number=number,
                    kind=enforcement_pb2.DECISION_KIND_GEEN_BUDGET,
                    outcome=outcome,
                    concluded_date=date_pb2.Date(year=2026, month=10, day=number),
                )
                for number, outcome in enumerate(
                    [
                        enforcement_pb2.ProposedDecision.OUTCOME_VERWORPEN,
                        enforcement_pb2.ProposedDecision.OUTCOME_GENOMEN,
                        enforcement_pb2.ProposedDecision.OUTCOME_INGETROKKEN,
                    ],
                    start=1,
                )
            ],
        )

    def round(self, year: int) -> round_pb2.Round:
        if year != 2027:
            raise DomainError(Reason.ROUND_UNKNOWN, f"Er is geen ronde voor {year}.")
        norm = money_pb2.Money(currency_code="EUR", units=NORM_CENTS // 100)
        return round_pb2.Round(name="rounds/2027", policy_year=self.policy_year, norm_amount=norm)

    def seen(self, request: Message, context: grpc.ServicerContext) -> None:
        self.calls.append((type(request).__name__, request))
        self.deadlines.append(context.time_remaining())
        time.sleep(self.delay)


class FakeRegistry(snapshot_pb2_grpc.SnapshotServiceServicer, round_pb2_grpc.RoundServiceServicer):
    def __init__(self, world: World) -> None:
        self.world = world

    def GetRound(self, request: round_pb2.GetRoundRequest, context: grpc.ServicerContext) -> round_pb2.Round:
        self.world.seen(request, context)
        return self.world.round(int(request.name.removeprefix("rounds/")))

    def GetProviderSnapshot(
        self, request: snapshot_pb2.GetProviderSnapshotRequest, context: grpc.ServicerContext
    ) -> snapshot_pb2.ProviderSnapshot:
        self.world.seen(request, context)
        round_ = self.world.round(request.budget_year)
        snapshot = self.world.providers.get(request.name.removeprefix("providers/"))
        if snapshot is None:
            raise not_found(request.name)
        return _in_view(snapshot, round_, request.view)

    def GetLocationSnapshot(
        self, request: snapshot_pb2.GetLocationSnapshotRequest, context: grpc.ServicerContext
    ) -> snapshot_pb2.LocationSnapshot:
        self.world.seen(request, context)
        round_ = self.world.round(request.budget_year)
        agb, wanted = names.parts(names.LOCATION, request.name)
        for snapshot in self.world.providers.values():
            for location in _in_view(snapshot, round_, request.view).locations:
                found_agb, identifier = names.parts(names.LOCATION, location.location.name)
                if identifier == wanted and agb in {found_agb, "-"}:
                    location.round.CopyFrom(round_)
                    return location
        raise not_found(request.name)

    def ListProviderSnapshots(
        self, request: snapshot_pb2.ListProviderSnapshotsRequest, context: grpc.ServicerContext
    ) -> snapshot_pb2.ListProviderSnapshotsResponse:
        self.world.seen(request, context)
        round_ = self.world.round(request.budget_year)
        page = read_page(request, default=10, most=50)
        agbs = sorted(self.world.providers)
        behind = [agb for agb in agbs if page.after is None or agb > page.after[0]]
        shown, token = page.cut(behind, lambda agb: (agb,))
        found = [_in_view(self.world.providers[agb], round_, request.view) for agb in shown]
        return snapshot_pb2.ListProviderSnapshotsResponse(snapshots=found, next_page_token=token)


def _in_view(snapshot: snapshot_pb2.ProviderSnapshot, round_: round_pb2.Round, view: int) -> Any:
    assert view in {snapshot_pb2.SNAPSHOT_VIEW_CLOSURES, snapshot_pb2.SNAPSHOT_VIEW_FULL}
    found = snapshot_pb2.ProviderSnapshot()
    found.CopyFrom(snapshot)
    found.round.CopyFrom(round_)
    if view != snapshot_pb2.SNAPSHOT_VIEW_FULL:
        for location in found.locations:
            del location.stops[:]
    return found


class FakeQuality(enforcement_pb2_grpc.EnforcementServiceServicer):
    def __init__(self, world: World) -> None:
        self.world = world

    def ListStandings(
        self, request: enforcement_pb2.ListStandingsRequest, context: grpc.ServicerContext
    ) -> enforcement_pb2.ListStandingsResponse:
        self.world.seen(request, context)
        assert request.budget_year == 2027
        (agb,) = names.parts(names.PROVIDER, request.parent)
        found = [each for each in self.world.standings.values() if agb in {"-", each.location.split("/")[1]}]
        return enforcement_pb2.ListStandingsResponse(standings=found)


class Loopback(ServiceSettings):
    address: str = "127.0.0.1:0"
    database_url: str = "sqlite://"
    drain_seconds: float = 0.0


class Client(BudgetClient):
    """The stubs of the budget service, with the calls that these tests make most."""

    def calculate(self, agb: str = "06010101", **fields: Any) -> budget_pb2.Calculation:
        request = budget_pb2.CalculateBudgetRequest(name=f"providers/{agb}/budgets/2027", **fields)
        return self.budgets.CalculateBudget(request, timeout=10)

    def kept(self, agb: str = "06010101", **fields: Any) -> budget_pb2.ListCalculationsResponse:
        request = budget_pb2.ListCalculationsRequest(parent=f"providers/{agb}/budgets/2027", **fields)
        return self.budgets.ListCalculations(request, timeout=10)


class Suite:
    """The budget service and its peers, each behind a port of its own."""

    def __init__(self, folder: Path, policies_dir: Path) -> None:
        self._stack = ExitStack()
        self.world = World()
        self.world.add("06010101", "veenrode", "kerkwerf", "merelstade")
        registry = FakeRegistry(self.world)

        def register_registry(server: grpc.Server) -> None:
            snapshot_pb2_grpc.add_SnapshotServiceServicer_to_server(registry, server)
            round_pb2_grpc.add_RoundServiceServicer_to_server(registry, server)

        def register_quality(server: grpc.Server) -> None:
            enforcement_pb2_grpc.add_EnforcementServiceServicer_to_server(FakeQuality(self.world), server)

        self.registry = Server(Application("registry", register_registry, (), DECIDE), Loopback())
        self.quality = Server(Application("quality", register_quality, (), DECIDE), Loopback())
        settings = BudgetSettings(
            address="127.0.0.1:0",
            database_url=database_url(folder / "budget.db"),
            registry_address=self.registry.address,
            quality_address=self.quality.address,
            policies_dir=policies_dir,
            drain_seconds=0.0,
        )
        self.server = Server(build(settings, clock=lambda: NOW), settings)
        for server in (self.registry, self.quality, self.server):
            server.start()
            self._stack.callback(server.stop)
        channel = self._stack.enter_context(grpc.insecure_channel(self.server.address))
        self.client = Client(channel)

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    running = Suite(tmp_path, POLICIES)
    yield running
    running.close()


@pytest.fixture
def client(suite: Suite) -> Client:
    return suite.client


@pytest.fixture
def world(suite: Suite) -> World:
    return suite.world


def refusal(act: Callable[[], object]) -> tuple[grpc.StatusCode, str, dict[str, str], list[str]]:
    """Code, reason, metadata and wrong fields of the refusal of a call."""
    with pytest.raises(grpc.RpcError) as refused:
        act()
    error: Any = refused.value
    status = rpc_status.from_call(error)
    assert status is not None, error
    info, wrong = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(wrong)
    return error.code(), info.reason, dict(info.metadata), [violation.field for violation in wrong.field_violations]


def cents(money: money_pb2.Money) -> int:
    return int(money.units) * 100 + int(money.nanos) // 10_000_000


# Calculations


def test_calculates_with_every_step(client: Client, world: World) -> None:
    world.close("06010101", "2027-02-01T00:00", "2027-05-24T00:00")
    world.providers["06010101"].locations[2].location.care_type = location_pb2.Location.CARE_TYPE_SPOEDPOLI
    world.assess("06010101", "veenrode", assessment_pb2.ROUTE_HERSTELTERMIJN, assessment_pb2.ROUTE_VERBETERPLAN)
    world.assess("06010101", "kerkwerf", assessment_pb2.ROUTE_VOLDOET)
    world.assess("06010101", "merelstade", assessment_pb2.ROUTE_ONVOLLEDIG)
    found = client.calculate()
    assert found.name == "providers/06010101/budgets/2027/calculations/1"
    assert cents(found.budget) == 318_849_315 + NORM_CENTS
    assert found.eligible_locations == 2
    assert found.eligibility == budget_pb2.Calculation.ELIGIBILITY_ESTABLISHED
    assert cents(found.norm_amount) == NORM_CENTS
    assert [location.location for location in found.locations] == [
        "providers/06010101/locations/veenrode",
        "providers/06010101/locations/kerkwerf",
        "providers/06010101/locations/merelstade",
    ]
    first = found.locations[0]
    assert (first.adjusted, first.borderline, cents(first.budget)) == (True, False, 318_849_315)
    assert first.quality_routes == ["HERSTELTERMIJN", "VERBETERPLAN"]
    assert first.assessment == "providers/06010101/locations/veenrode/assessments/a0"
    assert first.availability.name == "providers/06010101/locations/veenrode/availabilities/2027"
    assert (first.availability.closed_share.numerator, first.availability.closed_share.denominator) == (112, 365)
    assert not first.availability.closed_periods
    assert [step.rule for step in first.steps] == ["AMB-01", "AMB-02", "AMB-19", "AMB-26", "AMB-43"]
    assert all(step.source and step.description and step.result for step in [*first.steps, *found.steps])
    assert found.locations[2].quality_routes == ["ONVOLLEDIG"]
    assert {parameter.name: parameter.value for parameter in found.parameters}["franchise_minutes"] == (
        "5280 (minuten)"
    )
    assert all(parameter.reason for parameter in found.parameters)
    assert found.input_digest.startswith("sha256:")
    assert found.create_time.ToDatetime(tzinfo=UTC) == NOW


def test_the_same_facts_give_the_same_calculation(client: Client, world: World) -> None:
    world.close("06010101", "2027-03-01T00:00", "2027-03-11T00:00")
    world.close("06010101", "2027-05-01T00:00", "2027-05-02T00:00")
    first = client.calculate()
    again = client.calculate()
    closures = world.providers["06010101"].locations[0].closures
    turned = list(reversed(closures))
    del closures[:]
    closures.extend(turned)
    turned_round = client.calculate()
    assert first == again == turned_round
    assert len(client.kept().calculations) == 1


def test_a_changed_fact_gives_the_next_calculation_and_keeps_the_first(client: Client, world: World) -> None:
    first = client.calculate()
    world.close("06010101", "2027-03-01T00:00", "2027-03-11T00:00")
    second = client.calculate()
    world.assess("06010101", "veenrode", assessment_pb2.ROUTE_VOLDOET)
    third = client.calculate()
    assert [found.name.rpartition("/")[2] for found in (first, second, third)] == ["1", "2", "3"]
    assert cents(second.budget) < cents(first.budget)
    assert list(client.kept().calculations) == [first, second, third]
    request = budget_pb2.GetCalculationRequest(name=first.name)
    assert client.budgets.GetCalculation(request, timeout=10) == first
    # Back to the facts of the second is a new calculation too: the latest one rests on other facts.
    world.standings.clear()
    assert client.calculate().name.endswith("/4")


def test_a_decided_location_has_no_claim(client: Client, world: World) -> None:
    world.assess("06010101", "veenrode", assessment_pb2.ROUTE_VERBETERPLAN)
    world.assess("06010101", "kerkwerf", assessment_pb2.ROUTE_VERBETERPLAN)
    before = client.calculate()
    case = world.decide("06010101", "veenrode")
    found = client.calculate()
    assert found.name.endswith("/2")
    assert (cents(found.budget), found.eligible_locations) == (cents(before.budget) - NORM_CENTS, 2)
    first, second, _ = found.locations
    assert (cents(first.budget), first.excluded_by) == (0, case.name)
    assert (cents(second.budget), second.excluded_by) == (NORM_CENTS, "")
    last = first.steps[-1]
    assert (last.rule, last.result) == ("AMB-24", "€ 0,00")
    # The decision that was taken, not those that failed before and after it.
    assert last.inputs[-1].label == "besluit van 2026-10-02"
    assert last.inputs[-1].value == f"GEEN_BUDGET, {case.name}"


def test_a_decision_holds_until_its_revocation_is_taken(client: Client, world: World) -> None:
    world.assess("06010101", "veenrode", assessment_pb2.ROUTE_VERBETERPLAN)
    case = world.decide("06010101", "veenrode")
    decided = client.calculate()
    case.state = enforcement_pb2.Case.STATE_BESLUIT_VOORGELEGD
    case.proposal.kind = enforcement_pb2.DECISION_KIND_INTREKKING
    assert client.calculate() == decided
    case.ClearField("proposal")
    case.state = enforcement_pb2.Case.STATE_AFWEGING
    revoked = client.calculate()
    assert (cents(revoked.budget), revoked.locations[0].excluded_by) == (3 * NORM_CENTS, "")


@pytest.mark.parametrize("state", sorted(set(enforcement_pb2.Case.State.values()) - {9, 10}))
def test_an_unmet_norm_without_a_decision_leaves_the_amount(client: Client, world: World, state: Any) -> None:
    world.assess("06010101", "veenrode", assessment_pb2.ROUTE_VERBETERPLAN)
    case = world.decide("06010101", "veenrode")
    case.state = state
    # A decision that is before the representatives for the first time.
    case.proposal.kind = enforcement_pb2.DECISION_KIND_GEEN_BUDGET
    found = client.calculate()
    assert (cents(found.budget), found.eligible_locations) == (3 * NORM_CENTS, 3)


def test_validate_only_stores_nothing(client: Client, world: World) -> None:
    shown = client.calculate(validate_only=True)
    assert shown.name == "providers/06010101/budgets/2027/calculations/1"
    assert not client.kept().calculations
    stored = client.calculate()
    assert stored == shown
    world.close("06010101", "2027-03-01T00:00", "2027-03-11T00:00")
    assert client.calculate(validate_only=True).name.endswith("/2")
    assert list(client.kept().calculations) == [stored]


def test_a_new_provider_claims_nothing_without_approval(client: Client, world: World) -> None:
    snapshot = world.add("06020202", "nieuwveen", since=2027)
    found = client.calculate("06020202")
    assert (cents(found.budget), found.eligible_locations) == (0, 0)
    assert found.eligibility == budget_pb2.Calculation.ELIGIBILITY_NOT_APPROVED
    assert cents(found.locations[0].budget) == NORM_CENTS
    for insurer in ("9101", "9102"):
        snapshot.approvals.add(
            insurer=insurer,
            decision=provider_pb2.Approval.DECISION_AKKOORD,
            decided_date=date_pb2.Date(year=2026, month=9, day=1),
        )
    found = client.calculate("06020202")
    assert (cents(found.budget), found.eligible_locations) == (NORM_CENTS, 1)
    assert found.eligibility == budget_pb2.Calculation.ELIGIBILITY_APPROVED


def test_many_callers_at_once_make_one_calculation(client: Client) -> None:
    start = threading.Barrier(8)

    def calculate(_: int) -> budget_pb2.Calculation:
        start.wait()
        return client.calculate()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(calculate, range(8)))
    assert {calculation.name for calculation in found} == {"providers/06010101/budgets/2027/calculations/1"}
    assert len(client.kept().calculations) == 1


def test_all_providers_as_a_stream(client: Client, world: World) -> None:
    for number in range(60):
        world.add(f"07{number:06}", f"huis{number}")
        world.assess(f"07{number:06}", f"huis{number}", assessment_pb2.ROUTE_VOLDOET)
    request = budget_pb2.CalculateBudgetsRequest(budget_year=2027)
    found = list(client.budgets.CalculateBudgets(request, timeout=30))
    assert [answer.done_count for answer in found] == list(range(1, 62))
    assert {answer.total_count for answer in found} == {61}
    assert [answer.calculation.name.split("/")[1] for answer in found] == sorted(world.providers)
    assert all(answer.calculation.locations[0].quality_routes == ["VOLDOET"] for answer in found[1:])
    # One answer of each kind for 50 providers, not one for each provider.
    assert [name for name, _ in world.calls].count("ListProviderSnapshotsRequest") == 2
    assert client.calculate("07000007") == found[8].calculation


def test_the_stream_with_validate_only_stores_nothing(client: Client) -> None:
    request = budget_pb2.CalculateBudgetsRequest(budget_year=2027, validate_only=True)
    (found,) = client.budgets.CalculateBudgets(request, timeout=10)
    assert found.calculation.name.endswith("/1")
    assert not client.kept().calculations


# Made again


def replay(client: Client, calculation: budget_pb2.Calculation) -> budget_pb2.ReplayCalculationResponse:
    request = budget_pb2.ReplayCalculationRequest(name=calculation.name)
    return client.budgets.ReplayCalculation(request, timeout=10)


def test_every_calculation_comes_out_the_same_again(client: Client, world: World) -> None:
    made = [client.calculate()]
    world.close("06010101", "2027-03-01T22:00", None)
    world.close("06010101", "2027-02-01T22:00", "2027-02-12T08:00", location=1)
    made.append(client.calculate())
    world.assess("06010101", "veenrode", assessment_pb2.ROUTE_VERBETERPLAN, assessment_pb2.ROUTE_HERSTELTERMIJN)
    world.decide("06010101", "veenrode")
    made.append(client.calculate())
    # What is known now does not matter.
    world.providers.clear()
    for calculation in made:
        found = replay(client, calculation)
        assert (found.same, list(found.differences)) == (True, [])
    assert len({calculation.rules_revision for calculation in made}) == 1
    assert made[0].rules_revision.startswith("sha256:")


def test_the_rules_of_then_are_kept(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(POLICIES / "inkoopkader" / "2027", policies / "inkoopkader" / "2027")
    suite = Suite(tmp_path, policies)
    try:
        suite.world.close("06010101", "2027-03-01T00:00", "2027-03-11T00:00")
        made = suite.client.calculate()
    finally:
        suite.close()
    file = policies / "inkoopkader" / "2027" / "parameters.yaml"
    file.write_text(file.read_text("utf-8").replace("value: geheel", "value: meerdere"), "utf-8")
    suite = Suite(tmp_path, policies)
    try:
        suite.world.close("06010101", "2027-03-01T00:00", "2027-03-11T00:00")
        again = suite.client.calculate()
        assert again.name.endswith("/2")
        assert again.rules_revision != made.rules_revision
        assert again.budget != made.budget
        assert replay(suite.client, made).same
        assert replay(suite.client, again).same
    finally:
        suite.close()


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            "UPDATE calculation SET facts = replace(facts, '460000000', '460000001')",
            "de bewaarde feiten zijn niet die van hun digest",
        ),
        ("DELETE FROM purchasing_rules", "de bewaarde regels zijn niet die van hun digest"),
        ("UPDATE purchasing_rules SET policy_year = 2028", "de regels van toen kan deze versie van de software niet"),
        ("UPDATE calculation SET created_by = 'iemand.anders'", "actor is anders"),
    ],
)
def test_what_was_changed_since_is_told(suite: Suite, tmp_path: Path, change: str, difference: str) -> None:
    made = suite.client.calculate()
    run_sql(tmp_path / "budget.db", change)
    found = replay(suite.client, made)
    assert not found.same
    assert [text[: len(difference)] for text in found.differences] == [difference]


def test_what_cannot_be_made_again_is_not_compared(suite: Suite, tmp_path: Path) -> None:
    made = suite.client.calculate()
    run_sql(tmp_path / "budget.db", "UPDATE calculation SET facts = '{}'")
    request = outlook_pb2.CompareCalculationsRequest(from_calculation=made.name, to_calculation=made.name)
    code, reason, metadata, _ = refusal(lambda: suite.client.outlooks.CompareCalculations(request, timeout=10))
    assert (code, reason, metadata) == (grpc.StatusCode.INTERNAL, "POLICY_FAILED", {"calculation": made.name})


def test_an_amount_that_was_changed_is_told_with_both(suite: Suite, tmp_path: Path) -> None:
    made = suite.client.calculate()
    changed = budget_pb2.Calculation.FromString(made.SerializeToString())
    changed.budget.units += 1
    changed.locations[1].budget.units += 1
    changed.locations[1].steps[0].result = "anders"
    spoiled = changed.SerializeToString(deterministic=True)
    run_sql(tmp_path / "budget.db", "UPDATE calculation SET content = :spoiled", spoiled=spoiled)
    assert list(replay(suite.client, made).differences) == [
        "budget was € 13.800.001,00 en is nu € 13.800.000,00",
        "providers/06010101/locations/kerkwerf, budget was € 4.600.001,00 en is nu € 4.600.000,00",
        "providers/06010101/locations/kerkwerf, steps is anders",
    ]


# Lists


def test_pages_of_calculations_are_bound_to_their_request(client: Client, world: World) -> None:
    made = []
    for day in range(1, 6):
        world.close("06010101", f"2027-03-{day:02d}T00:00", f"2027-03-{day:02d}T01:00")
        made.append(client.calculate())
    first = client.kept(page_size=2)
    second = client.kept(page_size=2, page_token=first.next_page_token)
    third = client.kept(page_size=2, page_token=second.next_page_token)
    assert [*first.calculations, *second.calculations, *third.calculations] == made
    assert not third.next_page_token
    assert not client.kept(page_size=5).next_page_token
    code, reason, _, fields = refusal(lambda: client.kept("06020202", page_token=first.next_page_token))
    assert (code, reason, fields) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT", ["page_token"])
    assert refusal(lambda: client.kept(page_token="x"))[3] == ["page_token"]
    assert refusal(lambda: client.kept(page_size=-1))[3] == ["page_size"]


def test_a_page_ends_before_it_is_too_large_for_a_client(client: Client, world: World) -> None:
    for number in range(4000):
        world.close("06010101", f"2027-{number % 12 + 1:02d}-01T00:00", "2027-12-31T00:00")
    made = []
    for day in range(1, 14):
        world.close("06010101", f"2027-01-{day:02d}T00:00", f"2027-01-{day:02d}T01:00")
        made.append(client.calculate())
    pages = [client.kept()]
    while pages[-1].next_page_token:
        pages.append(client.kept(page_token=pages[-1].next_page_token))
    assert len(pages) > 1
    assert [found for page in pages for found in page.calculations] == made


def test_obligations_by_provider_and_in_pages(client: Client, world: World) -> None:
    world.close("06010101", "2027-03-07T22:00", "2027-03-08T07:00")
    world.stop("06010101", "2027-03-01T00:00", "2027-03-04T00:00")
    world.providers["06010101"].locations[2].location.care_type = location_pb2.Location.CARE_TYPE_SPOEDPOLI
    for number in range(3):
        world.add(f"0702000{number}", f"huis{number}")

    def ask(parent: str, **fields: Any) -> obligation_pb2.ListObligationsResponse:
        request = obligation_pb2.ListObligationsRequest(parent=parent, budget_year=2027, **fields)
        return client.obligations.ListObligations(request, timeout=10)

    one = ask("providers/06010101")
    assert [found.name for found in one.obligations] == [
        "providers/06010101/locations/veenrode/obligations/2027",
        "providers/06010101/locations/kerkwerf/obligations/2027",
    ]
    first, second = one.obligations
    assert first.structural_closure
    assert first.structural_since_time == moment("2027-03-08T06:01")
    assert (first.stop_minutes, first.stop_status) == (4320, obligation_pb2.Obligations.STOP_STATUS_NADERT)
    assert len(first.duties) == 3
    assert not second.HasField("structural_since_time")
    assert (second.stop_minutes, list(second.duties)) == (0, [])

    pages = [ask("providers/-", page_size=2)]
    while pages[-1].next_page_token:
        pages.append(ask("providers/-", page_size=2, page_token=pages[-1].next_page_token))
    assert [len(page.obligations) for page in pages] == [3, 2]
    assert list(pages[0].obligations)[:2] == list(one.obligations)
    token = pages[0].next_page_token
    assert refusal(lambda: ask("providers/06010101", page_token=token))[3] == ["page_token"]


# Availability


def test_availability_of_a_location(client: Client, world: World) -> None:
    periods = world.providers["06010101"].locations[0].opening_hours.periods
    periods.add(
        valid_from_date=date_pb2.Date(year=2020, month=1, day=1),
        weekdays=[1, 2, 3, 4, 5, 6, 7],
        opens=timeofday_pb2.TimeOfDay(hours=8),
        closes=timeofday_pb2.TimeOfDay(hours=24),
    )
    world.close("06010101", "2027-12-31T23:00", None)

    def ask(name: str, **fields: Any) -> availability_pb2.Availability:
        return client.availability.GetAvailability(
            availability_pb2.GetAvailabilityRequest(name=name, **fields), timeout=10
        )

    found = ask("providers/-/locations/veenrode/availabilities/2027", show_closed_periods=True)
    assert found.name == "providers/06010101/locations/veenrode/availabilities/2027"
    assert (found.closed_minutes, found.year_minutes) == (365 * 480 + 60, 525_600)
    assert {cause.cause: cause.minutes for cause in found.causes} == {
        availability_pb2.Availability.CAUSE_OPENING_HOURS: 365 * 480,
        availability_pb2.Availability.CAUSE_UNFORESEEN_CLOSURE: 60,
    }
    assert len(found.closed_periods) == 366
    assert found.closed_periods[-1].start_time == moment("2027-12-31T23:00")
    assert found.closed_periods[-1].end_time == moment("2028-01-01T00:00")
    brief = ask("providers/06010101/locations/veenrode/availabilities/2027")
    assert not brief.closed_periods
    del found.closed_periods[:]
    assert brief == found


# Stops that count as closed, in a year whose rules say so


def test_stops_that_count_as_closed_are_fetched(tmp_path: Path) -> None:
    folder = tmp_path / "policies" / "inkoopkader" / "2027"
    folder.mkdir(parents=True)
    text = (POLICIES / "inkoopkader" / "2027" / "parameters.yaml").read_text("utf-8")
    (folder / "parameters.yaml").write_text(text.replace("value: false", "value: true"), "utf-8")
    suite = Suite(tmp_path, tmp_path / "policies")
    try:
        suite.world.stop("06010101", "2027-03-01T00:00", "2027-03-11T00:00")
        found = suite.client.calculate()
        assert found.locations[0].availability.closed_minutes == 10 * 1440
        assert found.locations[0].availability.causes[0].cause == availability_pb2.Availability.CAUSE_SEH_STOP
        request = budget_pb2.CalculateBudgetsRequest(budget_year=2027)
        (answer,) = suite.client.budgets.CalculateBudgets(request, timeout=10)
        assert answer.calculation == found
    finally:
        suite.close()


# Refusals


def test_unknown_things_pass_through(client: Client, world: World) -> None:
    code, reason, metadata, _ = refusal(lambda: client.calculate("99999999"))
    assert (code, reason, metadata) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {"resource": "providers/99999999"})
    unknown = availability_pb2.GetAvailabilityRequest(name="providers/-/locations/nergens/availabilities/2027")
    assert refusal(lambda: client.availability.GetAvailability(unknown, timeout=10))[1] == "NOT_FOUND"
    for act in (
        lambda: client.budgets.CalculateBudget(
            budget_pb2.CalculateBudgetRequest(name="providers/06010101/budgets/2031"), timeout=10
        ),
        lambda: list(client.budgets.CalculateBudgets(budget_pb2.CalculateBudgetsRequest(budget_year=2031), timeout=10)),
        lambda: client.obligations.ListObligations(
            obligation_pb2.ListObligationsRequest(parent="providers/-", budget_year=2031), timeout=10
        ),
    ):
        code, reason, *_ = refusal(act)
        assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ROUND_UNKNOWN")
    missing = budget_pb2.GetCalculationRequest(name="providers/06010101/budgets/2027/calculations/7")
    assert refusal(lambda: client.budgets.GetCalculation(missing, timeout=10))[1] == "NOT_FOUND"
    unknown_again = budget_pb2.ReplayCalculationRequest(name=missing.name)
    assert refusal(lambda: client.budgets.ReplayCalculation(unknown_again, timeout=10))[1] == "NOT_FOUND"
    world.policy_year = 2040
    code, reason, metadata, _ = refusal(client.calculate)
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "POLICY_YEAR_UNKNOWN")
    assert metadata == {"policy_year": "2040"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "providers/06010101/budgets/0000",
        "providers/06010101/budgets/9999",
        "providers/06010101/budgets/27",
        "providers/-/budgets/2027",
        "providers/601/budgets/2027",
    ],
)
def test_names_that_are_none(client: Client, world: World, name: str) -> None:
    calculate = budget_pb2.CalculateBudgetRequest(name=name)
    listing = budget_pb2.ListCalculationsRequest(parent=name)
    code, reason, _, fields = refusal(lambda: client.budgets.CalculateBudget(calculate, timeout=10))
    assert (code, reason, fields) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT", ["name"])
    assert refusal(lambda: client.budgets.ListCalculations(listing, timeout=10))[3] == ["parent"]
    assert not world.calls


def test_every_wrong_field_is_named(client: Client) -> None:
    wrong = obligation_pb2.ListObligationsRequest(parent="providers/x", budget_year=-4)
    assert refusal(lambda: client.obligations.ListObligations(wrong, timeout=10))[3] == ["parent", "budget_year"]
    absurd = budget_pb2.CalculateBudgetsRequest(budget_year=2**31 - 1)
    assert refusal(lambda: list(client.budgets.CalculateBudgets(absurd, timeout=10)))[3] == ["budget_year"]
    for name in ("providers/-/locations/-/availabilities/2027", "providers/-/locations/veenrode/availabilities/1200"):
        request = availability_pb2.GetAvailabilityRequest(name=name)
        assert refusal(lambda: client.availability.GetAvailability(request, timeout=10))[3] == ["name"]  # noqa: B023
    numbered = budget_pb2.GetCalculationRequest(name="providers/06010101/budgets/2027/calculations/0")
    assert refusal(lambda: client.budgets.GetCalculation(numbered, timeout=10))[3] == ["name"]
    again = budget_pb2.ReplayCalculationRequest(name="providers/-/budgets/2027/calculations/1")
    assert refusal(lambda: client.budgets.ReplayCalculation(again, timeout=10))[3] == ["name"]


@pytest.mark.parametrize("peer", ["registry", "quality"])
def test_a_peer_that_is_down_is_named(suite: Suite, peer: str) -> None:
    getattr(suite, peer).stop()
    code, reason, metadata, _ = refusal(suite.client.calculate)
    assert (code, reason, metadata) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", {"peer": peer})


def test_the_deadline_of_the_caller_goes_along(client: Client, world: World) -> None:
    request = budget_pb2.CalculateBudgetRequest(name="providers/06010101/budgets/2027")
    client.budgets.CalculateBudget(request, timeout=6)
    # Without a deadline from the caller it would be 20 seconds.
    assert len(world.deadlines) == 2
    assert all(0 < remaining < 7 for remaining in world.deadlines)
    world.delay = 2.0
    started = time.monotonic()
    with pytest.raises(grpc.RpcError) as refused:
        client.budgets.CalculateBudget(request, timeout=0.2)
    assert refused.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 1.9
