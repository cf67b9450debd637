"""Makes what an application says from what it rests on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from services.budget.applications.content import Content, Line
from services.budget.applications.model import Kind, parties_of
from services.budget.applications.sources import Basis
from services.runtime.wire import from_money
from spoedkader.budget.v1 import budget_pb2, condition_pb2

_NOT_APPROVED = (
    "De zorgaanbieder is nieuw en heeft niet het akkoord van elke representerende zorgverzekeraar (voorwaarde 7)."
)
_OTHER_CARE = "Op deze locatie wordt geen SEH geboden; andere spoedzorg wordt per dbc bekostigd (bijlage B, 3)."
_DECIDED = (
    "De representerende zorgverzekeraars besloten dat er voor deze SEH geen budget wordt aangevraagd ({case}; "
    "bijlage A, stap 3)."
)


def rest_on(content: Content, basis: Basis) -> Content:
    """The same application, resting on something else.

    Raises:
        ValueError: the lines do not add up to what was calculated; no application may say so.
    """
    lines = lines_of(content.kind, basis.calculation, basis.registered.location_names)
    # What was decided against is in no calculation.
    total = sum(line.amount_cents for line in lines if not line.decided_against)
    calculated = from_money(basis.calculation.budget)
    if total != calculated:
        raise ValueError(f"the lines of {content.name} add up to {total} cents and the calculation to {calculated}")
    return replace(
        content,
        provider_name=basis.registered.provider_name,
        parties=parties_of(content.kind, content.agb, basis.registered.representatives),
        lines=lines,
        calculation=to_json(basis.calculation),
        conditions=to_json(basis.conditions),
    )


def lines_of(kind: Kind, calculation: budget_pb2.Calculation, location_names: Mapping[str, str]) -> tuple[Line, ...]:
    """What each location adds, in the order of the calculation; left out is 0, with the reason (AMB-18, 24, 44).

    What representatives decided against is not in what they apply for. A provider that applies alone disagrees: it asks
    for what it would have without their decision, and says what they decided (Kamerbrief 1 juni 2026). `location_names`
    gives what locations are called by their resource names.
    """
    other_care = {parameter.code for parameter in calculation.parameters if parameter.name == "other_care"}
    alone = kind is Kind.EENZIJDIG_AANBIEDER
    lines = []
    for location in calculation.locations:
        why = against = ""
        amount = from_money(location.budget)
        # Where a location offers no SEH, that is the whole of its trace.
        if other_care & {step.rule for step in location.steps}:
            why = _OTHER_CARE
        elif location.excluded_by:
            against = _DECIDED.format(case=location.excluded_by)
            amount = from_money(location.budget_without_decision)
        elif calculation.eligibility == budget_pb2.Calculation.ELIGIBILITY_NOT_APPROVED:
            against = _NOT_APPROVED
        if against and not alone:
            why, against = against, ""
        name = location_names.get(location.location, "")
        lines.append(Line(location.location, name, 0 if why else amount, why, against))
    return tuple(lines)


def calculation_of(content: Content) -> budget_pb2.Calculation:
    """The calculation in what an application says."""
    found: budget_pb2.Calculation = ParseDict(content.calculation, budget_pb2.Calculation())
    return found


def conditions_of(content: Content) -> condition_pb2.Conditions:
    """The conditions in what an application says."""
    found: condition_pb2.Conditions = ParseDict(content.conditions, condition_pb2.Conditions())
    return found


def to_json(message: Message) -> dict[str, Any]:
    """The JSON form of a message, under the names of the contract."""
    found: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return found
