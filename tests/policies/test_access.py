"""The rules of access: their own tests, and that they say something about every method and nothing else."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from services.policy.access import AccessRules, Decision
from services.policy.engine import PolicyLoadError
from services.policy.rego_tests import run_rego_tests
from services.runtime.identity.caller import Role
from tests.support.contracts import SERVICES
from tests.support.opa import need_opa

RULES = Path(__file__).parents[2] / "policies" / "toegang"
RIGHTS = json.loads((RULES / "data.json").read_text("utf-8"))["toegang"]["rechten"]


def test_the_rules_pass_their_tests_which_reach_every_line() -> None:
    report = run_rego_tests(RULES, coverage=True)
    assert [(test.rule, test.message) for test in report.failures] == []
    assert [(file.file, file.percent) for file in report.coverage] == [("toegang.rego", 100)]


def test_a_real_opa_takes_them_and_agrees() -> None:
    opa = need_opa()
    for arguments in (["check", "--strict"], ["test"], ["fmt", "--fail", "--list"]):
        found = subprocess.run([opa, *arguments, str(RULES)], capture_output=True, text=True, timeout=60, check=False)
        assert found.returncode == 0, found.stdout + found.stderr


def test_every_method_has_its_rights_and_no_other_has() -> None:
    methods = {f"{service.full_name}/{method.name}" for service in SERVICES for method in service.methods}
    assert set(RIGHTS) == methods
    roles = {role for rights in RIGHTS.values() for role in rights}
    assert roles <= set(Role) - {Role.ONTWIKKELING, Role.DEUR}
    assert {right for rights in RIGHTS.values() for right in rights.values()} == {"alle", "eigen", "lijst"}
    # Only of these two is there something that is one's own.
    assert {role for rights in RIGHTS.values() for role, right in rights.items() if right != "alle"} == {
        Role.AANBIEDER,
        Role.VERZEKERAAR,
    }


def test_an_auditor_and_a_service_can_change_nothing() -> None:
    changing = {
        f"{service.full_name}/{method.name}"
        for service in SERVICES
        for method in service.methods
        if "validate_only" in method.input_type.fields_by_name
    }
    assert changing
    for role in (Role.AUDITOR, Role.DIENST):
        assert [method for method in sorted(changing) if role in RIGHTS[method]] == []


def test_rules_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(PolicyLoadError, match="toegang"):
        AccessRules(tmp_path / "nergens")
    shutil.copytree(RULES, tmp_path / "toegang")
    (tmp_path / "toegang" / "toegang.rego").write_text("package toegang\nallow {", "utf-8")
    with pytest.raises(PolicyLoadError):
        AccessRules(tmp_path / "toegang")


def test_a_question_without_a_method_is_denied() -> None:
    assert AccessRules(RULES).decide({}) == Decision(allow=False)
