"""The parameters of a policy year, as a service refuses to work without them."""

from pathlib import Path

import pytest

from services.budget.rules import Rules
from services.runtime.errors import DomainError, Reason

from .samples import POLICIES


def test_a_year_is_read_once() -> None:
    rules = Rules(POLICIES)
    assert rules.of(2027) is rules.of(2027)


def test_a_year_without_parameters_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(DomainError) as refused:
        Rules(tmp_path).of(2031)
    assert refused.value.reason is Reason.POLICY_YEAR_UNKNOWN
    assert refused.value.metadata == {"policy_year": "2031"}


def test_parameters_that_cannot_be_used_fail_loudly(tmp_path: Path) -> None:
    folder = tmp_path / "inkoopkader" / "2027"
    folder.mkdir(parents=True)
    (folder / "parameters.yaml").write_text("year: 2027\nparameters: {}\n", "utf-8")
    with pytest.raises(DomainError) as refused:
        Rules(tmp_path).of(2027)
    assert refused.value.reason is Reason.POLICY_FAILED
    assert "franchise_minutes" in refused.value.message
