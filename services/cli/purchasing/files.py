"""What people write down for a simulation: assumptions as JSON, turnovers as CSV."""

import csv
from fractions import Fraction
from pathlib import Path

from google.protobuf.json_format import Parse, ParseError
from google.type import money_pb2

from services.cli.failures import Failure
from services.runtime.wire import to_fraction, to_money
from spoedkader.budget.v1 import scenario_pb2, schoning_pb2

COLUMNS = ("agb", "turnover_cents", "former_contribution_cents", "negotiated_share")


def read_assumptions(path: Path) -> scenario_pb2.ScenarioAssumptions:
    """The assumptions of a scenario, in the JSON form of `ScenarioAssumptions`. Raises Failure."""
    try:
        return Parse(path.read_bytes(), scenario_pb2.ScenarioAssumptions())
    except (ParseError, UnicodeDecodeError) as error:
        raise Failure(f"{path} bevat geen aannames.", (" ".join(str(error).split()),)) from error


def read_turnovers(path: Path) -> list[schoning_pb2.SchoningProvider]:
    """Providers with their turnover; contribution and negotiated share (as in `3/4`) may be empty.

    Raises:
        Failure: with every line that is wrong.
    """
    found: list[schoning_pb2.SchoningProvider] = []
    wrong: list[str] = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise Failure(f"{path} moet de kolommen {', '.join(COLUMNS)} hebben.")
        for row in rows:
            try:
                found.append(_provider(row))
            except (ValueError, ZeroDivisionError, TypeError) as error:
                wrong.append(f"regel {rows.line_num}: {error}")
    if wrong:
        raise Failure(f"{len(wrong)} regels van {path} kloppen niet.", tuple(wrong))
    return found


def _provider(row: dict[str, str]) -> schoning_pb2.SchoningProvider:
    return schoning_pb2.SchoningProvider(
        provider=f"providers/{row['agb']}",
        turnover=to_money(int(row["turnover_cents"])),
        former_contribution=_optional(row["former_contribution_cents"]),
        negotiated_share=to_fraction(Fraction(row["negotiated_share"])) if row["negotiated_share"] else None,
    )


def _optional(text: str) -> money_pb2.Money | None:
    return to_money(int(text)) if text else None
