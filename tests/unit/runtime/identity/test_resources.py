"""Whom a request is about, and what of an answer a caller may see."""

from typing import Any

import pytest

from services.runtime.identity.resources import Resources, resources_of
from services.runtime.identity.visible import only_visible, visible_parts
from spoedkader.budget.v1 import application_pb2, budget_pb2, calendar_pb2, outlook_pb2, overloop_pb2, schoning_pb2
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import assessment_pb2, enforcement_pb2, submission_pb2
from spoedkader.registry.v1 import closure_pb2, location_pb2, provider_pb2, round_pb2, snapshot_pb2

OURS, THEIRS = "06010101", "06019999"
OVERLOOP = f"providers/{OURS}/overloops/2027-9101"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (location_pb2.GetLocationRequest(name=f"providers/{OURS}/locations/wulp"), Resources((OURS,))),
        (location_pb2.ListLocationsRequest(parent="providers/-"), Resources(("-",))),
        (location_pb2.GetLocationRequest(name="providers/0601010/locations/wulp"), Resources(("?",))),
        (location_pb2.GetLocationRequest(name=f"providers/{OURS}x/locations/wulp"), Resources(("?",))),
        (location_pb2.GetLocationRequest(name="/providers/06010101"), Resources()),
        (location_pb2.GetLocationRequest(), Resources()),
        (
            closure_pb2.UpdateClosureRequest(closure={"name": f"providers/{OURS}/locations/wulp/closures/c1"}),
            Resources((OURS,)),
        ),
        (closure_pb2.UpdateClosureRequest(), Resources()),
        (
            submission_pb2.SubmitAnswersRequest(
                submission={"name": f"providers/{THEIRS}/locations/wulp/submissions/2026"}
            ),
            Resources((THEIRS,)),
        ),
        (provider_pb2.CreateProviderRequest(provider_id=OURS), Resources((OURS,))),
        (provider_pb2.CreateProviderRequest(), Resources(("?",))),
        (
            provider_pb2.ApproveProviderRequest(name=f"providers/{OURS}", insurer="9101"),
            Resources((OURS,), ("9101",)),
        ),
        (
            enforcement_pb2.VoteOnDecisionRequest(name=f"providers/{OURS}/locations/wulp/cases/2026-herstel"),
            Resources((OURS,), ("?",)),
        ),
        (budget_pb2.CalculateBudgetRequest(name=f"providers/{OURS}/budgets/2027"), Resources((OURS,), (), 2027)),
        (budget_pb2.CalculateBudgetsRequest(budget_year=2027), Resources((), (), 2027)),
        (
            outlook_pb2.CompareCalculationsRequest(
                from_calculation=f"providers/{OURS}/budgets/2027/calculations/1",
                to_calculation=f"providers/{THEIRS}/budgets/2028/calculations/2",
            ),
            Resources((OURS, THEIRS), (), -1),
        ),
        (
            application_pb2.SignApplicationRequest(
                name=f"providers/{OURS}/applications/2027-1", party={"insurer": "9102"}
            ),
            Resources((OURS,), ("9102",), 2027),
        ),
        (
            application_pb2.SignApplicationRequest(
                name=f"providers/{OURS}/applications/2027-1", party={"provider": OURS}
            ),
            Resources((OURS,), (OURS,), 2027),
        ),
        (overloop_pb2.DeclareOverloopRequest(name=OVERLOOP, side=1), Resources((OURS,), (OURS,), 2027)),
        (overloop_pb2.DeclareOverloopRequest(name=OVERLOOP, side=2), Resources((OURS,), ("9101",), 2027)),
        (overloop_pb2.DeclareOverloopRequest(name=OVERLOOP), Resources((OURS,), ("?",), 2027)),
        (overloop_pb2.DeclareOverloopRequest(name=OVERLOOP, side=9), Resources((OURS,), ("?",), 2027)),
        (
            schoning_pb2.SimulateSchoningRequest(
                budget_year=2027, providers=[{"provider": f"providers/{OURS}"}, {"provider": f"providers/{THEIRS}"}]
            ),
            Resources((OURS, THEIRS), (), 2027),
        ),
        (
            calendar_pb2.ListDeadlinesRequest(parent="insurers/9101", budget_year=2027),
            Resources((), ("9101",), 2027),
        ),
        (calendar_pb2.ListDeadlinesRequest(parent="insurers/-", budget_year=2027), Resources((), ("?",), 2027)),
    ],
)
def test_whom_a_request_is_about(request_: Any, expected: Resources) -> None:
    assert resources_of(request_) == expected


def test_a_list_shows_what_is_ones_own() -> None:
    names = [f"providers/{agb}/locations/l{agb}" for agb in (OURS, THEIRS, OURS)] + ["", "providers/-/locations/x"]
    answer = location_pb2.ListLocationsResponse(
        locations=[location_pb2.Location(name=name) for name in names], next_page_token="verder"
    )
    before = answer.SerializeToString()
    shown = only_visible(answer, frozenset({OURS}))
    assert [location.name for location in shown.locations] == [names[0], names[2]]
    assert shown.next_page_token == "verder"
    assert answer.SerializeToString() == before, "it may be kept for others"


def test_what_is_of_everyone_is_shown() -> None:
    resources = ["rounds/2027", f"providers/{THEIRS}", "policyYears/2027/policySets/0123456789abcdef", "iets/anders"]
    answer = feed_pb2.ListChangesResponse(changes=[feed_pb2.Change(resource=name) for name in resources])
    shown = only_visible(answer, frozenset({OURS}))
    assert [change.resource for change in shown.changes] == [resources[0], resources[2]]


def test_an_item_that_holds_a_resource() -> None:
    answer = snapshot_pb2.ListProviderSnapshotsResponse(
        snapshots=[
            snapshot_pb2.ProviderSnapshot(
                round=round_pb2.Round(name="rounds/2027"), provider=provider_pb2.Provider(name=f"providers/{agb}")
            )
            for agb in (THEIRS, OURS)
        ]
    )
    shown = only_visible(answer, frozenset({OURS}))
    assert [snapshot.provider.name for snapshot in shown.snapshots] == [f"providers/{OURS}"]


def test_the_parts_of_a_stream() -> None:
    parts = [
        assessment_pb2.AssessLocationsResponse(
            assessment={"name": f"providers/{agb}/locations/l/assessments/a"}, done_count=number
        )
        for number, agb in enumerate((OURS, THEIRS, OURS))
    ]
    refused = assessment_pb2.AssessLocationsResponse(refusal={"location": f"providers/{THEIRS}/locations/l"})
    assert list(visible_parts(iter([*parts, refused]), frozenset({OURS}))) == [parts[0], parts[2]]
