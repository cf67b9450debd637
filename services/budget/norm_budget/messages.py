"""The message of a calculation."""

from services.budget.availability.api import write_availability
from services.budget.messages import write_parameters, write_steps
from services.budget.norm_budget.model import Eligibility, LocationBudget, ProviderBudget
from services.policy.purchasing import PurchasingYear
from services.runtime import names
from services.runtime.versions import Stamp
from services.runtime.wire import to_money, to_timestamp
from spoedkader.budget.v1 import budget_pb2 as pb


def write_calculation(found: ProviderBudget, rules: PurchasingYear, digest: str) -> pb.Calculation:
    """The message of a calculation that is not recorded yet."""
    return pb.Calculation(
        budget=to_money(found.budget_cents),
        eligible_locations=found.eligible_locations,
        eligibility=_ELIGIBILITIES[found.eligibility],
        locations=[_write_location(location) for location in found.locations],
        norm_amount=to_money(found.round.norm_amount_cents),
        steps=write_steps(found.steps),
        parameters=write_parameters(rules.parameters),
        input_digest=digest,
        rules_revision=rules.revision,
    )


def record(calculation: pb.Calculation, name: str, stamp: Stamp) -> bytes:
    """Gives a calculation its name, and who made it when; returns the bytes that are kept."""
    calculation.name = name
    calculation.actor = stamp.by
    calculation.create_time.CopyFrom(to_timestamp(stamp.at))
    return calculation.SerializeToString(deterministic=True)


def _write_location(found: LocationBudget) -> pb.LocationBudget:
    location, assessment, exclusions = found.location, found.standing.assessment, found.standing.exclusions
    return pb.LocationBudget(
        location=names.LOCATION.format(provider=location.agb, location=location.location_id),
        availability=write_availability(found.availability),
        adjusted=found.adjusted,
        borderline=found.borderline,
        budget=to_money(found.budget_cents),
        quality_routes=assessment.routes if assessment else (),
        assessment=assessment.name if assessment else "",
        steps=write_steps(found.steps),
        excluded_by=exclusions[0].case if exclusions else "",
        budget_without_decision=to_money(found.undecided_cents) if exclusions else None,
    )


_ELIGIBILITIES = {
    Eligibility.ESTABLISHED: pb.Calculation.ELIGIBILITY_ESTABLISHED,
    Eligibility.APPROVED: pb.Calculation.ELIGIBILITY_APPROVED,
    Eligibility.NOT_APPROVED: pb.Calculation.ELIGIBILITY_NOT_APPROVED,
}
