"""What a comparison is told as, and when it ends a command with status 1."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.cli.policy import whatif_files
from services.cli.policy.failing import FailOn
from services.cli.policy.whatif_report import WhatIf, rows, said
from services.policy.year import load_year
from spoedkader.quality.v1 import assessment_pb2, catalogue_pb2
from spoedkader.quality.v1 import comparison_pb2 as pb

POLICIES = load_year(Path(__file__).parents[3] / "policies", 2027)
MET, UNMET, UNKNOWN = (
    assessment_pb2.VERDICT_VOLDOET,
    assessment_pb2.VERDICT_VOLDOET_NIET,
    assessment_pb2.VERDICT_ONBEKEND,
)
CURE, PLAN, GOOD = assessment_pb2.ROUTE_HERSTELTERMIJN, assessment_pb2.ROUTE_VERBETERPLAN, assessment_pb2.ROUTE_VOLDOET
NORM, ADVICE = catalogue_pb2.Norm.LEVEL_NORM, catalogue_pb2.Norm.LEVEL_AANBEVELING


def location(number: int, base: list[int], draft: list[int], *changes: pb.NormChange) -> pb.LocationComparison:
    name = f"providers/06000001/locations/L{number}/assessments/2027-1"
    return pb.LocationComparison(assessment=name, base_routes=base, draft_routes=draft, changes=changes)


def change(base: int, draft: int, **fields: Any) -> pb.NormChange:
    levels = {"base_level": NORM, "draft_level": NORM}
    return pb.NormChange(norm="C4", base_verdict=base, draft_verdict=draft, **{**levels, **fields})


def whatif(*locations: pb.LocationComparison, count: int = 0, **fields: Any) -> WhatIf:
    totals = pb.ComparisonTotals(location_count=count or len(locations), changed_count=len(locations))
    return WhatIf(
        **{
            "budget_year": 2027,
            "as_of": date(2027, 3, 1),
            "totals": totals,
            "locations": locations,
            "refusals": (),
            "draft": POLICIES,
            "base": POLICIES,
            "places": {},
            "budgets": {},
            "sample": 10,
            **fields,
        }
    )


def failing(found: WhatIf) -> set[str]:
    return set(found.fails(FailOn))


def test_what_makes_it_fail() -> None:
    assert failing(whatif()) == set()
    assert failing(whatif(location(1, [GOOD], [GOOD], change(UNMET, MET)))) == {"any"}
    assert failing(whatif(location(1, [GOOD], [GOOD], change(MET, UNMET)))) == {"any", "new-miss"}
    moved = location(1, [GOOD], [PLAN], change(UNMET, UNMET, base_level=ADVICE))
    assert failing(whatif(moved)) == {"any", "route"}
    assert failing(whatif(moved, budgets={"L1": 1})) == {"any", "route", "money"}
    # A location that could not be compared is never as if nothing changed.
    assert failing(whatif(refusals=(assessment_pb2.LocationRefusal(),))) == set(FailOn)
    assert whatif(moved).fails(()) == []


@pytest.mark.parametrize(
    ("base", "draft", "warnings", "new"),
    [
        (MET, UNMET, (False, False), True),
        (MET, UNMET, (False, True), False),
        (UNMET, UNMET, (True, False), True),
        (UNMET, UNMET, (True, True), False),
        (0, UNMET, (False, False), True),
        (UNKNOWN, UNMET, (False, False), True),
        (UNMET, 0, (False, False), False),
    ],
)
def test_a_new_miss(base: int, draft: int, warnings: tuple[bool, bool], new: bool) -> None:
    changed = change(base, draft, base_warning=warnings[0], draft_warning=warnings[1])
    assert ("new-miss" in failing(whatif(location(1, [GOOD], [GOOD], changed)))) is new


def test_money_by_route_and_each_location_once() -> None:
    found = whatif(
        location(1, [GOOD], [CURE, PLAN]),
        location(2, [PLAN], [CURE]),
        location(3, [CURE], [GOOD]),
        budgets={"L1": 100, "L2": 20, "L3": 3},
    )
    cure, plan, together = found.stakes
    assert (cure.entered, cure.entered_cents, cure.left, cure.left_cents) == (2, 120, 1, 3)
    assert (plan.entered, plan.entered_cents, plan.left, plan.left_cents) == (1, 100, 1, 20)
    assert (together.entered, together.entered_cents, together.left, together.left_cents) == (2, 120, 2, 23)


def test_a_change_in_words() -> None:
    assert said(change(MET, UNMET)) == "voldoet → voldoet niet"
    assert said(change(0, UNKNOWN, draft_warning=True)) == "geen norm → onbekend (waarschuwing)"
    assert said(change(UNMET, UNMET, base_level=ADVICE)) == "voldoet niet, aanbeveling → norm"
    assert said(change(UNMET, 0)) == "voldoet niet → geen norm"


def test_the_sample_has_one_of_every_kind_before_a_second() -> None:
    fact = assessment_pb2.Fact(
        question="luchtweg.maximaal_minuten",
        value_json="6",
        condition="<= 5",
        outcome=assessment_pb2.Fact.OUTCOME_ONWAAR,
    )
    told = [change(MET, UNMET, draft_facts=[fact]) for _ in range(3)]
    other = change(UNMET, UNMET, base_level=ADVICE, base_facts=[fact], draft_facts=[fact])
    places = [location(place, [], [], each) for place, each in enumerate((*told, other))]
    explained = whatif(*places, sample=3).explained
    assert [case.location_id for case in explained] == ["L0", "L3", "L1"]
    assert explained[0].draft_sentences == explained[1].draft_sentences
    assert "antwoord 6: voldoet niet." in explained[0].draft_sentences[0]


def test_a_row_when_only_a_term_differs() -> None:
    (row,) = rows(whatif(location(1, [PLAN], [PLAN])))
    assert row[0] == "L1"
    assert row[3] == ""


def test_a_large_population_on_one_page() -> None:
    found = whatif(location(1, [GOOD], [CURE], change(MET, UNMET)), count=100_000)
    text = whatif_files.page(found)
    assert "Elk blokje is 250 locaties" in text
    assert text.count('width="19"') in range(whatif_files.SQUARES, whatif_files.SQUARES + 2)
    assert "<b>99.999</b> niets anders" in text
