"""The comparison service: what a policy set would do to every location. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import grpc
from sqlalchemy import Connection

from services.policy.assess import Verdict
from services.policy.catalogue import Level
from services.policy.embedded import EmbeddedEngine
from services.policy.engine import PolicyError
from services.policy.routes import Route
from services.policy.whatif.comparison import LIMITS, Case, Compared, Limits, Refusal, UndeclaredReadingError, compare
from services.policy.whatif.differences import NormChange, order_of
from services.quality.assessments.messages import ROUTES, VERDICTS, write_fact, write_routes
from services.quality.assessments.model import terms
from services.quality.comparison import store
from services.quality.comparison.model import Tally
from services.quality.comparison.store import Judged
from services.quality.locations import Locations
from services.quality.rulebook import Rulebook, Rules
from services.runtime import names
from services.runtime.errors import DomainError, Reason
from services.runtime.status import to_message
from services.runtime.transactions import Clock, Transactions
from services.runtime.wire import Fields, from_date, to_date
from spoedkader.amsterdam import day_of
from spoedkader.quality.v1 import assessment_pb2, catalogue_pb2
from spoedkader.quality.v1 import comparison_pb2 as pb
from spoedkader.quality.v1 import comparison_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["ComparisonService"].full_name

EXPLAINED, MOST_EXPLAINED = 50, 1000
PROGRESS_EVERY = 1000
"""Locations, when there is nothing else to tell."""


@dataclass(frozen=True)
class _Asked:
    """What is compared: the bases by the year of the rules that judged before, the draft, and the days that matter."""

    budget_year: int
    bases: dict[int, Rules]
    draft: Rules
    as_of: date
    delivered_on: date
    survey_year: int
    explained: int
    total: int

    def base_of(self, judged: Judged) -> Rules:
        return self.bases[judged.policy_year]


class ComparisonServicer(rpc.ComparisonServiceServicer):
    """`spoedkader.quality.v1.ComparisonService`."""

    def __init__(
        self,
        transactions: Transactions,
        rulebook: Rulebook,
        locations: Locations,
        clock: Clock,
        *,
        processes: int,
        limits: Limits = LIMITS,
    ) -> None:
        """`processes` compare side by side, for each call; `limits` end rules that nobody has reviewed."""
        self._transactions = transactions
        self._rulebook = rulebook
        self._locations = locations
        self._clock = clock
        self._processes = processes
        self._limits = limits

    def ComparePolicySets(
        self, request: pb.ComparePolicySetsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ComparePolicySetsResponse]:
        fields = Fields(request)
        fields.name("draft", names.POLICY_SET, request.draft)
        if request.base:
            fields.name("base", names.POLICY_SET, request.base)
        fields.year("budget_year", request.budget_year)
        fields.count("explained_count", request.explained_count)
        as_of = fields.optional_date("as_of_date", request) or day_of(self._clock())
        fields.check()
        # One state of the database, however long it takes to go through it.
        with self._transactions.read() as connection:
            asked = self._asked(request, as_of, connection, context)
            yield from self._compared(asked, connection, context)

    def _asked(
        self, request: pb.ComparePolicySetsRequest, as_of: date, connection: Connection, context: grpc.ServicerContext
    ) -> _Asked:
        round_ = self._locations.round(request.budget_year, context)
        draft = self._rulebook.of_name(request.draft)
        counts = store.counts(connection, request.budget_year)
        named = self._rulebook.of_name(request.base) if request.base else None
        return _Asked(
            budget_year=request.budget_year,
            bases={year: named or self._rulebook.active(year) for year in counts},
            draft=draft,
            as_of=as_of,
            delivered_on=from_date(round_.rivm_preliminary_delivered_date),
            survey_year=round_.survey_year,
            explained=min(request.explained_count or EXPLAINED, MOST_EXPLAINED),
            total=sum(counts.values()),
        )

    def _compared(
        self, asked: _Asked, connection: Connection, context: grpc.ServicerContext
    ) -> Iterator[pb.ComparePolicySetsResponse]:
        bases = {rules.name: rules for rules in asked.bases.values()}
        places = {name: place for place, name in enumerate(bases)}
        cases = (
            Case(judged, places[asked.base_of(judged).name], judged.input)
            for judged in store.latest(connection, asked.budget_year)
        )
        tally = Tally()
        found = compare(
            [rules.policy_set for rules in bases.values()],
            asked.draft.policy_set,
            cases,
            as_of=asked.as_of,
            processes=self._processes,
            explained=asked.explained,
            limits=self._limits,
            going_on=context.is_active,
        )
        with closing(found):
            try:
                yield from _told(asked, found, tally)
            except PolicyError as error:
                raise _broken_off(asked, error) from error
        if context.is_active():
            yield pb.ComparePolicySetsResponse(
                totals=_totals(asked, list(bases.values()), tally), done_count=tally.done, total_count=asked.total
            )


def _told(asked: _Asked, found: Iterator[Compared[Judged]], tally: Tally) -> Iterator[pb.ComparePolicySetsResponse]:
    """What is told of each location; the tally follows."""
    silent = 0
    for compared in found:
        response = _response(asked, compared, tally)
        silent += 1
        if response is None and silent < PROGRESS_EVERY:
            continue
        response = response or pb.ComparePolicySetsResponse()
        response.done_count, response.total_count = tally.done, asked.total
        yield response
        silent = 0


def _response(asked: _Asked, compared: Compared[Judged], tally: Tally) -> pb.ComparePolicySetsResponse | None:
    """What is told of one location, None when nothing differs."""
    judged, result = compared.tag, compared.result
    if isinstance(result, Refusal):
        tally.refused += 1
        location = names.LOCATION.format(provider=judged.agb, location=judged.location_id)
        refusal = assessment_pb2.LocationRefusal(location=location, status=to_message(_refused(asked, judged, result)))
        return pb.ComparePolicySetsResponse(refusal=refusal)
    before = _plan_due_on(asked, asked.base_of(judged), result.base_routes)
    after = _plan_due_on(asked, asked.draft, result.draft_routes)
    changed = bool(result.changes) or before != after or result.base_routes != result.draft_routes
    tally.add(result, changed=changed, checked=compared.checked)
    if not changed:
        return None
    assessment = names.ASSESSMENT.format(
        provider=judged.agb, location=judged.location_id, assessment=f"{asked.budget_year}-{judged.number}"
    )
    location_comparison = pb.LocationComparison(
        assessment=assessment,
        base_routes=write_routes(result.base_routes),
        draft_routes=write_routes(result.draft_routes),
        base_plan_due_date=to_date(before) if before else None,
        draft_plan_due_date=to_date(after) if after else None,
        changes=[_change(change) for change in result.changes],
    )
    return pb.ComparePolicySetsResponse(location=location_comparison)


def _plan_due_on(asked: _Asked, rules: Rules, routes: frozenset[Route]) -> date | None:
    found = terms(routes, rules.parameters, asked.delivered_on, asked.survey_year)
    return found.plan_due_on if found else None


def _refused(asked: _Asked, judged: Judged, refusal: Refusal) -> DomainError:
    rules = asked.draft if refusal.draft else asked.base_of(judged)
    metadata = {"policy_set": rules.name}
    if refusal.blocks:
        blocks = ", ".join(refusal.blocks)
        message = (
            f"De vragenlijst van {rules.policies.year} kent niet elk tijdblok waarin de locatie open is: {blocks}."
        )
        return DomainError(Reason.NOT_ASSESSABLE, message, metadata=metadata)
    message = f"De normen van {rules.name} gaven geen bruikbaar oordeel: {refusal.problem}"
    return DomainError(Reason.POLICY_FAILED, message, metadata=metadata)


def _broken_off(asked: _Asked, error: PolicyError) -> DomainError:
    metadata = {"policy_set": asked.draft.name}
    if isinstance(error, UndeclaredReadingError):
        norms = ", ".join(error.norms)
        message = f"De vergelijking is afgebroken: deze normen lezen vragen die hun METADATA niet noemt: {norms}."
        return DomainError(Reason.POLICY_FAILED, message, metadata={**metadata, "norms": norms})
    return DomainError(Reason.POLICY_FAILED, f"De vergelijking is afgebroken: {error}", metadata=metadata)


def _totals(asked: _Asked, bases: list[Rules], tally: Tally) -> pb.ComparisonTotals:
    catalogues = [norm for rules in bases for norm in rules.policies.catalogue]
    order = order_of(catalogues, asked.draft.policies.catalogue)
    return pb.ComparisonTotals(
        location_count=tally.judged,
        changed_count=tally.changed,
        refused_count=tally.refused,
        flips=[
            pb.ComparisonTotals.NormFlip(
                norm=norm, base_verdict=_verdict(before), draft_verdict=_verdict(after), location_count=count
            )
            for (norm, before, after), count in tally.flips(order)
        ],
        routes=[
            pb.ComparisonTotals.RouteCount(
                route=ROUTES[route],
                base_count=tally.base[route],
                draft_count=tally.draft[route],
                entered_count=tally.entered[route],
                left_count=tally.left[route],
            )
            for route in Route
        ],
        checked_count=tally.checked,
        base=_pin(bases[0]) if len(bases) == 1 else None,
        draft=_pin(asked.draft),
    )


def _pin(rules: Rules) -> assessment_pb2.PolicyPin:
    return rules.pin(EmbeddedEngine.name, EmbeddedEngine.version)


def _change(change: NormChange) -> pb.NormChange:
    base, draft = change.base, change.draft
    return pb.NormChange(
        norm=change.norm,
        base_verdict=_verdict(base.verdict if base else None),
        draft_verdict=_verdict(draft.verdict if draft else None),
        base_level=_LEVELS[base.level if base else None],
        draft_level=_LEVELS[draft.level if draft else None],
        base_warning=base is not None and base.warning,
        draft_warning=draft is not None and draft.warning,
        base_facts=[write_fact(fact) for fact in base.facts] if base else (),
        draft_facts=[write_fact(fact) for fact in draft.facts] if draft else (),
    )


def _verdict(verdict: Verdict | None) -> assessment_pb2.Verdict.ValueType:
    return VERDICTS[verdict] if verdict else assessment_pb2.VERDICT_UNSPECIFIED


_LEVELS = {
    None: catalogue_pb2.Norm.LEVEL_UNSPECIFIED,
    Level.VOORWAARDELIJK: catalogue_pb2.Norm.LEVEL_VOORWAARDELIJK,
    Level.NORM: catalogue_pb2.Norm.LEVEL_NORM,
    Level.AANBEVELING: catalogue_pb2.Norm.LEVEL_AANBEVELING,
}
