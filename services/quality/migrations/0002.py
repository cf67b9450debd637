"""Het logboek, en rijnummers van 64 bits."""

from services.runtime.ledger.tables import create_ledger, widen

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VERSIONS = ("enforcement_case", "indicators", "submission")
NUMBERED = ("assessment", "enforcement_notice", "enforcement_step", "policy_set", "policy_set_transition")


def upgrade() -> None:
    create_ledger()
    widen("change", numbered="position")
    widen("change_count", "number")
    for table in VERSIONS:
        widen(table, "sequence", numbered="version")
    for table in NUMBERED:
        widen(table, numbered="id")
