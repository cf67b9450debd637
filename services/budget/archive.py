"""The purchasing rules of then: what a calculation or a judgement went by is kept, so that it can be done again."""

import base64
import json

from sqlalchemy import Connection, bindparam, select
from sqlmodel import Field, SQLModel

from services.policy.purchasing import PurchasingYear, read_purchasing_year
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly
from services.runtime.versions import Stamp


class PurchasingRulesRow(SQLModel, table=True):
    """The files of one year as something once went by them."""

    __tablename__ = "purchasing_rules"

    id: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    revision: str = Field(unique=True)
    policy_year: int
    files: str
    """JSON object from the name of each file to its content in base64."""


_TABLE = SQLModel.metadata.tables["purchasing_rules"]
_SAME = _TABLE.c.revision == bindparam("revision")
_KNOWN = select(_TABLE.c.revision).where(_SAME)
_FILES = select(_TABLE.c.policy_year, _TABLE.c.files).where(_SAME)
_ROWS = AppendOnly(_TABLE)


def keep(connection: Connection, rules: PurchasingYear, stamp: Stamp) -> None:
    """Keeps the rules; does nothing when they are there already."""
    if connection.execute(_KNOWN, {"revision": rules.revision}).first() is not None:
        return
    files = {name: base64.b64encode(content).decode() for name, content in rules.files.items()}
    row = {"revision": rules.revision, "policy_year": rules.year, "files": json.dumps(files)}
    _ROWS.add(connection, [row], stamp.written)


def of_revision(connection: Connection, revision: str) -> PurchasingYear | None:
    """The rules of a revision, or None when nothing went by them.

    Raises:
        InvalidYearError: this version of the software can't read them.
    """
    found = connection.execute(_FILES, {"revision": revision}).first()
    if found is None:
        return None
    files = {name: base64.b64decode(content) for name, content in json.loads(found.files).items()}
    return read_purchasing_year(found.policy_year, files)
