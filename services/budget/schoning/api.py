"""The schoning service: a simulation over amounts that the caller gives. Nothing is stored."""

from collections.abc import Sequence
from fractions import Fraction

import grpc

from services.budget.messages import write_steps
from services.budget.norm_budget import store as calculations
from services.budget.schoning.model import Assumption, Effect, Outcome, Variant, simulate
from services.runtime import names
from services.runtime.transactions import Transactions
from services.runtime.wire import Fields, from_money, to_money
from spoedkader.budget.v1 import budget_pb2
from spoedkader.budget.v1 import schoning_pb2 as pb
from spoedkader.budget.v1 import schoning_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["SchoningService"].full_name
MAX_PROVIDERS = 1000
LABEL = (
    "Simulatie met bedragen die bij de vraag zijn opgegeven. Geen bron geeft een rekenregel voor schoning; dit is onze "
    "lezing van de varianten die de ziekenhuizen afwogen (NVZ, 22 mei 2025). Zij bindt niemand."
)


class SchoningServicer(rpc.SchoningServiceServicer):
    """`spoedkader.budget.v1.SchoningService`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def SimulateSchoning(
        self, request: pb.SimulateSchoningRequest, context: grpc.ServicerContext
    ) -> pb.SchoningSimulation:
        fields = Fields(request)
        year = fields.year("budget_year", request.budget_year)
        if not 1 <= len(request.providers) <= MAX_PROVIDERS:
            fields.wrong("providers", f"moeten 1 tot {MAX_PROVIDERS} zorgaanbieders zijn")
            fields.check()
        calculated = self._calculated(request.providers, year)
        assumptions = [
            _read_assumption(fields, f"providers[{index}]", message, calculated)
            for index, message in enumerate(request.providers)
        ]
        agbs = [assumption.agb for assumption in assumptions]
        for index, agb in enumerate(agbs):
            if agb and agb in agbs[:index]:
                fields.wrong(f"providers[{index}].provider", "staat dubbel")
        fields.check()
        if not any(assumption.turnover_cents for assumption in assumptions):
            fields.wrong("providers", "moeten samen omzet hebben; zonder omzet is er geen verdeling naar rato")
        fields.check()
        return pb.SchoningSimulation(variants=[_write(outcome) for outcome in simulate(assumptions)], label=LABEL)

    def _calculated(self, providers: Sequence[pb.SchoningProvider], year: int) -> dict[str, int]:
        """The budgets in cents of the latest calculations, by AGB code, of those for whom no budget is given."""
        asked = [names.parse(names.PROVIDER, each.provider) for each in providers if not each.HasField("budget")]
        agbs = {found["provider"] for found in asked if found is not None}
        budgets = {}
        with self._transactions.read() as connection:
            for agb in agbs:
                latest = calculations.latest(connection, agb, year)
                if latest is not None:
                    budgets[agb] = from_money(budget_pb2.Calculation.FromString(latest.content).budget)
        return budgets


def _read_assumption(fields: Fields, path: str, message: pb.SchoningProvider, calculated: dict[str, int]) -> Assumption:
    (agb,) = fields.name(f"{path}.provider", names.PROVIDER, message.provider, allow_any=False)
    if message.HasField("budget"):
        budget_cents = fields.cents(f"{path}.budget", message)
    else:
        budget_cents = calculated.get(agb, 0)
        if agb and agb not in calculated:
            fields.wrong(f"{path}.budget", "is nodig: voor deze zorgaanbieder is nog niets berekend")
    contribution = f"{path}.former_contribution"
    return Assumption(
        agb=agb,
        budget_cents=budget_cents,
        turnover_cents=fields.cents(f"{path}.turnover", message),
        reported_contribution_cents=(
            fields.cents(contribution, message) if message.HasField("former_contribution") else 0
        ),
        negotiated_share=_read_share(fields, f"{path}.negotiated_share", message),
    )


def _read_share(fields: Fields, field: str, message: pb.SchoningProvider) -> Fraction:
    """The share that is given up without a national agreement; all of it when absent."""
    share = message.negotiated_share
    if not message.HasField("negotiated_share"):
        return Fraction(1)
    if not 0 <= share.numerator <= share.denominator or share.denominator == 0:
        fields.wrong(field, "moet een deel van 0 tot en met 1 zijn, met een noemer boven 0")
        return Fraction(1)
    return Fraction(share.numerator, share.denominator)


def _write(outcome: Outcome) -> pb.SchoningVariantResult:
    return pb.SchoningVariantResult(
        variant=_VARIANTS[outcome.variant],
        description=outcome.variant.value,
        effects=[_write_effect(effect) for effect in outcome.effects],
        total_budget=to_money(outcome.total_budget_cents),
        total_correction=to_money(outcome.total_correction_cents),
        total_former_contribution=to_money(outcome.total_contribution_cents),
        total_effect=to_money(outcome.total_effect_cents),
        must_be_neutral=outcome.must_be_neutral,
        pressure_on_other_care=to_money(outcome.pressure_cents),
        gaining_count=outcome.gaining_count,
        losing_count=outcome.losing_count,
    )


def _write_effect(effect: Effect) -> pb.SchoningEffect:
    return pb.SchoningEffect(
        provider=names.PROVIDER.format(provider=effect.assumption.agb),
        budget=to_money(effect.assumption.budget_cents),
        former_contribution=to_money(effect.assumption.contribution_cents),
        correction=to_money(effect.correction_cents),
        effect=to_money(effect.effect_cents),
        steps=write_steps(effect.steps),
    )


_VARIANTS = {
    Variant.PER_ZIEKENHUIS: pb.SCHONING_VARIANT_PER_ZIEKENHUIS,
    Variant.OP_TOTAAL: pb.SCHONING_VARIANT_OP_TOTAAL,
    Variant.ZONDER_LANDELIJKE_AFSPRAAK: pb.SCHONING_VARIANT_ZONDER_LANDELIJKE_AFSPRAAK,
}
