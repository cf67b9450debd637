"""Readable tables of the ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.text import Text

from services.cli import formats
from services.cli.tables import new_table, plain_text
from services.runtime.ledger.entries import Entry, Kind
from services.runtime.ledger.reading import Resource, moment_of
from services.runtime.ledger.verifying import Verdict
from services.runtime.wire import TIME_ZONE

_ZONE = ZoneInfo(TIME_ZONE)
_KINDS: Mapping[str, str] = {Kind.SEAL: "verzegeld", Kind.PRUNE: "opgeruimd"}


def entries(shown: Iterable[tuple[Entry, Sequence[Resource]]]) -> RenderableType:
    """One row for each entry."""
    table = new_table("Logboek", "nr", "wanneer", "wie", "namens", "via", "wat", "gewijzigd", whole_words=["wanneer"])
    for entry, resources in shown:
        rest = entry.changes - len(resources)
        changed = [f"{found.name} ({found.revision})" if found.revision else found.name for found in resources]
        table.add_row(
            str(entry.number),
            formats.moment(moment_of(entry).astimezone(_ZONE)),
            plain_text(entry.actor),
            plain_text(entry.on_behalf_of),
            plain_text(" ".join(filter(None, (entry.caller, f"({entry.roles})" if entry.roles else "")))),
            plain_text(_KINDS.get(entry.kind, entry.method.rpartition("/")[2])),
            plain_text("\n".join([*changed, *([f"en nog {rest}"] if rest > 0 else [])])),
        )
    return table


def verdicts(found: Mapping[str, Verdict]) -> Iterator[Text]:
    """For each ledger one line when it is whole, else what is wrong with it."""
    for name, verdict in found.items():
        if verdict.is_whole:
            of_entries = counted(verdict.done_count, "regel", "regels")
            yield Text(f"{name}: het logboek klopt; {of_entries}, {counted(verdict.rows, 'rij', 'rijen')}")
            yield Text(f"  kop {verdict.head}")
            continue
        yield Text(f"{name}: het logboek klopt NIET; {counted(len(verdict.findings), 'bevinding', 'bevindingen')}")
        for finding in verdict.findings:
            yield Text(f"  {f'regel {finding.entry}: ' if finding.entry else ''}{finding.text}")


def counted(number: int, one: str, many: str) -> str:
    """A number of things, as in `1 regel`."""
    return f"{formats.whole(number)} {one if number == 1 else many}"


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a document."""
    return {
        "whole": verdict.is_whole,
        "entries": verdict.done_count,
        "rows": verdict.rows,
        "head": str(verdict.head),
        "findings": [{"entry": finding.entry, "description": finding.text} for finding in verdict.findings],
    }
