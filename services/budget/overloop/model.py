"""Double funding in DBC trajectories that run over into the first budget year (Inkoopkader 4, 1; AMB-46).

Neutralisation is full, yet no source has an algorithm: only an amount that provider and insurer both declare is
neutralised. Every insurer has trajectories of its own, so it need not represent the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.budget.trace import Step, cents_text, date_text, step
from services.policy.parameters import Parameters
from services.runtime.errors import DomainError, Reason


class Side(StrEnum):
    """Who declares; the value says it in Dutch."""

    PROVIDER = "zorgaanbieder"
    INSURER = "verzekeraar"


class State(StrEnum):
    """What the declarations come to; the value says it in Dutch."""

    ONVOLLEDIG = "een van beide heeft nog niets opgegeven"
    GELIJK = "beide geven hetzelfde bedrag op"
    VERSCHIL = "de bedragen verschillen"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one side declares, in cents, and who did so on its behalf."""

    amount_cents: int
    trajectory_count: int
    declared_on: date
    document: str
    actor: str


@dataclass(frozen=True, slots=True)
class Overloop:
    """What was declared between a provider and an insurer (UZOVI code) for a budget year.

    `policy_year` is that of the rules by which it was last declared.
    """

    agb: str
    budget_year: int
    insurer: str
    policy_year: int
    by_provider: Declaration | None = None
    by_insurer: Declaration | None = None

    @property
    def overloop_id(self) -> str:
        """As in `2027-9101`."""
        return f"{self.budget_year:04d}-{self.insurer}"

    def of(self, side: Side) -> Declaration | None:
        """What a side declares."""
        return self.by_provider if side is Side.PROVIDER else self.by_insurer

    def declared(self, side: Side, declaration: Declaration) -> "Overloop":
        """The same with another declaration of a side."""
        if side is Side.PROVIDER:
            return replace(self, by_provider=declaration)
        return replace(self, by_insurer=declaration)

    @property
    def difference_cents(self) -> int | None:
        """The provider's amount minus the insurer's; None unless both declared."""
        if self.by_provider is None or self.by_insurer is None:
            return None
        return self.by_provider.amount_cents - self.by_insurer.amount_cents

    @property
    def state(self) -> State:
        """What the declarations come to. Only amounts are compared; the number of trajectories is a note."""
        if self.difference_cents is None:
            return State.ONVOLLEDIG
        return State.VERSCHIL if self.difference_cents else State.GELIJK

    @property
    def neutralised_cents(self) -> int:
        """What both declare, in full ("volledige neutralisatie"), and 0 until they agree."""
        return self.by_provider.amount_cents if self.by_provider and self.state is State.GELIJK else 0


def require_own(actor: str, side: Side, versions: Iterable[Overloop]) -> None:
    """Refuses an actor that ever declared for the other side, for one user must not make both sides agree.

    `versions` is everything that was declared before about the same overloop.
    """
    other = Side.INSURER if side is Side.PROVIDER else Side.PROVIDER
    if any((found := version.of(other)) is not None and found.actor == actor for version in versions):
        message = f"{actor} deed al een opgave voor de {other}; zorgaanbieder en verzekeraar doen elk hun eigen opgave."
        raise DomainError(Reason.ACTOR_NOT_OWN, message, metadata={"actor": actor})


def steps(overloop: Overloop, parameters: Parameters) -> tuple[Step, ...]:
    """How what is neutralised follows from the declarations."""
    compared = step(
        parameters.overloop,
        "Vergelijking van wat de zorgaanbieder en de verzekeraar elk opgeven.",
        [_in_words(side, overloop.of(side)) for side in Side],
        overloop.state.value,
    )
    neutralised = step(
        parameters.overloop,
        "Een bedrag dat beide opgeven wordt volledig geneutraliseerd; anders nog niets.",
        [] if overloop.difference_cents is None else [("verschil", cents_text(overloop.difference_cents))],
        cents_text(overloop.neutralised_cents),
    )
    return compared, neutralised


def _in_words(side: Side, declaration: Declaration | None) -> tuple[str, str]:
    if declaration is None:
        return side.value, "geen opgave"
    count = declaration.trajectory_count
    trajectories = f"{count} {'traject' if count == 1 else 'trajecten'}"
    return side.value, f"{cents_text(declaration.amount_cents)}, {trajectories}, {date_text(declaration.declared_on)}"
