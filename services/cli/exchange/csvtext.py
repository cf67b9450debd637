"""Rows as CSV text in the suite's one style: minimal quoting, a line feed after every row, None as an empty cell."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

_QUOTED = (",", '"', "\n", "\r")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the text of a CSV file; each row holds as many values as the header. Raises ValueError when not."""
    lines = [",".join(header)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"{len(row)} values under {len(header)} columns")
        lines.append(",".join(_quote(to_cell(value)) for value in row))
    return "\n".join(lines) + "\n"


def to_cell(value: object) -> str:
    """Return a value as the format writes it: `true`, `2027-03-01T22:00`, `2027-03-01`, `183.1`, `9101;9102`.

    Raises TypeError for a type that the format does not know, floats among them.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ";".join(to_cell(part) for part in value)
    if isinstance(value, (str, int, Decimal)):
        return str(value)
    raise TypeError(f"no cell for {type(value).__name__}")


def _quote(cell: str) -> str:
    # csv.writer does not quote a lone carriage return everywhere, and a reader would then see a new row.
    if any(mark in cell for mark in _QUOTED):
        return '"' + cell.replace('"', '""') + '"'
    return cell
