"""The tables of a service, brought to what its code expects.

Each service has its migrations in `services/<service>/migrations`, one file for each step, and goes forward only: what
a step takes away has to be put back from a backup.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlmodel import SQLModel

from services.runtime.database import Database
from services.runtime.ledger.appending import covered
from services.runtime.ledger.sealing import seal
from services.runtime.settings import ServiceSettings

SERVICES = Path(__file__).parents[1]


def opened(service: str, settings: ServiceSettings) -> Database:
    """The database of a service, at its last migration.

    Raises:
        ValueError: it is not, and the settings say that a job does that.
    """
    database = Database(
        settings.database_url,
        connections=settings.workers + settings.stream_workers,
        url_file=settings.database_url_file,
    )
    if settings.migrate_at_start:
        migrate(database, service)
    elif behind(database, service):
        database.close()
        raise ValueError(f"de database van {service} is niet bij; voer eerst `spoedkader migrate {service}` uit")
    return database


def migrate(database: Database, service: str, *, at: datetime | None = None) -> Sequence[str]:
    """Does the steps that are not done, all of them in one transaction or none; gives what was done.

    However many do it at once, the writer's turn sees to it that each step is done once. What is there afterwards is
    sealed in the ledger, as of now or `at` another moment.
    """
    with database.write() as connection:
        steps = _behind(connection, service)
        if steps:
            config = _config(service)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            seal(connection, covered(rows_of(service)), at or datetime.now(UTC))
    return steps


def behind(database: Database, service: str) -> Sequence[str]:
    """The steps that are not done, as in `0002 wat hij doet`, the first one first."""
    with database.read() as connection:
        return _behind(connection, service)


def configure(context: Any, connection: Connection, service: str) -> None:
    """Tells Alembic what to work on; `context` is its own."""
    context.configure(
        connection=connection,
        target_metadata=metadata_of(service),
        # SQLite changes a table by making it anew.
        render_as_batch=connection.dialect.name == "sqlite",
        # The writer's transaction is around everything.
        transactional_ddl=False,
    )


def metadata_of(service: str) -> MetaData:
    """The tables that the code of a service expects."""
    metadata = MetaData()
    for row in rows_of(service):
        SQLModel.metadata.tables[str(row.__tablename__)].to_metadata(metadata)
    return metadata


def rows_of(service: str) -> Sequence[type[SQLModel]]:
    """The rows of every table of a service."""
    rows: Sequence[type[SQLModel]] = import_module(f"services.{service}.server").ROWS
    return rows


def database_of(service: str) -> Database:
    """The database that the settings of a service name."""
    settings = getattr(import_module(f"services.{service}.server"), f"{service.capitalize()}Settings").read()
    return Database(settings.database_url, connections=1)


def _behind(connection: Connection, service: str) -> Sequence[str]:
    script = ScriptDirectory.from_config(_config(service))
    now = MigrationContext.configure(connection).get_current_revision()
    steps = [step for step in script.iterate_revisions("head", now or "base") if step is not None]
    return [f"{step.revision} {step.doc.rstrip('.')}" for step in reversed(steps)]


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(SERVICES / service / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("service", service)
    return config
