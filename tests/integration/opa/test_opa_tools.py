"""OPA's own tools take the rules as they lie: strict check, and every test."""

import subprocess

import pytest

from services.policy.policy_set import years_in
from tests.support.opa import need_opa
from tests.support.policies import POLICIES


@pytest.mark.parametrize("year", years_in(POLICIES))
@pytest.mark.parametrize("kind", ["kwaliteitskader", "inkoopkader"])
def test_opa_check_and_opa_test(kind: str, year: int) -> None:
    folder = str(POLICIES / kind / str(year))
    # Only rules and data: questionnaire and parameters are no data of OPA.
    ignore = ["--ignore", "*.yaml"]
    checked = subprocess.run(
        [need_opa(), "check", "--strict", *ignore, folder], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    tested = subprocess.run([need_opa(), "test", *ignore, folder], check=False, capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout
    assert "PASS: " in tested.stdout
