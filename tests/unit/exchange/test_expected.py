"""The six files of `expected/` are written in exactly the example's bytes, and a comparison shows what differs."""

import csv
import dataclasses
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from services.cli.exchange.comparison import Difference, compare
from services.cli.exchange.csvtext import to_cell, to_csv
from services.cli.exchange.expected import EXPECTED_FILES, ExpectedRows, RouteRow, VerdictRow, write_expected

EXPECTED = Path(__file__).parents[3] / "data" / "voorbeeld-2027" / "expected"


def value(kind: Any, cell: str) -> Any:
    if cell == "" and kind != tuple[str, ...]:
        return None
    parsers: dict[Any, Any] = {
        bool: lambda text: text == "true",
        int: int,
        str: str,
        tuple[str, ...]: lambda text: tuple(reversed(text.split(";"))),
        date | None: date.fromisoformat,
        datetime | None: datetime.fromisoformat,
        Decimal | None: Decimal,
    }
    return parsers[kind](cell)


def example_rows() -> ExpectedRows:
    tables: dict[str, Any] = {}
    for name, row_type in EXPECTED_FILES.items():
        hints = get_type_hints(row_type)
        with (EXPECTED / name).open(encoding="utf-8", newline="") as source:
            tables[name.removesuffix(".csv")] = tuple(
                row_type(**{column: value(hints[column], cell) for column, cell in row.items()})
                for row in csv.DictReader(source)
            )
    return ExpectedRows(**tables)


def test_example_bytes(tmp_path: Path) -> None:
    write_expected(example_rows(), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(file.name for file in EXPECTED.iterdir())
    for file in EXPECTED.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_equal_folders_agree() -> None:
    for file in compare(EXPECTED, EXPECTED):
        assert file.agrees
        assert file.agreeing == file.rows > 0


def test_differences_are_found(tmp_path: Path) -> None:
    rows = example_rows()
    first, second, *rest = rows.routes
    changed = dataclasses.replace(
        rows,
        availability=(dataclasses.replace(rows.availability[0], budget_cents=1), *rows.availability[1:]),
        routes=(second, first, *rest),
        verdicts=(*rows.verdicts[1:], VerdictRow("L999", "A1", "VOLDOET")),
        obligations=(),
    )
    write_expected(changed, tmp_path)
    (tmp_path / "indicators.csv").unlink()
    found = {file.file: file for file in compare(EXPECTED, tmp_path, at_most=3)}
    availability = rows.availability[0]
    assert found["availability.csv"].differences == (
        Difference(availability.location_id, "budget_cents", str(availability.budget_cents), "1"),
    )
    assert found["availability.csv"].agreeing == found["availability.csv"].rows - 1
    assert found["routes.csv"].differences == (Difference("", "", first.location_id, second.location_id),)
    assert found["routes.csv"].agreeing == found["routes.csv"].rows
    assert found["verdicts.csv"].differences == (
        Difference("L001 A1", "", "L001,A1,VOLDOET", None),
        Difference("L999 A1", "", None, "L999,A1,VOLDOET"),
    )
    assert found["verdicts.csv"].rows == len(rows.verdicts) + 1
    assert found["obligations.csv"].agreeing == 0
    assert len(found["obligations.csv"].differences) == 3
    assert found["indicators.csv"].agreeing == 0
    assert found["provider_budgets.csv"].agrees


def test_another_column_is_a_difference(tmp_path: Path) -> None:
    text = (EXPECTED / "routes.csv").read_text(encoding="utf-8")
    (tmp_path / "routes.csv").write_text(text.replace("comply_by", "voldoen_voor", 1), encoding="utf-8")
    routes = next(file for file in compare(EXPECTED, tmp_path) if file.file == "routes.csv")
    assert routes.differences[0].column == ""
    assert not routes.agrees


def test_a_key_that_stands_twice_cannot_be_compared(tmp_path: Path) -> None:
    row = RouteRow("L001", ("VOLDOET",), None, None)
    write_expected(ExpectedRows(routes=(row, row)), tmp_path)
    with pytest.raises(ValueError, match="twice"):
        compare(tmp_path, EXPECTED)


def test_no_float_reaches_a_file() -> None:
    with pytest.raises(TypeError, match="float"):
        to_cell(0.1)
    with pytest.raises(ValueError, match="columns"):
        to_csv(["a", "b"], [["1"]])
