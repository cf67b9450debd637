"""Het logboek, en rijnummers van 64 bits."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from services.runtime.ledger.tables import create_ledger, number_rows, on_sqlite, widen

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VERSIONS = ("approval", "attestation", "event", "location", "opening_hours", "provider", "round")


def upgrade() -> None:
    create_ledger()
    widen("change", numbered="position")
    widen("change_count", "number")
    for table in VERSIONS:
        widen(table, "sequence", numbered="version")
    if on_sqlite():
        op.drop_index("status_event_id", "status_event")
    number_rows(
        "status_event",
        ("source", "location_id", "sequence"),
        [
            sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
            sa.Column("location_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
            sa.Column("sequence", sa.BigInteger(), nullable=False),
            sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
            sa.Column("event_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
            sa.Column("starts_at", sa.DateTime(), nullable=True),
            sa.Column("ends_at", sa.DateTime(), nullable=True),
            sa.Column("withdrawn", sa.Boolean(), nullable=False),
            sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
            sa.Column("foreseen", sa.Boolean(), nullable=True),
            sa.Column("department", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
            sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
            sa.Column("received_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        ],
    )
    if on_sqlite():
        op.create_index("status_event_id", "status_event", ["source", "kind", "event_id"], unique=False)
    op.create_index("status_event_sequence", "status_event", ["source", "location_id", "sequence"], unique=True)
