"""How large what is stored is."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import create_engine, text

_TABLES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""


@dataclass(frozen=True)
class Table:
    """A table of a service with its indexes: how many rows and bytes it has."""

    service: str
    name: str
    rows: int
    bytes: int


def tables_of(database_urls: Mapping[str, str]) -> list[Table]:
    """Every table of the services, in PostgreSQL."""
    found = []
    for service, url in database_urls.items():
        engine = create_engine(url)
        with engine.connect() as connection:
            for name, size in connection.execute(text(_TABLES)).all():
                rows = connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
                found.append(Table(service, name, rows, size))
        engine.dispose()
    return found


def size_of(url: str) -> int:
    """The bytes of a database."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found: int = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    engine.dispose()
    return found
