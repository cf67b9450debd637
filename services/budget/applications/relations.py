"""How applications of one provider and year stand to each other: beside, instead of, and after one another."""

from collections.abc import Sequence

from services.budget.applications.model import SIDES, Application, Side, State
from services.runtime.errors import DomainError, Reason

OPEN = frozenset({State.CONCEPT, State.ONDERTEKEND, State.INGEDIEND})
"""The states in which the NZa can still decide on it."""
AMENDABLE = frozenset({State.INGEDIEND, State.TOEGEWEZEN, State.GEDEELTELIJK_TOEGEWEZEN})


def require_place(side: Side, others: Sequence[Application], amended: str) -> None:
    """Refuses a draft beside an open one of the same side; `others` are those of the provider and year.

    Only the application that the draft amends, by name, may be open beside it.

    Raises:
        DomainError: ALREADY_EXISTS.
    """
    for other in others:
        if SIDES[other.kind] is side and other.state in OPEN and other.name != amended:
            raise DomainError(
                Reason.ALREADY_EXISTS,
                f"Er staat al een aanvraag open van {side}: {other.name}. Wijzig die, of trek haar in.",
                metadata={"resource": other.name},
            )


def require_amendable(amended: Application) -> None:
    """Refuses to amend what was not handed in, or was refused or withdrawn. Raises DomainError ILLEGAL_TRANSITION."""
    if amended.state not in AMENDABLE:
        raise _unsuited(amended, "alleen een aanvraag die is ingediend of toegewezen kan worden gewijzigd")


def require_followable(followed: Application) -> None:
    """Refuses to follow what is not a refused joint application (Wmg art. 52, sub b).

    Raises:
        DomainError: ILLEGAL_TRANSITION.
    """
    if followed.state is not State.AFGEWEZEN or SIDES[followed.kind] is not Side.SAMEN:
        raise _unsuited(followed, "een vervolg kan alleen op een gezamenlijke aanvraag die is afgewezen")


def _unsuited(application: Application, why: str) -> DomainError:
    return DomainError(
        Reason.ILLEGAL_TRANSITION,
        f"{application.name} is {application.kind} en {application.state}; {why}.",
        metadata={"state": application.state, "open_steps": ",".join(application.open_steps)},
    )
