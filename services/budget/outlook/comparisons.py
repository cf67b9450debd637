"""Comparing calculations that were kept; for the slices that show a difference too."""

from services.budget.norm_budget.replaying import Past, past
from services.budget.outlook.difference import Cause, State, changes
from services.runtime import names
from services.runtime.transactions import Transactions
from services.runtime.wire import Fields, from_money, to_money
from spoedkader.budget.v1 import outlook_pb2 as pb


class Comparisons:
    """Explains how calculations differ."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def compare(self, from_name: str, to_name: str) -> pb.CalculationDifference:
        """The difference between two calculations of one provider and year, in steps that add up to it exactly.

        Raises:
            DomainError: INVALID_INPUT, NOT_FOUND, or POLICY_FAILED when what one was made from cannot be used.
        """
        fields = Fields()
        before = fields.name("from_calculation", names.CALCULATION, from_name, allow_any=False)
        after = fields.name("to_calculation", names.CALCULATION, to_name, allow_any=False)
        if all(before) and all(after) and before[:2] != after[:2]:
            fields.wrong("to_calculation", "moet van dezelfde zorgaanbieder en hetzelfde jaar zijn")
        fields.check()
        with self._transactions.read() as connection:
            old, new = past(connection, from_name), past(connection, to_name)
        from_cents, to_cents = from_money(old.message.budget), from_money(new.message.budget)
        agb = old.basis.provider.agb
        return pb.CalculationDifference(
            from_calculation=from_name,
            to_calculation=to_name,
            from_budget=old.message.budget,
            to_budget=new.message.budget,
            difference=to_money(to_cents - from_cents),
            changes=[
                pb.CalculationChange(
                    location=names.LOCATION.format(provider=agb, location=change.location_id)
                    if change.location_id
                    else "",
                    cause=_CAUSES[change.cause],
                    description=change.description,
                    effect=to_money(change.effect_cents),
                )
                for change in changes(_state(old), _state(new), from_cents, to_cents)
            ],
        )


def _state(calculation: Past) -> State:
    return State(calculation.basis, calculation.parameters)


_CAUSES = {
    Cause.NORM_AMOUNT: pb.CalculationChange.CAUSE_NORM_AMOUNT,
    Cause.PARAMETERS: pb.CalculationChange.CAUSE_PARAMETERS,
    Cause.LOCATIONS: pb.CalculationChange.CAUSE_LOCATIONS,
    Cause.OPENING: pb.CalculationChange.CAUSE_OPENING,
    Cause.CLOSURES: pb.CalculationChange.CAUSE_CLOSURES,
    Cause.DECISIONS: pb.CalculationChange.CAUSE_DECISIONS,
    Cause.ELIGIBILITY: pb.CalculationChange.CAUSE_ELIGIBILITY,
    Cause.OTHER: pb.CalculationChange.CAUSE_OTHER,
}
