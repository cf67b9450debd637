"""The runner of Rego tests: nothing that went wrong may pass."""

from pathlib import Path

import pytest

from services.policy.engine import PolicyLoadError
from services.policy.rego_tests import NoTestsError, run_rego_tests

POLICY = """package p

import rego.v1

grens := data.drempels.grens

allow if input.number >= grens

doubled(number) := number * 2
"""

TESTS = """package p_test

import rego.v1

import data.p

test_holds if p.allow with input as {"number": 12}

test_does_not_hold if p.allow with input as {"number": 11}

test_false := false

test_text := "waar"

test_breaks if to_number("a") == 1

helper if true
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "p.rego").write_text(POLICY)
    (tmp_path / "deep" / "data.json").write_text('{"drempels": {"grens": 12}}')
    (tmp_path / "deep" / "p_test.rego").write_text(TESTS)
    return tmp_path


def test_results(folder: Path) -> None:
    report = run_rego_tests(folder)
    assert [(test.rule, test.line, test.passed) for test in report.tests] == [
        ("test_holds", 7, True),
        ("test_does_not_hold", 9, False),
        ("test_false", 11, False),
        ("test_text", 13, False),
        ("test_breaks", 15, False),
    ]
    assert not report.passed
    first, *failures = report.tests
    assert report.failures == tuple(failures)
    assert (first.package, first.file, first.message) == ("p_test", "deep/p_test.rego", "")
    assert [test.message for test in failures[:3]] == [
        "de test gaat niet op",
        "de waarde is false en niet true",
        'de waarde is "waar" en niet true',
    ]
    assert "could not parse string as number" in failures[3].message
    assert [test.error_at for test in failures] == [None, None, None, ("deep/p_test.rego", 15)]
    assert all(test.seconds > 0 for test in report.tests)
    assert report.coverage == ()


def test_coverage(folder: Path) -> None:
    report = run_rego_tests(folder, coverage=True)
    (file,) = report.coverage
    assert (file.file, file.not_covered) == ("deep/p.rego", (9,))
    assert file.covered
    assert 0 < file.percent < 100


def test_one_name_twice_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "a_test.rego").write_text("package a_test\n\ntest_x if true\n\ntest_x if false\n")
    report = run_rego_tests(tmp_path)
    assert [test.message for test in report.tests] == ["er is meer dan één regel met deze naam"] * 2


def test_a_test_need_not_stand_at_the_start_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "a_test.rego").write_text("package a_test\n\n  test_x if false\n\nx := `\ntest_y if true\n`\n")
    assert [(test.rule, test.line, test.passed) for test in run_rego_tests(tmp_path).tests] == [("test_x", 3, False)]


def test_no_test_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.rego").write_text(POLICY)
    with pytest.raises(NoTestsError):
        run_rego_tests(tmp_path)
    with pytest.raises(NoTestsError):
        run_rego_tests(tmp_path / "bestaat_niet")


@pytest.mark.parametrize(("name", "text"), [("bad_test.rego", "package x\ntest_x if"), ("data.json", "{")])
def test_what_cannot_be_read_is_an_error(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(PolicyLoadError):
        run_rego_tests(folder)
