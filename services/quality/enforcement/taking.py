"""Taking a step: one transaction with the new version of the case, the record of the step, and what is announced."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import grpc
from sqlalchemy import Connection

from services.quality.enforcement import store
from services.quality.enforcement.announcing import announce
from services.quality.enforcement.messages import write_case
from services.quality.enforcement.model import Case, Vote, state
from services.quality.enforcement.parties import ask_parties
from services.quality.enforcement.steps import Step, require_representative
from services.quality.locations import Locations
from services.quality.rulebook import Rulebook
from services.runtime import names
from services.runtime.call import is_user
from services.runtime.errors import DomainError, Reason, not_found
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp, Stored
from spoedkader.amsterdam import day_of
from spoedkader.quality.v1 import enforcement_pb2 as pb

Place = tuple[str, str, str]
"""Provider, which may be `-`, location and identifier of a case."""


@dataclass(frozen=True, slots=True)
class Said:
    """A step, and what somebody says with it; `insurer` is empty when it is on behalf of the provider."""

    step: Step
    insurer: str = ""
    reason: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Taking:
    """The moment at which a step is taken, by whom, and the representatives of that moment."""

    day: date
    at: datetime
    actor: str
    representatives: tuple[str, ...]

    def vote(self, insurer: str, reason: str, *, agrees: bool) -> Vote:
        """The vote of an insurer by this user, which has to be one that the call names."""
        if not is_user(self.actor):
            raise DomainError(
                Reason.ACTOR_NOT_OWN,
                "De aanroep noemt geen gebruiker; een besluit wordt door gebruikers genomen.",
                metadata={"actor": self.actor, "insurer": insurer},
            )
        return Vote(insurer, agrees, reason, self.actor, self.at)


class Taker:
    """Takes steps on behalf of calls."""

    def __init__(self, transactions: Transactions, rulebook: Rulebook, locations: Locations) -> None:
        self._transactions = transactions
        self._rulebook = rulebook
        self._locations = locations

    def take(
        self,
        request: Any,
        context: grpc.ServicerContext,
        place: Place,
        said: Said,
        act: Callable[[Case, Taking], Case],
    ) -> pb.Case:
        """Takes the step that `said` names by `act`, which gives the case as it is after it.

        Raises:
            DomainError: what `act` refuses; NOT_FOUND, ETAG_MISMATCH, or NOT_REPRESENTATIVE.
        """
        before = self._transactions.answered(request, context, pb.Case)
        if before is not None:
            return before
        with self._transactions.read_one() as connection:
            agb = stored_case(connection, place).value.agb
        # Asked before the transaction, which keeps others waiting.
        parties = ask_parties(self._locations, agb, place[1], context) if said.insurer else None

        def change(connection: Connection, stamp: Stamp) -> pb.Case:
            stored = stored_case(connection, place)
            stored.require(request.etag)
            case, day = stored.value, day_of(stamp.at)
            representatives = tuple(parties.provider.representatives) if parties else ()
            if said.insurer:
                require_representative(said.insurer, representatives)
            changed = act(case, Taking(day, stamp.at, stamp.by, representatives))
            kept = store.CASES.put(connection, changed, stamp)
            happened = {
                "step": said.step.value,
                "from_state": state(case, day).value,
                "to_state": state(changed, day).value,
                "reason": said.reason,
                "document": said.document,
                "insurer": said.insurer,
            }
            store.add_step(connection, kept, happened, stamp)
            if parties is not None:
                announce(connection, stamp, self._rulebook, parties, before=case, after=changed)
            return write_answer(connection, kept, day)

        return self._transactions.write(request, context, pb.Case, change)


def stored_case(connection: Connection, place: Place) -> Stored[Case]:
    """A case by the parts of its name. Raises DomainError when there is none."""
    provider, location_id, case_id = place
    stored = store.CASES.get(connection, *store.case_key(location_id, case_id))
    if stored is None or provider not in (names.ANY, stored.value.agb):
        raise not_found(names.CASE.format(provider=provider, location=location_id, case=case_id))
    return stored


def write_answer(connection: Connection, stored: Stored[Case], day: date) -> pb.Case:
    """The message of a case as it stands on a day."""
    case = stored.value
    latest = store.latest_assessments(connection, [case])
    return write_case(stored, latest[case.location_id, case.budget_year], day)
