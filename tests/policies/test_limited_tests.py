"""Tests of rules in a process of their own: the same report, and an end to what has none."""

from pathlib import Path

import pytest

from services.policy.engine import PolicyLoadError
from services.policy.limited_tests import run_limited_tests
from services.policy.rego_tests import NoTestsError, run_rego_tests

ENDLESS = """package toets_test

import rego.v1

test_before if true

test_endless if {
	some a in numbers.range(1, 5000)
	some b in numbers.range(1, 5000)
	some c in numbers.range(1, 5000)
	a + b + c < 0
}

test_behind if true
"""


def write(folder: Path, text: str) -> Path:
    (folder / "toets_test.rego").write_text(text)
    return folder


def test_the_report_is_that_of_the_tests(year_folder: Path) -> None:
    here, there = run_rego_tests(year_folder, coverage=True), run_limited_tests(year_folder, coverage=True)
    assert there.coverage == here.coverage
    assert [(test.file, test.line, test.rule, test.passed) for test in there.tests] == [
        (test.file, test.line, test.rule, test.passed) for test in here.tests
    ]


def test_a_failure_and_an_error_have_their_places(tmp_path: Path) -> None:
    text = 'package toets_test\n\nimport rego.v1\n\ntest_no if false\n\ntest_error if to_number("x") == 1\n'
    here, there = (run(write(tmp_path, text)).tests for run in (run_rego_tests, run_limited_tests))
    assert [(test.message, test.error_at) for test in there] == [(test.message, test.error_at) for test in here]
    assert there[1].error_at == ("toets_test.rego", 7)


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    report = run_limited_tests(write(tmp_path, ENDLESS), seconds=1.0)
    assert [(test.rule, test.line, test.passed) for test in report.tests] == [
        ("test_before", 5, True),
        ("test_endless", 7, False),
    ]
    assert report.tests[1].message == ("de test liep langer dan 1 s en is afgebroken; wat daarna komt is niet gedraaid")


def test_what_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(PolicyLoadError, match=r"toets_test\.rego"):
        run_limited_tests(write(tmp_path, "package toets_test\n\ntest_x if {\n"))
    with pytest.raises(NoTestsError):
        run_limited_tests(write(tmp_path, "package toets_test\n"))
