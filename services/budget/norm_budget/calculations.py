"""Calculations, made from what is known now and kept; for the slices that rest on one too."""

from collections.abc import Mapping

import grpc
from sqlalchemy import Connection

from services.budget import archive
from services.budget.facts import Standing
from services.budget.norm_budget import store
from services.budget.norm_budget.basis import Basis, write_basis
from services.budget.norm_budget.messages import record, write_calculation
from services.budget.norm_budget.model import input_digest, provider_budget
from services.budget.norm_budget.replaying import replay
from services.budget.peers import Facts, KnownProvider
from services.runtime import names
from services.runtime.transactions import Transactions
from services.runtime.versions import Stamp
from services.runtime.wire import Fields
from spoedkader.budget.v1 import budget_pb2 as pb


class Calculations:
    """The calculations of the budget service."""

    def __init__(self, facts: Facts, transactions: Transactions) -> None:
        self._facts = facts
        self._transactions = transactions

    def calculate(
        self, agb: str, year: int, context: grpc.ServicerContext, *, validate_only: bool = False
    ) -> pb.Calculation:
        """The calculation of a provider from what is known now; `validate_only` keeps nothing.

        Raises:
            DomainError: what the registry or the quality service refuses.
        """
        known = self._facts.provider(agb, year, context)
        standings = self._facts.standings(agb, year, context)
        return self.calculate_known(known, standings, context, validate_only=validate_only)

    def calculate_known(
        self,
        known: KnownProvider,
        standings: Mapping[str, Standing],
        context: grpc.ServicerContext,
        *,
        validate_only: bool = False,
    ) -> pb.Calculation:
        """The latest calculation when it rests on the same facts; otherwise the next one."""
        agb, year, parameters = known.provider.agb, known.round.budget_year, known.parameters
        basis = write_basis(Basis(known.provider, known.round, standings), parameters)
        digest = input_digest(basis, parameters)
        with self._transactions.read_one() as connection:
            latest = store.latest(connection, agb, year)
        if latest is not None and latest.input_digest == digest:
            return pb.Calculation.FromString(latest.content)
        found = provider_budget(known.provider, known.round, standings, parameters)
        answer = write_calculation(found, known.rules, digest)

        def act(connection: Connection, stamp: Stamp) -> pb.Calculation:
            # Someone else may have calculated since, even from the same facts.
            latest = store.latest(connection, agb, year)
            if latest is not None and latest.input_digest == digest:
                return pb.Calculation.FromString(latest.content)
            number = latest.number + 1 if latest else 1
            content = record(answer, names.CALCULATION.format(provider=agb, year=year, number=number), stamp)
            archive.keep(connection, known.rules, stamp)
            store.add(connection, agb, year, store.StoredCalculation(number, digest, content), basis, stamp)
            return answer

        # A request of its own: an identifier of the caller's belongs to what the caller asked for, which may be more.
        request = pb.CalculateBudgetRequest(validate_only=validate_only)
        try:
            return self._transactions.write(request, context, pb.Calculation, act)
        except store.NumberTakenError:
            # On a database that lets writers run side by side, the number was taken after we looked.
            return self._transactions.write(request, context, pb.Calculation, act)

    def replay_calculation(self, name: str) -> list[str]:
        """Calculates again from what was kept; what differs in Dutch, nothing when it is the same to the byte.

        Raises:
            DomainError: INVALID_INPUT or NOT_FOUND.
        """
        fields = Fields()
        fields.name("name", names.CALCULATION, name, allow_any=False)
        fields.check()
        with self._transactions.read() as connection:
            return replay(connection, name)
