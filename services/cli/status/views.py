"""What an export was, what became of it and what the registry has, as documents and as readable tables."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from services.cli.formats import whole
from services.cli.output import plain
from services.cli.status.export import Export
from services.cli.status.planning import Plan
from services.cli.status.sending import Delivery, outcome_name
from services.cli.tables import new_table, plain_text, titled
from spoedkader.registry.v1 import status_feed_pb2 as pb

_OUTCOMES = {
    "STORED": "opgeslagen",
    "UNCHANGED": "was er al",
    "SUPERSEDED": "achterhaald",
    "PENDING": "wacht op een begin",
    "OVERRULED": "telt niet",
    "REJECTED": "afgewezen",
}
_KINDS = {pb.StatusEvent.KIND_STOP: "stop", pb.StatusEvent.KIND_CLOSURE: "sluiting"}


def plan_document(export: Export, plans: Sequence[Plan]) -> dict[str, Any]:
    """What an export says."""
    return {
        "left_out": dict(export.left_out),
        "locations": [
            {
                "location": plan.location,
                "new": len(plan.new),
                "changed": len(plan.changed),
                "unchanged": plan.unchanged,
                "missing": [event.event_id for event in plan.missing],
            }
            for plan in plans
        ],
    }


def plan_tables(export: Export, plans: Sequence[Plan], *, title: str, withdrawn: bool) -> Iterator[RenderableType]:
    """What an export says, by location, and what was left out of it."""
    columns = ("nieuw", "gewijzigd", "ongewijzigd", "verdwenen")
    table = new_table("", "locatie", *columns, right=columns)
    for plan in plans:
        counts = (len(plan.new), len(plan.changed), plan.unchanged, len(plan.missing))
        table.add_row(plan.location, *map(whole, counts))
    yield titled(title, table)
    if export.left_out:
        table = new_table("", "weggelaten", "rijen", right=["rijen"])
        for reason, count in export.left_out.items():
            table.add_row(plain_text(reason), whole(count))
        yield table
    missing = [(plan.location, event) for plan in plans for event in plan.missing]
    if missing and not withdrawn:
        table = new_table("", "locatie", "", "verdwenen uit de export")
        for location, event in missing:
            table.add_row(location, _KINDS[event.kind], plain_text(event.event_id))
        yield table
        yield Text(
            "Wat verdwenen is blijft staan. Trek het in met --withdraw-missing, en --from en --until voor de dagen"
            " waarvan de export volledig is."
        )


def delivery_document(deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    """What became of the events of each location."""
    return [
        {
            "location": delivery.location,
            "results": [
                {"event_id": sent.event.event_id, **plain(sent.result), "outcome": outcome_name(sent.result)}
                for sent in delivery.sent
            ],
            "rejected": [
                {"event_id": said.event.event_id, **plain(said.result), "outcome": outcome_name(said.result)}
                for said in delivery.rejected
                if said.result is not None
            ],
        }
        for delivery in deliveries
    ]


def delivery_tables(deliveries: Sequence[Delivery]) -> Iterator[RenderableType]:
    """What became of the events, by location, and what a person should look at."""
    table = new_table("", "locatie", "uitkomst", "aantal", right=["aantal"])
    for delivery in deliveries:
        counts = Counter(outcome_name(sent.result) for sent in delivery.sent)
        for name, words in _OUTCOMES.items():
            if counts[name]:
                table.add_row(delivery.location, words, whole(counts[name]))
    yield titled("Uitkomst" if table.row_count else "Er was niets te versturen", table)
    warned = [(delivery.location, sent) for delivery in deliveries for sent in delivery.sent if sent.result.warnings]
    if warned:
        table = new_table("", "locatie", "", "id", "let op")
        for location, sent in warned:
            words = "; ".join(sent.result.warnings)
            table.add_row(location, _KINDS[sent.event.kind], plain_text(sent.event.event_id), plain_text(words))
        yield table


def rejected_lines(deliveries: Sequence[Delivery]) -> list[str]:
    """Each wrong field of what was rejected, on a line of its own."""
    return [
        f"{delivery.location}: {_KINDS[said.event.kind]} {said.event.event_id} (nummer {said.event.sequence}): "
        f"{wrong.field.rpartition('.')[2]}: {wrong.description}"
        for delivery in deliveries
        for said in delivery.rejected
        if said.result is not None
        for wrong in said.result.violations
    ]


def cursor_document(source: str, cursors: Mapping[str, pb.StatusCursor]) -> dict[str, Any]:
    """What the registry received from a source."""
    return {
        "source": source,
        "locations": [
            {
                "location": location,
                "last_sequence": cursor.last_sequence,
                "contiguous_sequence": cursor.contiguous_sequence,
                "gaps": [[gap.first_sequence, gap.last_sequence] for gap in cursor.gaps],
            }
            for location, cursor in cursors.items()
        ],
    }


def cursor_table(source: str, cursors: Mapping[str, pb.StatusCursor]) -> RenderableType:
    """What the registry received from a source, by location."""
    numbers = ("laatste", "aaneengesloten tot")
    table = new_table("", "locatie", *numbers, "ontbreekt", right=numbers)
    for location, cursor in cursors.items():
        gaps = ", ".join(
            str(gap.first_sequence)
            if gap.first_sequence == gap.last_sequence
            else f"{gap.first_sequence}–{gap.last_sequence}"
            for gap in cursor.gaps
        )
        table.add_row(location, str(cursor.last_sequence), str(cursor.contiguous_sequence), gaps)
    return titled(f"Ontvangen van {source}", table)
