"""The audit service: the ledger of one service for an auditor. Each service serves its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grpc
from sqlmodel import SQLModel

from services.runtime.errors import DomainError, Reason
from services.runtime.ledger.appending import covered
from services.runtime.ledger.canonical import json_bytes
from services.runtime.ledger.entries import Entry, Head, Kind, Wanted, entry_of, page_of
from services.runtime.ledger.reading import CREATED, Resource, RowReader, Written, moment_of, resources_of
from services.runtime.ledger.verifying import Verdict, verify
from services.runtime.pages import read_page
from services.runtime.transactions import Transactions
from services.runtime.wire import MAX_NAME, Fields, to_timestamp
from spoedkader.audit.v1 import audit_pb2 as pb
from spoedkader.audit.v1 import audit_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["AuditService"].full_name
_SHOWN = 50
"""Changes that are shown with an entry."""
_MAX_PAGE_BYTES = 2_000_000
_KINDS: Mapping[str, pb.AuditEntry.Kind.ValueType] = {
    Kind.CHANGE: pb.AuditEntry.KIND_CHANGE,
    Kind.SEAL: pb.AuditEntry.KIND_SEAL,
    Kind.PRUNE: pb.AuditEntry.KIND_PRUNE,
}


class AuditServicer(rpc.AuditServiceServicer):
    """`spoedkader.audit.v1.AuditService`."""

    def __init__(self, transactions: Transactions, rows: Sequence[type[SQLModel]]) -> None:
        """`rows` are those of every table of the service."""
        self._transactions = transactions
        self._tables = covered(rows)
        self._reader = RowReader(self._tables)

    def ListAuditEntries(
        self, request: pb.ListAuditEntriesRequest, context: grpc.ServicerContext
    ) -> pb.ListAuditEntriesResponse:
        fields = Fields(request)
        wanted = Wanted(
            fields.moment("start_time", request),
            fields.moment("end_time", request),
            fields.text("actor", request.actor, MAX_NAME),
            fields.text("resource", request.resource, MAX_NAME),
        )
        fields.check()
        page = read_page(request, default=50, most=200)
        (after,) = page.behind(int) or (0,)
        with self._transactions.read() as connection:
            found = page_of(connection, wanted.select(), after, page.size + 1)
            shown, token = page.cut(found, lambda entry: (entry.number,))
            written = [_write_entry(entry, resources_of(connection, entry, _SHOWN)) for entry in shown]
        return pb.ListAuditEntriesResponse(entries=written, next_page_token=token)

    def ListAuditRows(
        self, request: pb.ListAuditRowsRequest, context: grpc.ServicerContext
    ) -> pb.ListAuditRowsResponse:
        fields = Fields(request)
        if request.entry < 1:
            fields.wrong("entry", "moet 1 of hoger zijn")
        fields.check()
        page = read_page(request, default=50, most=200)
        after = page.behind(str, int) or ("", 0)
        with self._transactions.read() as connection:
            entry = entry_of(connection, request.entry)
            if entry is None:
                message = f"Er is geen regel {request.entry} in het logboek."
                raise DomainError(Reason.NOT_FOUND, message, metadata={"resource": f"auditEntries/{request.entry}"})
            shown: list[pb.AuditRow] = []
            size = 0
            for row in self._reader.rows(connection, entry, (after[0], after[1])):
                part = _write_row(row)
                size += part.ByteSize()
                if shown and (len(shown) == page.size or size > _MAX_PAGE_BYTES):
                    last = shown[-1]
                    return pb.ListAuditRowsResponse(rows=shown, next_page_token=page.token(last.table, last.number))
                shown.append(part)
        return pb.ListAuditRowsResponse(rows=shown)

    def VerifyLedger(
        self, request: pb.VerifyLedgerRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.VerifyLedgerResponse]:
        fields = Fields(request)
        anchor = None
        if request.head:
            try:
                anchor = Head.parse(request.head)
            except ValueError as error:
                fields.wrong("head", str(error))
        fields.check()
        with self._transactions.read() as connection:
            for verdict in verify(connection, self._tables, anchor):
                if not context.is_active():
                    return
                yield _write_progress(verdict)


def _write_entry(entry: Entry, changes: Sequence[Resource]) -> pb.AuditEntry:
    return pb.AuditEntry(
        number=entry.number,
        kind=_KINDS.get(entry.kind, pb.AuditEntry.KIND_UNSPECIFIED),
        create_time=to_timestamp(moment_of(entry)),
        call_id=entry.call_id,
        method=entry.method,
        actor=entry.actor,
        on_behalf_of=entry.on_behalf_of,
        caller=entry.caller,
        roles=entry.roles.split(",") if entry.roles else [],
        change_count=entry.changes,
        changes=[
            pb.AuditedChange(
                resource=change.name,
                revision=change.revision,
                action=pb.AuditedChange.ACTION_CREATED if change.action == CREATED else pb.AuditedChange.ACTION_UPDATED,
            )
            for change in changes
        ],
        contents_json=entry.contents,
        pruned_through=entry.pruned_through or 0,
        previous_hash=entry.previous,
        hash=entry.hash,
    )


def _write_row(row: Written) -> pb.AuditRow:
    return pb.AuditRow(table=row.table, number=row.number, before_json=_json(row.before), after_json=_json(row.after))


def _json(values: Any) -> str:
    return "" if values is None else json_bytes(values).decode()


def _write_progress(verdict: Verdict) -> pb.VerifyLedgerResponse:
    progress = pb.VerifyLedgerResponse(done_count=verdict.done_count, total_count=verdict.total_count)
    if verdict.complete:
        progress.verdict.CopyFrom(
            pb.LedgerVerdict(
                whole=verdict.is_whole,
                row_count=verdict.rows,
                head=str(verdict.head),
                findings=[
                    pb.LedgerVerdict.Finding(entry=found.entry, description=found.text) for found in verdict.findings
                ],
            )
        )
    return progress
