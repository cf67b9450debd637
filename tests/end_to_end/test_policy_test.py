"""`policy test` runs the tests beside the rules and says where one fails."""

import json
from pathlib import Path
from typing import Any


def policies(folder: Path, body: str) -> Path:
    rules = folder / "soort" / "2027"
    rules.mkdir(parents=True)
    (rules / "regel.rego").write_text("package soort.y2027\n\nimport rego.v1\n\nok(x) if x > 1\n")
    (rules / "regel_test.rego").write_text(
        f"package soort.y2027_test\n\nimport rego.v1\n\nimport data.soort.y2027\n\ntest_more if y2027.ok({body})\n"
    )
    return folder


def test_the_rules_of_the_repository_pass(spoedkader: Any) -> None:
    result = spoedkader("policy", "test", "--year", 2027, "--coverage", "--json")
    document = json.loads(result.out)
    assert (result.status, document["passed"]) == (0, True)
    assert len(document["tests"]) > 200
    # What may be rolled out is tried on what is rendered, by tests/deploy/test_gate.py.
    judging = [file for file in document["coverage"] if not file["file"].startswith("uitrol/")]
    assert {file["percent"] for file in judging} == {100}


def test_a_failure_has_its_place(spoedkader: Any, tmp_path: Path) -> None:
    folder = policies(tmp_path, "1")
    result = spoedkader("policy", "test", "--policies", folder)
    assert result.status == 1
    assert f"{folder}/soort/2027/regel_test.rego:7: soort.y2027_test.test_more" in result.out
    assert "0 van 1 tests" in result.out
    assert json.loads(spoedkader("policy", "test", "--policies", folder, "--json").out)["passed"] is False


def test_rules_that_cannot_be_tested(spoedkader: Any, tmp_path: Path) -> None:
    folder = policies(tmp_path, "2")
    assert spoedkader("policy", "test", "--policies", folder).status == 0
    for arguments, text in (
        (("--year", 2031, "--policies", folder), "2031"),
        (("--policies", tmp_path / "weg"), "bestaat niet"),
    ):
        result = spoedkader("policy", "test", *arguments)
        assert result.status == 1
        assert text in result.err
    (folder / "soort" / "2027" / "regel.rego").write_text("package soort.y2027\n\nok(x) if x >\n")
    result = spoedkader("policy", "test", "--policies", folder)
    assert result.status == 1
    assert "regel.rego" in result.err
    assert "Traceback" not in result.err
