"""What a draft of the rules changes, as numbers, sentences and rows.

The money is that of the locations that enter or leave a route, to show what is at stake. It is no decision: that is
taken by people, and VERBETERPLAN lowers no budget by itself (AMB-43).
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice, zip_longest
from typing import Any

from services.cli import facts
from services.cli.output import plain
from services.cli.policy.failing import FailOn
from services.policy.assess import Fact, Finding, Outcome, Verdict
from services.policy.catalogue import Norm
from services.policy.year import PolicyYear
from services.quality.assessments.model import explain
from services.runtime.wire import from_date
from spoedkader.quality.v1 import assessment_pb2, catalogue_pb2, comparison_pb2
from spoedkader.registry.v1 import location_pb2

STAKES = (assessment_pb2.ROUTE_HERSTELTERMIJN, assessment_pb2.ROUTE_VERBETERPLAN)
"""The routes after which a budget is, or can come, at stake."""
_OUTCOMES = {
    assessment_pb2.Fact.OUTCOME_WAAR: Outcome.WAAR,
    assessment_pb2.Fact.OUTCOME_ONWAAR: Outcome.ONWAAR,
    assessment_pb2.Fact.OUTCOME_ONBEKEND: Outcome.ONBEKEND,
}
_LEVELS = {
    catalogue_pb2.Norm.LEVEL_UNSPECIFIED: "",
    catalogue_pb2.Norm.LEVEL_VOORWAARDELIJK: "voorwaardelijk",
    catalogue_pb2.Norm.LEVEL_NORM: "norm",
    catalogue_pb2.Norm.LEVEL_AANBEVELING: "aanbeveling",
}
_OPEN = (assessment_pb2.VERDICT_VOLDOET_NIET, assessment_pb2.VERDICT_ONBEKEND)
ABSENT = "geen norm"
MET = "voldoet"
"""How the sentence of a fact that is met ends."""
COLUMNS = (
    "location_id",
    "name",
    "agb",
    "norm",
    "title",
    "base_verdict",
    "draft_verdict",
    "base_level",
    "draft_level",
    "base_warning",
    "draft_warning",
    "base_routes",
    "draft_routes",
    "base_plan_due_on",
    "draft_plan_due_on",
    "budget_cents_at_stake",
)


@dataclass(frozen=True, slots=True)
class Stake:
    """The locations that enter or leave a route, and their budgets in cents; `route` is empty for all together, each
    location once."""

    route: str
    entered: int
    entered_cents: int
    left: int
    left_cents: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A change in words: the location, the norm, and by each set a sentence for each fact that the other does not say
    the same of. When all facts are the same, the draft has those that are not met or not known."""

    location_id: str
    name: str
    norm: str
    title: str
    change: str
    base_sentences: tuple[str, ...]
    draft_sentences: tuple[str, ...]


@dataclass(frozen=True)
class WhatIf:
    """A comparison with what is needed to tell about it.

    `base` is None when assessments were made by the rules of several years. `places` has the locations by id, and
    `budgets` the budget in cents of those that enter or leave a route of `STAKES`.
    """

    budget_year: int
    as_of: date
    totals: comparison_pb2.ComparisonTotals
    locations: tuple[comparison_pb2.LocationComparison, ...]
    refusals: tuple[assessment_pb2.LocationRefusal, ...]
    draft: PolicyYear
    base: PolicyYear | None
    places: Mapping[str, location_pb2.Location]
    budgets: Mapping[str, int]
    sample: int

    @cached_property
    def norms(self) -> Mapping[str, Norm]:
        """The norms of both sets by code; of the draft where both have it."""
        both = (*(self.base.catalogue if self.base else ()), *self.draft.catalogue)
        return {norm.code: norm for norm in both}

    def title(self, code: str) -> str:
        """The title of a norm."""
        return self.norms[code].title if code in self.norms else ""

    def name_of(self, location_id: str) -> str:
        """The name of a location."""
        return str(self.places[location_id].display_name) if location_id in self.places else ""

    @cached_property
    def stakes(self) -> tuple[Stake, ...]:
        """What is at stake, by route and together."""
        routes = [self._stake(route_name(route), [route]) for route in STAKES]
        return (*routes, self._stake("", STAKES))

    def _stake(self, name: str, routes: Collection[int]) -> Stake:
        entered, left = (
            {
                facts.location_id_of(found.assessment)
                for found in self.locations
                if any(moves(found, route) for route in routes)
            }
            for moves in (_enters, _leaves)
        )
        cents = [sum(self.budgets.get(location_id, 0) for location_id in moved) for moved in (entered, left)]
        return Stake(name, len(entered), cents[0], len(left), cents[1])

    @cached_property
    def explained(self) -> tuple[Explained, ...]:
        """The sample in words: first one change of every kind, then a second one, and so on."""
        kinds: dict[tuple[str, str], list[Explained]] = {}
        for location in self.locations:
            for change in telling(location):
                if change.base_facts or change.draft_facts:
                    kinds.setdefault((change.norm, said(change)), []).append(self._explanation(location, change))
        turns = zip_longest(*kinds.values())
        return tuple(islice((told for turn in turns for told in turn if told), self.sample))

    def _explanation(self, location: comparison_pb2.LocationComparison, change: comparison_pb2.NormChange) -> Explained:
        location_id = facts.location_id_of(location.assessment)
        base, draft = _differing(
            _sentences(self.base, change.norm, change.base_facts),
            _sentences(self.draft, change.norm, change.draft_facts),
        )
        return Explained(
            location_id=location_id,
            name=self.name_of(location_id),
            norm=change.norm,
            title=self.title(change.norm),
            change=said(change),
            base_sentences=base,
            draft_sentences=draft,
        )

    def fails(self, kinds: Iterable[FailOn]) -> list[FailOn]:
        """Which of the kinds of change happened. What could not be judged counts as a change of every kind."""
        happened = {
            FailOn.ANY: bool(self.locations),
            FailOn.NEW_MISS: any(_new_miss(change) for found in self.locations for change in found.changes),
            FailOn.ROUTE: any(found.base_routes != found.draft_routes for found in self.locations),
            FailOn.MONEY: any(stake.entered_cents or stake.left_cents for stake in self.stakes),
        }
        return [kind for kind in kinds if happened[kind] or self.refusals]


def route_name(route: int) -> str:
    """A route, as in `VERBETERPLAN`."""
    return assessment_pb2.Route.Name(route).removeprefix("ROUTE_")  # type: ignore[arg-type]


def verdict_name(verdict: int) -> str:
    """A verdict, as in `VOLDOET_NIET`; empty when a set has no such norm."""
    name = assessment_pb2.Verdict.Name(verdict).removeprefix("VERDICT_")  # type: ignore[arg-type]
    return "" if name == "UNSPECIFIED" else name


def level_name(level: int) -> str:
    """A level, as in `aanbeveling`; empty when a set has no such norm."""
    return _LEVELS.get(level, "")  # type: ignore[call-overload, no-any-return]


def spoken(verdict: int, *, warning: bool = False) -> str:
    """A verdict in words."""
    said = verdict_name(verdict).lower().replace("_", " ") or ABSENT
    return f"{said} (waarschuwing)" if warning else said


def telling(found: comparison_pb2.LocationComparison) -> list[comparison_pb2.NormChange]:
    """The changes that mean something to a location: another verdict, or another weight of one that is no pass."""
    return [
        change
        for change in found.changes
        if change.base_verdict != change.draft_verdict or change.draft_verdict in _OPEN
    ]


def said(change: comparison_pb2.NormChange) -> str:
    """A change in words, as in `voldoet → voldoet niet` or `voldoet niet, aanbeveling → norm`."""
    before = spoken(change.base_verdict, warning=change.base_warning)
    after = spoken(change.draft_verdict, warning=change.draft_warning)
    if before != after:
        return f"{before} → {after}"
    return f"{after}, {level_name(change.base_level)} → {level_name(change.draft_level)}"


def plan_dates(found: comparison_pb2.LocationComparison) -> tuple[date | None, date | None]:
    """The last days to hand in an improvement plan, by both sets."""
    before = from_date(found.base_plan_due_date) if found.HasField("base_plan_due_date") else None
    after = from_date(found.draft_plan_due_date) if found.HasField("draft_plan_due_date") else None
    return before, after


def document(found: WhatIf, failed: Sequence[FailOn]) -> dict[str, Any]:
    """Everything as JSON."""
    return {
        "budget_year": found.budget_year,
        "as_of": found.as_of.isoformat(),
        "totals": plain(found.totals),
        "at_stake": [
            {
                "route": stake.route or "samen",
                "entered_count": stake.entered,
                "entered_cents": stake.entered_cents,
                "left_count": stake.left,
                "left_cents": stake.left_cents,
            }
            for stake in found.stakes
        ],
        "locations": [_location(found, location) for location in found.locations],
        "refusals": [plain(refusal) for refusal in found.refusals],
        "failed_on": list(failed),
    }


def rows(found: WhatIf) -> Iterator[tuple[str, ...]]:
    """A row of `COLUMNS` for each norm that changes at each location; without a norm when only a deadline differs."""
    for location in found.locations:
        location_id = facts.location_id_of(location.assessment)
        budget = found.budgets.get(location_id)
        head = (location_id, found.name_of(location_id), facts.agb_of(location.assessment))
        tail = (
            ";".join(map(route_name, location.base_routes)),
            ";".join(map(route_name, location.draft_routes)),
            *(day.isoformat() if day else "" for day in plan_dates(location)),
            "" if budget is None else str(budget),
        )
        for change in location.changes or [comparison_pb2.NormChange()]:
            yield (*head, *_cells(found, change), *tail)


def _cells(found: WhatIf, change: comparison_pb2.NormChange) -> tuple[str, ...]:
    return (
        change.norm,
        found.title(change.norm),
        verdict_name(change.base_verdict),
        verdict_name(change.draft_verdict),
        level_name(change.base_level),
        level_name(change.draft_level),
        str(change.base_warning).lower(),
        str(change.draft_warning).lower(),
    )


def _location(found: WhatIf, location: comparison_pb2.LocationComparison) -> dict[str, Any]:
    location_id = facts.location_id_of(location.assessment)
    budget = found.budgets.get(location_id)
    stake = {} if budget is None else {"budget_cents_at_stake": budget}
    return {"name": found.name_of(location_id), **plain(location), **stake}


def _enters(found: comparison_pb2.LocationComparison, route: int) -> bool:
    return route in found.draft_routes and route not in found.base_routes


def _leaves(found: comparison_pb2.LocationComparison, route: int) -> bool:
    return route in found.base_routes and route not in found.draft_routes


def _new_miss(change: comparison_pb2.NormChange) -> bool:
    """Whether a norm is not met by the draft with effect, and was met, unknown or without effect by the base."""
    missed = assessment_pb2.VERDICT_VOLDOET_NIET
    before = change.base_verdict == missed and not change.base_warning
    return change.draft_verdict == missed and not change.draft_warning and not before


def _sentences(policies: PolicyYear | None, norm: str, messages: Iterable[assessment_pb2.Fact]) -> tuple[str, ...]:
    if policies is None:
        return ()
    read = tuple(
        Fact(
            question=fact.question,
            block=fact.block,
            item=fact.item,
            value=json.loads(fact.value_json),
            condition=fact.condition,
            threshold=json.loads(fact.threshold_json) if fact.threshold_json else None,
            outcome=_OUTCOMES[fact.outcome],
        )
        for fact in messages
    )
    # A sentence depends on the facts alone.
    return tuple(explain(policies.questionnaire, Finding(norm, Verdict.ONBEKEND, read)))


def _differing(base: tuple[str, ...], draft: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before = tuple(sentence for sentence in base if sentence not in draft)
    after = tuple(sentence for sentence in draft if sentence not in base)
    if before or after:
        return before, after
    return (), tuple(sentence for sentence in draft if not sentence.endswith(f": {MET}."))
