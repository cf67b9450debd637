"""What was judged about conditions, as messages."""

from collections.abc import Iterable
from datetime import date

from services.policy.judgements import Actor, Item, Judgement, Status
from services.runtime.wire import to_date
from spoedkader.budget.v1 import condition_pb2 as pb


def write_judgements(judgements: Iterable[Judgement], as_of: date) -> list[pb.Condition]:
    """The messages of judgements; a term is overdue when its last day lies before `as_of`."""
    return [
        pb.Condition(
            id=judgement.condition.stem,
            number=judgement.condition.number,
            title=judgement.condition.title,
            source=judgement.condition.source,
            status=_STATUSES[judgement.status],
            shortfalls=[_write_item(item, as_of) for item in judgement.shortfalls],
            remarks=[_write_item(item, as_of) for item in judgement.remarks],
        )
        for judgement in judgements
    ]


def _write_item(item: Item, as_of: date) -> pb.Shortfall:
    return pb.Shortfall(
        location=item.location,
        description=item.description,
        actor=_ACTORS[item.actor],
        due_date=to_date(item.due_on) if item.due_on else None,
        overdue=item.due_on is not None and item.due_on < as_of,
    )


def status_text(status: pb.Condition.Status.ValueType) -> str:
    """A status as people write it."""
    return pb.Condition.Status.Name(status).removeprefix("STATUS_")


_STATUSES = {
    Status.VOLDAAN: pb.Condition.STATUS_VOLDAAN,
    Status.NIET_VOLDAAN: pb.Condition.STATUS_NIET_VOLDAAN,
    Status.ONBEKEND: pb.Condition.STATUS_ONBEKEND,
    Status.NIET_VAN_TOEPASSING: pb.Condition.STATUS_NIET_VAN_TOEPASSING,
}
_ACTORS = {
    Actor.ZORGAANBIEDER: pb.Shortfall.ACTOR_ZORGAANBIEDER,
    Actor.VERZEKERAARS: pb.Shortfall.ACTOR_VERZEKERAARS,
    Actor.SAMEN: pb.Shortfall.ACTOR_SAMEN,
}
