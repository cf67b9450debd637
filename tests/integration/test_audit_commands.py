"""The commands of the ledger on the database of a service: what they find, write and remove."""

import csv
import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.service import variable
from services.registry.providers.model import Provider
from services.registry.providers.store import PROVIDERS
from services.runtime import migrations
from services.runtime.database import Database
from services.runtime.transactions import Transactions
from tests.support.clock import TickingClock
from tests.support.databases import chosen, database_url, run_sql

OLD = datetime(2019, 1, 1, 12, tzinfo=UTC)
RECENT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the database of a registry is in which providers were changed long ago and lately."""
    file = tmp_path / "registry.db"
    monkeypatch.setenv(variable("registry", "database_url"), database_url(file))
    database = Database(database_url(file), connections=2)
    migrations.migrate(database, "registry", at=OLD)
    clock = TickingClock()
    transactions = Transactions(database, clock)
    for start in (OLD, RECENT):
        clock.travel(start)
        for number in range(3):
            with transactions.change(f"inkoper@910{number}") as (connection, stamp):
                name = f"De Wulp {start.year}-{number}"
                PROVIDERS.put(
                    connection, Provider(f"0600000{number}", "00000001", name, date(2000, 1, 1), ("9101",)), stamp
                )
    database.close()
    return file


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments], env={"COLUMNS": "200"})


def answered(*arguments: str) -> Any:
    found = run(*arguments, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def drop_the_guards(file: Path) -> None:
    if chosen() == "sqlite":
        run_sql(file, "DROP TRIGGER ledger_update")
        run_sql(file, "DROP TRIGGER ledger_delete")
    else:
        run_sql(file, "DROP FUNCTION ledger_guard CASCADE")


@pytest.mark.parametrize("statement", ["UPDATE ledger SET actor = 'x'", "DELETE FROM ledger WHERE number = 3"])
def test_the_database_itself_refuses_to_change_an_entry(file: Path, statement: str) -> None:
    with pytest.raises(DBAPIError, match="het logboek wordt niet gewijzigd"):
        run_sql(file, statement)
    assert run("verify", "registry").exit_code == 0


def test_postgresql_empties_no_ledger(file: Path) -> None:
    if chosen() == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="het logboek wordt niet gewijzigd"):
        run_sql(file, "TRUNCATE ledger")


def test_a_whole_ledger_is_said_to_be_so(file: Path) -> None:
    head = answered("head", "registry")["heads"]["registry"]
    found = answered("verify", "registry", "--head", head)
    assert found == {
        "whole": True,
        "ledgers": {"registry": {"whole": True, "entries": 7, "rows": 12, "head": head, "findings": []}},
    }
    assert "registry: het logboek klopt; 7 regels, 12 rijen" in run("verify", "registry").stdout


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE ledger SET actor = 'x' WHERE number = 3", "regel 3: is gewijzigd"),
        ("DELETE FROM ledger WHERE number = 3", "regel 4: de regels 3 t/m 3 ontbreken"),
        ("UPDATE provider SET name = 'x' WHERE version = 2", "regel 3: provider: onder de rijen van 2 t/m 2"),
        ("DELETE FROM provider WHERE version = 6", "regel 7: provider: er ontbreken 1 rijen van 6 t/m 6"),
        ("UPDATE change SET actor = 'x' WHERE position = 1", "regel 2: change: onder de rijen van 1 t/m 1"),
        ("UPDATE change_count SET number = 9", "change_count: telt niet tot 6"),
    ],
)
def test_what_was_tampered_with_is_told_with_status_1(file: Path, statement: str, told: str) -> None:
    drop_the_guards(file)
    run_sql(file, statement)
    found = run("verify", "registry")
    assert found.exit_code == 1
    assert "Het logboek klopt niet." in found.stderr
    assert told in found.stderr
    document = json.loads(run("verify", "registry", "--json").stdout)
    assert document["error"]["whole"] is False


def test_entries_are_listed_for_people(file: Path) -> None:
    shown = run("list", "registry").stdout
    assert "wanneer" in shown
    assert "namens" in shown
    assert "01-01-2019 13:00" in shown, "in Amsterdam"
    assert "providers/06000002 (2)" in shown
    day = ("--from", "2026-01-01", "--to", "2026-01-01")
    assert [entry["number"] for entry in answered("list", "registry", *day)["entries"]] == [5, 6, 7]
    assert [entry["number"] for entry in answered("list", "registry", "--to", "2025-12-31")["entries"]] == [1, 2, 3, 4]
    assert [e["number"] for e in answered("list", "registry", "--resource", "providers/06000001")["entries"]] == [3, 6]
    assert [e["number"] for e in answered("list", "registry", "--actor", "inkoper@9100")["entries"]] == [2, 5]
    assert answered("list", "registry", "--most", "2")["has_more"]


def test_an_export_has_every_row_before_and_after(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "logboek.jsonl"
    told = answered("export", "registry", "--out", str(out), "--from", "2026-01-01")
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    entries = [line["entry"] for line in lines if "entry" in line]
    rows = [line["row"] for line in lines if "row" in line]
    assert [entry["number"] for entry in entries] == [5, 6, 7]
    assert (entries[0]["service"], entries[0]["on_behalf_of"], entries[0]["outcome"]) == ("registry", "9100", "success")
    assert [(row["entry"], row["table"], row["action"]) for row in rows[:2]] == [
        (5, "change", "created"),
        (5, "provider", "updated"),
    ]
    assert (rows[1]["before"]["name"], rows[1]["after"]["name"]) == ("De Wulp 2019-0", "De Wulp 2026-0")
    assert lines[-1] == {"end": {"entries": 3, "rows": 6, "last": answered("head", "registry")["heads"]["registry"]}}
    assert told == {"file": str(out), "entries": 3, "rows": 6, "sha256": hashlib.sha256(out.read_bytes()).hexdigest()}


def test_an_export_is_a_table_too(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "logboek.csv"
    answered("export", "registry", "--out", str(out))
    with out.open(encoding="utf-8", newline="") as content:
        rows = list(csv.DictReader(content))
    assert len(rows) == 1 + 12
    assert rows[0]["kind"] == "seal"
    assert json.loads(rows[-1]["before"])["name"] == "De Wulp 2019-2"
    assert run("export", "registry", "--out", str(tmp_path / "logboek.xls")).exit_code == 2


def test_old_entries_are_removed_and_the_rest_stays_verifiable(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "oud.jsonl"
    kept = answered("head", "registry")["heads"]["registry"]
    told = answered("prune", "registry", "--out", str(out))
    assert (told["pruned"], told["rows"]) == (4, 6)
    listed = answered("list", "registry")["entries"]
    assert [(entry["number"], entry["kind"]) for entry in listed] == [(n, "change") for n in (5, 6, 7)] + [(8, "prune")]
    assert listed[-1]["pruned_through"] == 4
    assert json.loads(listed[-1]["contents"])["exported_sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert run("verify", "registry", "--head", kept).exit_code == 0
    # Nothing else was removed, and nothing of what was sealed can be changed unseen.
    assert len(run_sql(file, "SELECT * FROM provider")) == 6
    with pytest.raises(DBAPIError, match="het logboek wordt niet gewijzigd"):
        run_sql(file, "DELETE FROM ledger WHERE number = 5")
    run_sql(file, "UPDATE provider SET name = 'x' WHERE version = 1")
    found = run("verify", "registry")
    assert found.exit_code == 1
    assert "provider: onder de rijen tot en met 3, die verzegeld zijn" in found.stderr
    again = run("prune", "registry", "--out", str(tmp_path / "weer.jsonl"))
    assert again.exit_code == 1
    assert "er is niets opgeruimd" in again.stderr


def test_what_goes_on_behind_a_removed_part_goes_on_in_the_chain(file: Path, tmp_path: Path) -> None:
    for number, before in enumerate(("2019-01-01", "2019-01-02"), start=1):
        told = answered("prune", "registry", "--before", before, "--out", str(tmp_path / f"{number}.jsonl"))
        assert told["pruned"] == (0, 4)[number - 1]
    drop_the_guards(file)
    run_sql(file, "DELETE FROM ledger WHERE number = 5")
    assert "de regels 5 t/m 5 ontbreken" in run("verify", "registry").stderr


def test_nothing_goes_before_its_time(file: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "oud.jsonl")
    day = f"{datetime.now(UTC) - timedelta(days=30):%Y-%m-%d}"
    assert run("prune", "registry", "--before", day, "--out", out).exit_code == 2
    assert (
        run("prune", "registry", "--keep-years", "50", "--out", out).stdout.strip() == "Er is niets dat oud genoeg is."
    )
    assert len(run_sql(file, "SELECT 1 FROM ledger")) == 7
    assert not Path(out).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        ("verify", "onbekend"),
        ("verify", "registry", "--head", "12"),
        ("verify", "all", "--head", "1:" + "0" * 64),
        ("list", "all"),
        ("prune", "registry", "--out", "oud.csv"),
    ],
)
def test_a_command_says_what_is_wrong_with_it(file: Path, wrong: tuple[str, ...]) -> None:
    assert run(*wrong).exit_code == 2


def test_a_database_that_is_not_up_to_date_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("registry", "database_url"), database_url(tmp_path / "leeg.db"))
    found = run("verify", "registry")
    assert found.exit_code == 1
    assert "spoedkader migrate registry" in found.stderr
