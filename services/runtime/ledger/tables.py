"""The table of the ledger and what guards it, as the migrations make them; whatever changes later is another step."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

_REFUSAL = "het logboek wordt niet gewijzigd; alleen `spoedkader audit prune` ruimt op"
_PRUNED = "SELECT 1 FROM ledger WHERE pruned_through >= OLD.number"
"""An entry may go when another, which is chained and stays, says that it went."""
_SQLITE = (
    f"CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"""
    CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger WHEN NOT EXISTS ({_PRUNED})
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,
)
_POSTGRESQL = (
    f"""
    CREATE FUNCTION ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS ({_PRUNED}) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}';
    END $$
    """,
    "CREATE TRIGGER ledger_rows BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_guard()",
    "CREATE TRIGGER ledger_table BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard()",
)


def on_sqlite() -> bool:
    """Whether the migration is of a SQLite database; else it is PostgreSQL."""
    return op.get_bind().dialect.name == "sqlite"


def create_ledger() -> None:
    """Makes the ledger; the migration is sealed in it when it is done."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "ledger",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("kind", text(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        *(sa.Column(name, text(), nullable=False) for name in ("call_id", "method", "actor", "caller", "roles")),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("position", number, nullable=False),
        sa.Column("contents", text(), nullable=False),
        sa.Column("pruned_through", number, nullable=True),
        sa.Column("previous", text(), nullable=False),
        sa.Column("hash", text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "ledger_pruned_through",
        "ledger",
        ["pruned_through"],
        unique=False,
        sqlite_where=sa.text("pruned_through IS NOT NULL"),
        postgresql_where=sa.text("pruned_through IS NOT NULL"),
    )
    for statement in _SQLITE if on_sqlite() else _POSTGRESQL:
        op.execute(statement)


def widen(table: str, *columns: str, numbered: str | None = None) -> None:
    """Gives whole numbers 64 bits, which they have on SQLite already; `numbered` is a column whose numbers are handed
    out."""
    if on_sqlite():
        return
    for column in (*columns, *filter(None, (numbered,))):
        op.alter_column(table, column, type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
    if numbered:
        op.execute(f"ALTER SEQUENCE {table}_{numbered}_seq AS bigint")


def number_rows(table: str, key: tuple[str, ...], columns: list[sa.Column[object]]) -> None:
    """Gives a table whose rows were known by a key of their own numbers in the order in which they were added; the
    rows keep all else. `columns` are those that it has; a key of several gets its index from the migration itself."""
    alone = len(key) == 1
    if not on_sqlite():
        op.drop_constraint(f"{table}_pkey", table, type_="primary")
        op.execute(f"ALTER TABLE {table} ADD COLUMN id BIGSERIAL PRIMARY KEY")
        if alone:
            op.create_unique_constraint(f"{table}_{key[0]}_key", table, list(key))
        return
    old = f"{table}_before"
    op.rename_table(table, old)
    own = [column.name for column in columns]
    constraints = [sa.PrimaryKeyConstraint("id"), *([sa.UniqueConstraint(*key)] if alone else [])]
    op.create_table(table, sa.Column("id", sa.Integer(), nullable=False), *columns, *constraints)
    # SQLite numbers the rows of every table in the order in which they came.
    names = ", ".join(own)
    op.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {old} ORDER BY rowid")  # noqa: S608 - our own names
    op.drop_table(old)
