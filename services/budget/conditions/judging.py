"""Judging the conditions of a provider: from facts to judgements, and the same again years later."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import grpc

from services.budget import archive
from services.budget.conditions.engines import ConditionEngines, Loaded
from services.budget.conditions.facts import ConditionReader
from services.budget.conditions.messages import status_text, write_judgements
from services.budget.conditions.model import canonical, digest, document
from services.budget.rules import Rules
from services.policy.engine import EngineUnavailableError, Evaluation, PolicyError
from services.policy.judgements import Judgement, is_blocked, read_judgements
from services.policy.purchasing import PurchasingYear
from services.runtime import names
from services.runtime.errors import DomainError, Reason
from services.runtime.transactions import Clock, Transactions
from services.runtime.wire import to_date, to_timestamp
from spoedkader.budget.v1 import condition_pb2 as pb

ENGINE_SECONDS = 10.0
"""How long to wait for an evaluating process that is free."""
_ANSWER_SECONDS = 0.2
"""Left of the caller's time, so that a refusal still arrives."""


class ConditionJudge:
    """Judges conditions. May be used from any thread."""

    def __init__(
        self,
        reader: ConditionReader,
        rules: Rules,
        engines: ConditionEngines,
        transactions: Transactions,
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._rules = rules
        self._engines = engines
        self._transactions = transactions
        self._clock = clock

    def judge(self, agb: str, year: int, as_of: date, context: grpc.ServicerContext) -> pb.Conditions:
        """The conditions of a provider in a budget year, from what is known now; keeps nothing.

        Raises:
            DomainError: what a peer refused; POLICY_YEAR_UNKNOWN; ENGINE_UNAVAILABLE, no process was free in time;
                POLICY_FAILED, the rules gave no judgement.
        """
        found, _ = self._judge(agb, year, as_of, context)
        return found

    def evaluate(self, agb: str, year: int, as_of: date, context: grpc.ServicerContext) -> pb.Conditions:
        """The same for what will be kept: the rules go into the archive, so that `replay` finds them."""
        found, purchasing = self._judge(agb, year, as_of, context)
        with self._transactions.change_for(context) as (connection, stamp):
            archive.keep(connection, purchasing, stamp)
        return found

    def replay(self, conditions: pb.Conditions) -> list[str]:
        """What differs, in Dutch, when conditions are judged again: from the facts that they hold, and by the rules of
        then. Nothing when the same comes out to the byte."""
        return list(self._differences(conditions))

    def _judge(
        self, agb: str, year: int, as_of: date, context: grpc.ServicerContext
    ) -> tuple[pb.Conditions, PurchasingYear]:
        known = self._reader.read(agb, year, as_of, context)
        purchasing = known.rules
        text = canonical(document(known.facts, purchasing.parameters, as_of))
        remaining = context.time_remaining()
        seconds = ENGINE_SECONDS if remaining is None else max(0.0, min(ENGINE_SECONDS, remaining - _ANSWER_SECONDS))
        try:
            evaluation, judgements = judge_again(self._engines.of(purchasing), text, seconds)
        except EngineUnavailableError as error:
            message = "Er was niet op tijd een proces vrij om de voorwaarden te beoordelen."
            raise DomainError(Reason.ENGINE_UNAVAILABLE, message, metadata=_pin(purchasing)) from error
        except PolicyError as error:
            message = f"De voorwaarden van {purchasing.year} gaven geen bruikbaar oordeel: {error}"
            raise DomainError(Reason.POLICY_FAILED, message, metadata=_pin(purchasing)) from error
        found = pb.Conditions(
            name=names.CONDITIONS.format(provider=agb, year=year),
            conditions=write_judgements(judgements, as_of),
            joint_application_blocked=is_blocked(judgements),
            as_of_date=to_date(as_of),
            input_json=text,
            input_digest=digest(text),
            policy_year=purchasing.year,
            policy_revision=purchasing.revision,
            engine=f"{evaluation.engine} {evaluation.engine_version}",
            create_time=to_timestamp(self._clock()),
        )
        return found, purchasing

    def _differences(self, before: pb.Conditions) -> Iterator[str]:
        if digest(before.input_json) != before.input_digest:
            yield "de invoer is niet die van haar digest"
        try:
            purchasing = self._rules_of_then(before)
            if purchasing is None:
                yield f"de regels van toen, {before.policy_revision}, zijn niet bewaard"
                return
            as_of = date.fromisoformat(json.loads(before.input_json)["as_of"])
            with self._engines.for_now(purchasing) as loaded:
                _, judgements = judge_again(loaded, before.input_json, None)
        except PolicyError as error:
            yield f"de regels van toen geven geen oordeel: {error}"
            return
        except (ValueError, KeyError, TypeError):
            yield "de invoer is niet te lezen"
            return
        if to_date(as_of) != before.as_of_date:
            yield "de dag waarop is beoordeeld is niet die van de invoer"
        if is_blocked(judgements) != before.joint_application_blocked:
            yield "of een gezamenlijke aanvraag wordt tegengehouden, is anders"
        yield from _changed(list(before.conditions), write_judgements(judgements, as_of))

    def _rules_of_then(self, conditions: pb.Conditions) -> PurchasingYear | None:
        """The rules by which conditions were judged: as they were kept, or those of now when they are the same."""
        with self._transactions.read_one() as connection:
            found = archive.of_revision(connection, conditions.policy_revision)
        if found is not None:
            return found
        try:
            now = self._rules.year(conditions.policy_year)
        except DomainError:
            return None
        return now if now.revision == conditions.policy_revision else None


def judge_again(loaded: Loaded, text: str, seconds: float | None) -> tuple[Evaluation, tuple[Judgement, ...]]:
    """What the rules in an engine say of a canonical document; `seconds` is how long to wait for the engine.

    Raises:
        PolicyError: they give no judgement.
    """
    content: Any = json.loads(text)
    evaluation = loaded.engine.evaluate(loaded.rules.judgements_path, content, seconds=seconds)
    return evaluation, read_judgements(loaded.rules, evaluation.value)


def _changed(before: list[pb.Condition], after: list[pb.Condition]) -> Iterator[str]:
    if before == after:
        return
    old, new = ({condition.id: condition for condition in found} for found in (before, after))
    for stem in sorted(old.keys() | new.keys()):
        if stem not in old or stem not in new:
            yield f"{stem}: is er {'niet meer' if stem in old else 'nu ook'}"
        elif old[stem].status != new[stem].status:
            yield f"{stem}: {status_text(old[stem].status)} is nu {status_text(new[stem].status)}"
        elif old[stem] != new[stem]:
            yield f"{stem}: wat erover gezegd wordt is anders"
    if old == new:
        yield "de voorwaarden staan in een andere volgorde, of er staat een twee keer"


def _pin(purchasing: PurchasingYear) -> dict[str, str]:
    return {"policy_year": str(purchasing.year), "policy_revision": purchasing.revision}
