"""What the commands of the ledger do, each on the database that the settings of a service name."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.text import Text
from sqlalchemy import Connection

from services.cli import service
from services.cli.audit import tables
from services.cli.failures import Failure
from services.cli.output import Output
from services.runtime import migrations
from services.runtime.database import Database
from services.runtime.ledger import entries as ledger
from services.runtime.ledger.appending import covered
from services.runtime.ledger.entries import Entry, Head, Wanted
from services.runtime.ledger.exporting import Exported, Form
from services.runtime.ledger.exporting import export as write_export
from services.runtime.ledger.pruning import plan
from services.runtime.ledger.pruning import prune as prune_planned
from services.runtime.ledger.reading import fields_of, resources_of
from services.runtime.ledger.verifying import Verdict
from services.runtime.ledger.verifying import verify as verify_ledger
from services.runtime.wire import TIME_ZONE
from spoedkader.amsterdam import day_of

_ZONE = ZoneInfo(TIME_ZONE)

_SHOWN = 3
"""Resources that are shown with an entry."""


def wanted(since: datetime | None, until: datetime | None, resource: str, actor: str) -> Wanted:
    """What to read: from the first day up to and including the last, in Amsterdam."""
    return Wanted(
        since=None if since is None else _midnight(since),
        until=None if until is None else _midnight(until + timedelta(days=1)),
        resource=resource,
        actor=actor,
    )


def head(which: str, data_dir: Path, output: Output) -> None:
    """Shows the last entry of ledgers."""
    found: dict[str, str] = {}
    for name in _names(which):
        with _opened(name, data_dir) as database, database.read() as connection:
            found[name] = str(ledger.head(connection))
    output.result({"heads": found}, *(Text(f"{name} {kept}") for name, kept in found.items()))


def verify(which: str, kept: str, data_dir: Path, output: Output) -> None:
    """Verifies ledgers. Raises Failure when one is not as it was written."""
    names = _names(which)
    if kept and len(names) > 1:
        raise typer.BadParameter("hoort bij één dienst", param_hint="--head")
    try:
        anchor = Head.parse(kept) if kept else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--head") from error
    verdicts: dict[str, Verdict] = {}
    with output.progress() as steps:
        for name in names:
            with _opened(name, data_dir) as database, database.read() as connection:
                found = verify_ledger(connection, covered(migrations.rows_of(name)), anchor)
                *_, verdicts[name] = steps.follow(f"Logboek van {name} controleren", found)
    document = {name: tables.verdict_document(verdict) for name, verdict in verdicts.items()}
    if all(verdict.is_whole for verdict in verdicts.values()):
        output.result({"whole": True, "ledgers": document}, *tables.verdicts(verdicts))
        return
    raise Failure("Het logboek klopt niet.", tuple(map(str, tables.verdicts(verdicts))), whole=False, ledgers=document)


def show(which: str, wanted: Wanted, most: int, data_dir: Path, output: Output) -> None:
    """Shows the first entries that are wanted."""
    (name,) = _names(which, one=True)
    with _opened(name, data_dir) as database, database.read() as connection:
        found = list(islice(ledger.entries(connection, wanted), most + 1))
        shown, more = found[:most], len(found) > most
        told = [(entry, resources_of(connection, entry, _SHOWN)) for entry in shown]
    documents = [
        {**fields_of(entry, name), "resources": [resource.name for resource in resources]} for entry, resources in told
    ]
    rest = [Text(f"Er zijn er meer; dit zijn de eerste {most}.")] if more else []
    output.result({"entries": documents, "has_more": more}, tables.entries(told), *rest)


def export(which: str, wanted: Wanted, out: Path, data_dir: Path, output: Output) -> None:
    """Writes the entries that are wanted to a file."""
    (name,) = _names(which, one=True)
    form = _form(out)
    with output.progress() as steps, _opened(name, data_dir) as database, database.read() as connection:
        found = steps.each("Regels schrijven", ledger.entries(connection, wanted))
        exported = _write(connection, name, found, out, form)
    _say(exported, out, output)


def prune(which: str, before: datetime | None, keep_years: int, out: Path, *, data_dir: Path, output: Output) -> None:
    """Exports what is old enough, and removes it.

    Raises:
        Failure: the ledger is not as it was written.
    """
    (name,) = _names(which, one=True)
    now = datetime.now(UTC)
    youngest = _midnight(_years_before(now, keep_years))
    moment = youngest if before is None else _midnight(before)
    if moment > youngest:
        last = day_of(youngest) - timedelta(days=1)
        raise typer.BadParameter(f"regels blijven {keep_years} jaar staan, nu tot en met {last}", param_hint="--before")
    if _form(out) is not Form.JSONL:
        raise typer.BadParameter("alles staat alleen in een .jsonl", param_hint="--out")
    every = covered(migrations.rows_of(name))
    with output.progress() as steps, _opened(name, data_dir) as database:
        with database.read() as connection:
            found = verify_ledger(connection, every)
            *_, verdict = steps.follow(f"Logboek van {name} controleren", found)
            if not verdict.is_whole:
                details = tuple(map(str, tables.verdicts({name: verdict})))
                raise Failure("Het logboek klopt niet; er is niets opgeruimd.", details)
            planned = plan(connection, every, moment)
            if planned is None:
                output.result({"pruned": 0}, Text("Er is niets dat oud genoeg is."))
                return
            old = _up_to(ledger.entries(connection), planned.last)
            exported = _write(connection, name, steps.each("Regels schrijven", old), out, Form.JSONL)
        with database.write() as connection:
            count = prune_planned(connection, every, now, planned, _sha256(out))
    facts = {"pruned": count, "last": str(planned.last), "file": str(out), "rows": exported.rows}
    output.result(facts, Text(f"{_counted(exported)} opgeruimd, tot en met regel {planned.last.number}; zie {out}."))


def _names(which: str, *, one: bool = False) -> tuple[str, ...]:
    if which == "all" and not one:
        return service.SERVICES
    if which not in service.SERVICES:
        rest = "" if one else ", all"
        raise typer.BadParameter(f"kies uit {', '.join(service.SERVICES)}{rest}", param_hint="dienst")
    return (which,)


@contextmanager
def _opened(name: str, data_dir: Path) -> Iterator[Database]:
    os.environ.update(service.complete(name, os.environ, data_dir))
    try:
        database = migrations.database_of(name)
    except (OSError, ValueError) as error:
        raise Failure(f"De database van {name} is niet te openen: {service.describe(error)}.") from error
    try:
        if migrations.behind(database, name):
            raise Failure(f"De database van {name} is niet bij; voer eerst `spoedkader migrate {name}` uit.")
        yield database
    finally:
        database.close()


def _write(connection: Connection, name: str, found: Iterator[Entry], out: Path, form: Form) -> Exported:
    """Writes the file whole or not at all."""
    unfinished = out.with_name(f"{out.name}.onaf")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            exported = write_export(connection, covered(migrations.rows_of(name)), name, found, file, form=form)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return exported


def _say(exported: Exported, out: Path, output: Output) -> None:
    facts = {"file": str(out), "entries": exported.entries, "rows": exported.rows, "sha256": _sha256(out)}
    output.result(facts, Text(f"{_counted(exported)} in {out}."))


def _counted(exported: Exported) -> str:
    rows = tables.counted(exported.rows, "rij", "rijen")
    return f"{tables.counted(exported.entries, 'regel', 'regels')} met {rows}"


def _up_to(found: Iterator[Entry], last: Head) -> Iterator[Entry]:
    for entry in found:
        yield entry
        if entry.number == last.number:
            return


def _form(out: Path) -> Form:
    try:
        return Form(out.suffix.removeprefix("."))
    except ValueError as error:
        raise typer.BadParameter("moet op .jsonl of .csv eindigen", param_hint="--out") from error


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _midnight(day: datetime) -> datetime:
    """The first moment of a day in Amsterdam."""
    return datetime.combine(day.date(), time(), _ZONE).astimezone(UTC)


def _years_before(moment: datetime, years: int) -> datetime:
    local = moment.astimezone(_ZONE)
    try:
        return local.replace(year=local.year - years)
    except ValueError:
        # 29 February.
        return local.replace(year=local.year - years, day=28)
