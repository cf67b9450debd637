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
from sqlalchemy import text
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.service import SERVICES, variable
from services.registry.providers.model import Provider
from services.registry.providers.store import PROVIDERS
from services.registry.server import RegistrySettings, build
from services.runtime import migrations
from services.runtime.database import Database
from services.runtime.versions import Stamp
from tests.support.databases import database_url

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
