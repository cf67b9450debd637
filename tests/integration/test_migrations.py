"""The tables of each service: made by its migrations, once, and as its code expects them."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.service import SERVICES, variable
from services.registry.providers.model import Provider
from services.registry.providers.store import PROVIDERS
from services.registry.server import RegistrySettings, build
from services.runtime import migrations
from services.runtime.database import Database
from services.runtime.ledger.appending import covered
from services.runtime.ledger.verifying import verify
from services.runtime.versions import Stamp
from tests.support.databases import database_url, run_sql

STEP = '''"""Een kolom erbij."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("provider") as table:
        table.add_column(sa.Column("kleur", sa.String(), nullable=False, server_default="blauw"))
    {more}
'''


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(database_url(tmp_path / "service.db"), connections=4)
    yield opened
    opened.close()


@pytest.fixture
def more_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the migrations of the registry, to which a step can be added."""
    for service in SERVICES:
        shutil.copytree(migrations.SERVICES / service / "migrations", tmp_path / service / "migrations")
    monkeypatch.setattr(migrations, "SERVICES", tmp_path)
    return tmp_path / "registry" / "migrations"


def last_of(folder: Path) -> str:
    return max(path.stem for path in folder.glob("*.py"))


@pytest.mark.parametrize("service", SERVICES)
def test_the_migrations_give_the_tables_of_the_code(database: Database, service: str) -> None:
    assert migrations.behind(database, service)
    migrations.migrate(database, service)
    assert not migrations.behind(database, service)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, migrations.metadata_of(service)) == []


def test_many_that_migrate_at_once_do_each_step_once(tmp_path: Path) -> None:
    url = database_url(tmp_path / "service.db")

    def migrate(_: int) -> int:
        database = Database(url, connections=1)
        try:
            return len(migrations.migrate(database, "registry"))
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        done = sorted(pool.map(migrate, range(4)))
    assert done[:3] == [0, 0, 0]
    assert done[3] > 0


def test_a_step_keeps_what_was_stored(database: Database, more_steps: Path) -> None:
    migrations.migrate(database, "registry")
    provider = Provider("06000001", "00000001", "De Wulp", date(2000, 1, 1), ("9101",))
    with database.write() as connection:
        PROVIDERS.put(connection, provider, Stamp(datetime(2027, 1, 1, tzinfo=UTC), "test"))
    (more_steps / "9999.py").write_text(STEP.format(last=last_of(more_steps), more="pass"), "utf-8")
    assert migrations.migrate(database, "registry") == ["9999 Een kolom erbij"]
    with database.read() as connection:
        assert connection.execute(text("SELECT kleur FROM provider")).scalar_one() == "blauw"
        found = PROVIDERS.get(connection, "06000001")
        assert found is not None
        assert found.value == provider


def test_a_step_that_fails_leaves_everything_as_it_was(database: Database, more_steps: Path) -> None:
    migrations.migrate(database, "registry")
    more = 'op.execute("SELECT * FROM bestaat_niet")'
    (more_steps / "9999.py").write_text(STEP.format(last=last_of(more_steps), more=more), "utf-8")
    with pytest.raises(Exception, match="bestaat_niet"):
        migrations.migrate(database, "registry")
    assert migrations.behind(database, "registry") == ["9999 Een kolom erbij"]
    with database.read() as connection:
        assert "kleur" not in list(connection.execute(text("SELECT * FROM provider")).keys())


FIRST = {
    "registry": (
        """INSERT INTO provider (sequence, revision, recorded_at, recorded_by, agb, kvk, name, provides_seh_since,
            representatives, stage, requested_information)
        VALUES (1, 1, '2027-01-01 00:00:00.000000', 'test', '06000001', '00000001', 'De Wulp', '2000-01-01', '[]', '',
            '')
        """,
        """INSERT INTO status_event (source, location_id, sequence, kind, event_id, withdrawn, reason, received_at,
            received_by)
        VALUES ('epd', 'L1', 2, 'stop', 'b', false, '', '2027-01-01 00:00:00.000000', 'test'),
            ('epd', 'L1', 1, 'stop', 'a', false, '', '2027-01-01 00:00:00.000000', 'test')
        """,
        """INSERT INTO change (position, resource, type, revision, actor, recorded_at)
        VALUES (1, 'providers/06000001', 'providers', 1, 'test', '2027-01-01 00:00:00.000000')
        """,
        "INSERT INTO change_count (id, number) VALUES (1, 1)",
    ),
    "quality": (
        """INSERT INTO policy_set (digest, policy_year, set_id, label, key_id, bundle, state, steps, report)
        VALUES ('x', 2027, 'y', '', '', '', 'draft', 0, '')
        """,
    ),
    "budget": (
        "INSERT INTO application_content (digest, content) VALUES ('b', ''), ('a', '')",
        "INSERT INTO purchasing_rules (revision, policy_year, files) VALUES ('b', 2027, '{}'), ('a', 2027, '{}')",
    ),
}
"""Rows as the first migration knew them."""


@pytest.mark.parametrize("service", SERVICES)
def test_the_ledger_seals_what_was_there_before_it(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / service / "migrations"
    folder.mkdir(parents=True)
    shutil.copy(migrations.SERVICES / service / "migrations" / "0001.py", folder)
    file = tmp_path / "service.db"
    database = Database(database_url(file), connections=2)
    rows = covered(migrations.rows_of(service))
    with monkeypatch.context() as before:
        before.setattr(migrations, "SERVICES", tmp_path)
        before.setattr(migrations, "seal", lambda *_: None)
        migrations.migrate(database, service)
    for statement in FIRST[service]:
        run_sql(file, statement)
    assert migrations.migrate(database, service)[0].startswith("0002 ")
    with database.write() as connection:
        *_, verdict = verify(connection, rows)
        assert verdict.is_whole, verdict.findings
        assert verdict.rows == {"registry": 4, "quality": 0, "budget": 4}[service]
    if service == "registry":
        numbered = run_sql(file, "SELECT sequence FROM status_event ORDER BY id")
        assert [row[0] for row in numbered] == [2, 1], "in the order in which they came"
        with pytest.raises(IntegrityError):
            run_sql(file, FIRST[service][1])
        run_sql(file, "UPDATE status_event SET reason = 'anders' WHERE sequence = 1")
        with database.read() as connection:
            *_, verdict = verify(connection, rows)
        assert [found.text.partition(":")[0] for found in verdict.findings] == ["status_event"]
    database.close()


@pytest.mark.parametrize("service", SERVICES)
def test_rows_are_numbered_with_64_bits(tmp_path: Path, service: str) -> None:
    database = Database(database_url(tmp_path / "service.db"), connections=1)
    migrations.migrate(database, service)
    with database.read() as connection:
        found = inspect(connection)
        for table in migrations.metadata_of(service).sorted_tables:
            for column in found.get_columns(table.name):
                if column["name"] in {"version", "position", "id", "calculation", "sequence"}:
                    # An INTEGER of SQLite has 64 bits.
                    right = {"BIGINT"} if connection.dialect.name == "postgresql" else {"INTEGER", "BIGINT"}
                    if table.name != "change_count":
                        assert str(column["type"]) in right, (table.name, column["name"])
        if connection.dialect.name == "postgresql":
            narrow = text("SELECT sequencename FROM pg_sequences WHERE data_type <> 'bigint'::regtype")
            assert connection.execute(narrow).scalars().all() == ["change_count_id_seq"], "of one row"
    database.close()


def test_a_service_whose_tables_a_job_makes_does_not_start_before_it(tmp_path: Path) -> None:
    settings = RegistrySettings(database_url=database_url(tmp_path / "service.db"), migrate_at_start=False)
    with pytest.raises(ValueError, match="spoedkader migrate registry"):
        build(settings)
    database = Database(settings.database_url, connections=1)
    migrations.migrate(database, "registry")
    database.close()
    build(settings).close()


def test_the_command_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in SERVICES:
        monkeypatch.setenv(variable(service, "database_url"), database_url(tmp_path / f"{service}.db"))
    run = partial(CliRunner().invoke, app)
    assert run(["migrate", "--check"]).exit_code == 1
    done = run(["migrate", "registry", "--json"])
    assert json.loads(done.stdout)["steps"]["registry"][0].startswith("0001 ")
    assert run(["migrate", "--check"]).exit_code == 1
    assert run(["migrate"]).exit_code == 0
    checked = run(["migrate", "--check"])
    assert (checked.exit_code, checked.stdout.split()) == (
        0,
        ["registry:", "is", "bij", "quality:", "is", "bij", "budget:", "is", "bij"],
    )
    assert run(["migrate", "onbekend"]).exit_code == 2
