"""A next year is a copy that only differs in its years."""

from pathlib import Path

import pytest

from services.policy.difference import difference
from services.policy.new_year import copy_year, with_year
from services.policy.parameters import read_parameters
from services.policy.rego_tests import run_rego_tests
from services.policy.year import read_year

from .editing import YEAR_FOLDER, files_of_2027

PARAMETERS = YEAR_FOLDER.parents[1] / "inkoopkader" / "2027" / "parameters.yaml"


@pytest.mark.parametrize("to", [2028, 2031])
def test_a_copy_equals_its_source_but_for_the_years(to: int, tmp_path: Path) -> None:
    source = files_of_2027()
    copy = copy_year(source, 2027, to)
    year = read_year(to, copy)
    assert (year.year, year.survey_year) == (to, to - 1)
    assert difference(read_year(2027, source), year).same
    assert not [name for name, content in copy.items() if b"2027" in content and name != "questionnaire.yaml"]
    for name, content in copy.items():
        (tmp_path / name).write_bytes(content)
    report = run_rego_tests(tmp_path)
    assert report.passed
    assert len(report.tests) == len(run_rego_tests(YEAR_FOLDER).tests)
    assert copy_year(copy, to, 2027) == source


def test_parameters_move_along_and_the_dates_in_them_do_not() -> None:
    content = PARAMETERS.read_bytes()
    copied = read_parameters(2028, copy_year({"parameters.yaml": content}, 2027, 2028)["parameters.yaml"])
    original = read_parameters(2027, content)
    assert copied.year == 2028
    assert list(copied.named()) == list(original.named())


def test_a_file_that_is_no_rule_is_kept_as_it_is() -> None:
    assert copy_year({"lees.txt": b"y2027 \xff"}, 2027, 2028) == {"lees.txt": b"y2027 \xff"}


def test_only_the_year_itself_is_replaced() -> None:
    kept = 'vanaf_2027 y20270 xy2027 "years": 2027 {"year": 20271} 2027-01-01'
    assert with_year(kept, 2027, 2028) == kept
    assert with_year('a.y2027_test y2027.b y2027[c] {"year": 2027}', 2027, 2028) == (
        'a.y2028_test y2028.b y2028[c] {"year": 2028}'
    )
