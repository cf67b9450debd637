"""Calculations in the database: each is kept as it was answered, and never changes."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, Index, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, col

from services.runtime import names
from services.runtime.dialects import RowNumber
from services.runtime.ledger.appending import AppendOnly
from services.runtime.versions import Stamp

MAX_PAGE_BYTES = 2_000_000
"""Calculations carry their whole trace; a page of them has to stay under what gRPC clients accept by default, 4 MB."""


class CalculationRow(SQLModel, table=True):
    """One calculation; `facts` is the text of what it rests on, and `content` the message that was answered."""

    __tablename__ = "calculation"
    __table_args__ = (Index("calculation_number", "agb", "budget_year", "number", unique=True),)

    calculation: int | None = Field(default=None, primary_key=True, sa_type=RowNumber)
    agb: str
    budget_year: int
    number: int
    input_digest: str
    facts: str
    content: bytes
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class StoredCalculation:
    """A calculation as it is stored."""

    number: int
    input_digest: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """A calculation with what it rests on, and when and on whose behalf it was made."""

    number: int
    input_digest: str
    facts: str
    content: bytes
    created_at: datetime
    created_by: str


_number = col(CalculationRow.number)
_OF_BUDGET = (
    col(CalculationRow.agb) == bindparam("agb"),
    col(CalculationRow.budget_year) == bindparam("budget_year"),
)
_CALCULATION = select(_number, col(CalculationRow.input_digest), col(CalculationRow.content)).where(*_OF_BUDGET)
_LATEST = _CALCULATION.order_by(_number.desc()).limit(1)
_ONE = _CALCULATION.where(_number == bindparam("number"))
_EVIDENCE = select(*(SQLModel.metadata.tables["calculation"].c[field.name] for field in fields(Evidence))).where(
    *_OF_BUDGET, _number == bindparam("number")
)
_RANGE = _CALCULATION.where(_number > bindparam("after"), _number <= bindparam("last")).order_by(_number)
_SIZES = (
    select(_number, func.length(col(CalculationRow.content)).label("size"))
    .where(*_OF_BUDGET, _number > bindparam("after"))
    .order_by(_number)
    .limit(bindparam("limit"))
)
_ROWS = AppendOnly(SQLModel.metadata.tables["calculation"])


class NumberTakenError(Exception):
    """Another calculation of the provider and year has the number."""


def latest(connection: Connection, agb: str, budget_year: int) -> StoredCalculation | None:
    """The calculation of a provider and year with the highest number."""
    row = connection.execute(_LATEST, {"agb": agb, "budget_year": budget_year}).first()
    return StoredCalculation(*row) if row else None


def get(connection: Connection, agb: str, budget_year: int, number: int) -> StoredCalculation | None:
    """One calculation."""
    row = connection.execute(_ONE, {"agb": agb, "budget_year": budget_year, "number": number}).first()
    return StoredCalculation(*row) if row else None


def evidence(connection: Connection, agb: str, budget_year: int, number: int) -> Evidence | None:
    """One calculation with what it rests on."""
    row = connection.execute(_EVIDENCE, {"agb": agb, "budget_year": budget_year, "number": number}).first()
    return Evidence(*row) if row else None


def page(
    connection: Connection, agb: str, budget_year: int, after: int, size: int
) -> tuple[list[StoredCalculation], bool]:
    """Up to `size` calculations behind a number, the oldest first, and whether there are more.

    It stops before `MAX_PAGE_BYTES`, but never with nothing.
    """
    budget = {"agb": agb, "budget_year": budget_year}
    sizes = connection.execute(_SIZES, {**budget, "after": after, "limit": size + 1}).all()
    last, content_bytes = after, 0
    for number, content_size in sizes[:size]:
        content_bytes += content_size
        if content_bytes > MAX_PAGE_BYTES and last != after:
            break
        last = number
    rows = connection.execute(_RANGE, {**budget, "after": after, "last": last})
    return [StoredCalculation(*row) for row in rows], bool(sizes) and sizes[-1].number > last


def add(
    connection: Connection,
    agb: str,
    budget_year: int,
    calculation: StoredCalculation,
    facts: str,
    stamp: Stamp,
) -> None:
    """Stores a calculation. Raises NumberTakenError when another took its number in the meantime."""
    row = {
        "agb": agb,
        "budget_year": budget_year,
        "number": calculation.number,
        "input_digest": calculation.input_digest,
        "facts": facts,
        "content": calculation.content,
        "created_at": stamp.at,
        "created_by": stamp.by,
    }
    try:
        _ROWS.add(connection, [row], stamp.written)
    except IntegrityError as error:
        raise NumberTakenError(calculation.number) from error
    stamp.note(names.CALCULATION.format(provider=agb, year=budget_year, number=calculation.number))
