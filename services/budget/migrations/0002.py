"""Het logboek, en rijnummers van 64 bits."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes

from services.runtime.ledger.tables import create_ledger, number_rows, widen

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VERSIONS = ("acknowledgement", "application", "overloop")


def upgrade() -> None:
    create_ledger()
    widen("change", numbered="position")
    widen("change_count", "number")
    for table in VERSIONS:
        widen(table, "sequence", numbered="version")
    widen("application_step", numbered="id")
    widen("calculation", numbered="calculation")
    number_rows(
        "application_content",
        ("digest",),
        [
            sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
            sa.Column("content", sa.LargeBinary(), nullable=False),
        ],
    )
    number_rows(
        "purchasing_rules",
        ("revision",),
        [
            sa.Column("revision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
            sa.Column("policy_year", sa.Integer(), nullable=False),
            sa.Column("files", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        ],
    )
