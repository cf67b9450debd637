"""What people write down for a simulation."""

from pathlib import Path

import pytest

from services.cli.failures import Failure
from services.cli.purchasing.files import read_assumptions, read_turnovers
from services.runtime.wire import from_money

HEADER = "agb,turnover_cents,former_contribution_cents,negotiated_share\n"


def test_turnovers_with_and_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "omzet.csv"
    path.write_text(HEADER + "06010101,1500000000,,\n06010102,900000001,4100000,3/4\n", "utf-8")
    first, second = read_turnovers(path)
    assert (first.provider, from_money(first.turnover)) == ("providers/06010101", 1_500_000_000)
    assert not first.HasField("former_contribution")
    assert not first.HasField("negotiated_share")
    assert from_money(second.former_contribution) == 4_100_000
    assert (second.negotiated_share.numerator, second.negotiated_share.denominator) == (3, 4)


def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "omzet.csv"
    path.write_text(HEADER + "06010101,veel,,\n06010102,1,,1/0\n06010103,1,,\n", "utf-8")
    with pytest.raises(Failure) as caught:
        read_turnovers(path)
    assert [detail.partition(":")[0] for detail in caught.value.details] == ["regel 2", "regel 3"]


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "omzet.csv"
    path.write_text("agb,omzet\n", "utf-8")
    with pytest.raises(Failure, match="kolommen"):
        read_turnovers(path)


def test_assumptions_in_the_form_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"norm_amount": {"currency_code": "EUR", "units": "4100000"}}', "utf-8")
    assert from_money(read_assumptions(path).norm_amount) == 410_000_000


def test_what_is_no_assumption_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"normbedrag": 1}', "utf-8")
    with pytest.raises(Failure, match="aannames"):
        read_assumptions(path)
