"""What an application says, made from a calculation and conditions, and worked out again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.budget.applications.content import Content, digest_of, terms_of, write_content
from services.budget.applications.drafting import calculation_of, conditions_of, lines_of, rest_on
from services.budget.applications.model import Kind, Party, Role
from services.budget.applications.registry import Registered
from services.budget.applications.replaying import differences
from services.budget.applications.sources import Basis, Sources
from services.runtime.wire import from_money, to_money
from spoedkader.budget.v1 import budget_pb2, condition_pb2, trace_pb2

AGB = "06010101"
OTHER_CARE = trace_pb2.Parameter(name="other_care", code="AMB-18")
A, B, C = (f"providers/{AGB}/locations/{name}" for name in "abc")
NAMES = {A: "Ziekenhuis A", B: "Ziekenhuis B"}


def location(name: str, cents: int, *rules: str, excluded_by: str = "") -> budget_pb2.LocationBudget:
    return budget_pb2.LocationBudget(
        location=name,
        budget=to_money(cents),
        steps=[trace_pb2.Step(rule=rule) for rule in rules],
        excluded_by=excluded_by,
    )


def calculation(
    *locations: budget_pb2.LocationBudget,
    budget: int | None = None,
    eligibility: budget_pb2.Calculation.Eligibility.ValueType = budget_pb2.Calculation.ELIGIBILITY_ESTABLISHED,
) -> budget_pb2.Calculation:
    total = sum(from_money(each.budget) for each in locations) if budget is None else budget
    return budget_pb2.Calculation(
        name=f"providers/{AGB}/budgets/2027/calculations/1",
        budget=to_money(total),
        locations=locations,
        eligibility=eligibility,
        parameters=[OTHER_CARE],
    )


def basis(found: budget_pb2.Calculation) -> Basis:
    conditions = condition_pb2.Conditions(
        policy_year=2027,
        conditions=[condition_pb2.Condition(id="schoning", status=condition_pb2.Condition.STATUS_ONBEKEND)],
        input_json='{"a":"“é”"}',
    )
    return Basis(Registered("Stichting Ziekenhuis De Wulp", ("9101",), NAMES), found, conditions)


DRAFT = Content(
    name=f"providers/{AGB}/applications/2027-1",
    agb=AGB,
    provider_name="",
    budget_year=2027,
    kind=Kind.GEZAMENLIJK,
    lines=(),
    parties=(),
    consultation=None,
    amends="",
    follows="",
    explanation="",
    calculation={},
    conditions={},
)


def test_each_location_adds_its_budget() -> None:
    lines = lines_of(
        Kind.GEZAMENLIJK,
        calculation(location(A, 70, "AMB-01"), location(B, 0, "AMB-01"), location(C, 5, "AMB-01")),
        NAMES,
    )
    assert [(line.display_name, line.amount_cents, line.excluded_because) for line in lines] == [
        ("Ziekenhuis A", 70, ""),
        # Closed all year is not left out: it is applied for, with nothing.
        ("Ziekenhuis B", 0, ""),
        ("", 5, ""),
    ]


def test_a_location_is_left_out_with_the_reason() -> None:
    case = f"{B}/cases/2027-herstel"
    lines = lines_of(
        Kind.GEZAMENLIJK,
        calculation(location(A, 70), location(B, 0, "AMB-01", excluded_by=case), location(C, 0, "AMB-18")),
        NAMES,
    )
    assert [line.amount_cents for line in lines] == [70, 0, 0]
    assert case in lines[1].excluded_because
    assert "geen SEH" in lines[2].excluded_because


def test_without_approval_every_location_is_left_out() -> None:
    found = calculation(
        location(A, 70), location(B, 30), budget=0, eligibility=budget_pb2.Calculation.ELIGIBILITY_NOT_APPROVED
    )
    assert [
        (line.amount_cents, "nieuw" in line.excluded_because) for line in lines_of(Kind.GEZAMENLIJK, found, NAMES)
    ] == [(0, True)] * 2


def test_a_draft_rests_on_what_was_asked() -> None:
    found = basis(calculation(location(A, 70), location(B, 30)))
    content = rest_on(DRAFT, found)
    assert content.amount_cents == 100
    assert content.provider_name == "Stichting Ziekenhuis De Wulp"
    assert content.parties == (Party(Role.PROVIDER, AGB), Party(Role.INSURER, "9101"))
    assert content.unmet == ("schoning",)
    assert (calculation_of(content), conditions_of(content)) == (found.calculation, found.conditions)


def test_no_application_is_for_another_amount_than_was_calculated() -> None:
    with pytest.raises(ValueError, match="add up to 70 cents and the calculation to 71"):
        rest_on(DRAFT, basis(calculation(location(A, 70), budget=71)))


def sources(**functions: Callable[..., Any]) -> Sources:
    def unused(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is asked anew")

    same: Callable[..., list[str]] = lambda _: []  # noqa: E731
    return Sources(
        **{
            **dict.fromkeys(("provider", "calculate", "judge", "evaluate", "deadline", "compare"), unused),
            "replay_calculation": same,
            "replay_conditions": same,
            **functions,
        }
    )


def replay(content: Content, kept: budget_pb2.Calculation | None, **changed: Any) -> list[str]:
    return list(differences(write_content(content), replace(terms_of(content), **changed), kept, sources()))


def test_what_was_not_touched_replays() -> None:
    found = basis(calculation(location(A, 70), location(B, 30)))
    assert replay(rest_on(DRAFT, found), found.calculation) == []


def test_every_difference_is_told() -> None:
    found = basis(calculation(location(A, 70), location(B, 30)))
    content = rest_on(DRAFT, found)
    assert replay(content, None) == [f"de berekening {found.calculation.name} is niet bewaard"]
    other = calculation(location(A, 71), location(B, 29))
    assert replay(content, other) == [f"de berekening is anders dan zoals {found.calculation.name} bewaard is"]
    assert replay(content, found.calculation, amount_cents=101) == ["het bedrag was € 1,01 en wordt € 1,00"]
    assert replay(content, found.calculation, unmet=()) == [
        "de voorwaarden die niet zijn voldaan of niet bekend zijn, zijn andere"
    ]
    assert replay(content, found.calculation, parties=()) == ["de partijen die moeten ondertekenen zijn andere"]
    assert replay(content, found.calculation, digest=digest_of(b"")) == [
        "de inhoud is niet die van haar digest",
        "de inhoud die eruit volgt heeft een andere digest",
    ]
    line = content.lines[0]
    moved = replace(content, lines=(replace(line, amount_cents=60), replace(content.lines[1], amount_cents=40)))
    assert replay(moved, found.calculation) == [
        "de regels volgen niet uit de berekening",
        "de inhoud die eruit volgt heeft een andere digest",
    ]


def test_what_comes_out_otherwise_says_where() -> None:
    found = basis(calculation(location(A, 70), location(B, 30)))
    content = rest_on(DRAFT, found)
    told = differences(
        write_content(content),
        terms_of(content),
        found.calculation,
        sources(replay_calculation=lambda _: ["budget is anders"], replay_conditions=lambda _: ["schoning is anders"]),
    )
    assert list(told) == ["berekening: budget is anders", "voorwaarden: schoning is anders"]


def test_a_provider_that_applies_alone_asks_for_what_was_decided_against() -> None:
    case = f"{B}/cases/2026-herstel"
    decided = location(B, 0, "AMB-01", excluded_by=case)
    decided.budget_without_decision.CopyFrom(to_money(30))
    found = basis(calculation(location(A, 70), decided, location(C, 0, "AMB-18")))
    content = rest_on(replace(DRAFT, kind=Kind.EENZIJDIG_AANBIEDER), found)
    assert [line.amount_cents for line in content.lines] == [70, 30, 0]
    assert case in content.lines[1].decided_against
    assert content.amount_cents == 100
    # The representatives apply for what they agreed on, also when they do so alone.
    assert rest_on(replace(DRAFT, kind=Kind.EENZIJDIG_VERZEKERAAR), found).amount_cents == 70


def test_a_new_provider_without_approval_can_still_ask_alone() -> None:
    not_approved = budget_pb2.Calculation.ELIGIBILITY_NOT_APPROVED
    found = basis(calculation(location(A, 70), budget=0, eligibility=not_approved))
    content = rest_on(replace(DRAFT, kind=Kind.EENZIJDIG_AANBIEDER), found)
    assert content.amount_cents == 70
    assert "nieuw" in content.lines[0].decided_against
