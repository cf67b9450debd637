"""The parameters of a year are read strictly, and every mistake is named at once."""

import copy
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.policy.parameters import MonthDay, Parameters, load_parameters, read_parameters
from services.policy.problems import Problem
from services.policy.year import InvalidYearError, UnknownYearError

from .samples import PARAMETERS, POLICIES, choosing

FILE = (POLICIES / "inkoopkader" / "2027" / "parameters.yaml").read_bytes()


@pytest.fixture
def written() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE)
    return content


def read(content: dict[str, Any]) -> Parameters:
    return read_parameters(2027, yaml.safe_dump(content).encode())


def problems(content: dict[str, Any]) -> tuple[Problem, ...]:
    with pytest.raises(InvalidYearError) as refused:
        read(content)
    return refused.value.problems


def test_2027_as_the_rules_say() -> None:
    values = {name: parameter.value for name, parameter in PARAMETERS.named()}
    assert PARAMETERS.year == 2027
    assert values["franchise_minutes"] == values["stops_exceed_minutes"] == 88 * 60
    assert values["borderline_share"] == Fraction(1, 100)
    assert values["structural_window_minutes"] == 7 * 24 * 60
    assert values["structural_threshold_minutes"] == 8 * 60
    assert values["stops_approach_minutes"] * 100 == 80 * values["stops_exceed_minutes"]
    assert values["new_provider_after"] == date(2026, 12, 31)
    assert values["comply_by"] == MonthDay(6, 1)
    assert values["plan_term_months"] == values["cure_term_months"] == 3
    assert values["stops_count_as_closed"] is False


def test_every_parameter_has_a_reason_and_a_place_in_the_rules() -> None:
    for name, parameter in PARAMETERS.named():
        assert parameter.reason.endswith("."), name
        assert parameter.source.startswith(
            ("Inkoopkader budgetbekostiging SEH, ", "Kamerbrief ", "geen bron; voorbeeld")
        ), name
        assert parameter.code.startswith("AMB-"), name


def test_unknown_year(tmp_path: Path) -> None:
    with pytest.raises(UnknownYearError) as refused:
        load_parameters(tmp_path, 2031)
    assert refused.value.year == 2031


def test_names_every_problem_at_once(written: dict[str, Any]) -> None:
    parameters = written["parameters"]
    parameters["deduct"]["value"] = "half"
    parameters["franchise_minutes"]["value"] = "5280"
    parameters["borderline_share"]["value"] = 0.01
    parameters["comply_by"]["value"] = "02-29"
    parameters["overlap"]["reason"] = ""
    parameters["rounding"]["code"] = "AMB-X"
    parameters["surprise"] = parameters.pop("open_end")
    written["year"] = 2028
    fields = [problem.message.split(": ")[0] for problem in problems(written)]
    assert sorted(fields) == [
        "borderline_share.value",
        "comply_by.value",
        "deduct.value",
        "franchise_minutes.value",
        "open_end",
        "overlap.reason",
        "rounding.code",
        "surprise",
        "year",
    ]


def test_each_problem_has_its_line() -> None:
    lines = FILE.decode().splitlines()
    wrong = FILE.replace(b"value: 1/100", b"value: 3/2").replace(b"value: kloktijd", b"waarde: kloktijd")
    with pytest.raises(InvalidYearError) as refused:
        read_parameters(2027, wrong)
    assert [(found.file, found.line, found.message) for found in refused.value.problems] == [
        (
            "parameters.yaml",
            lines.index("    value: 1/100") + 1,
            "borderline_share.value: een deel is een tekst zoals '1/100', van 0 tot en met 1",
        ),
        ("parameters.yaml", lines.index("  clock:") + 1, "clock.value: ontbreekt"),
        ("parameters.yaml", lines.index("    value: kloktijd") + 1, "clock.waarde: hoort hier niet"),
    ]


@pytest.mark.parametrize("share", ["3/2", "1/0", "1,5", "-1/2", "", 1, None])
def test_a_share_lies_from_0_to_1(written: dict[str, Any], share: Any) -> None:
    written["parameters"]["borderline_share"]["value"] = share
    assert len(problems(written)) == 1


def test_approaching_lies_below_exceeding(written: dict[str, Any]) -> None:
    written["parameters"]["stops_approach_minutes"]["value"] = 5281
    (problem,) = problems(written)
    assert problem.message == "stops_approach_minutes: mag niet boven stops_exceed_minutes liggen"


@pytest.mark.parametrize(
    "content", [b"year: [", b"[]", b"", b"year: 2027", b"a: 1\na: 2", b"{[1]: 2}", b"\xff\xfe\x00", b"year: 2027\x00"]
)
def test_a_file_that_is_something_else(content: bytes) -> None:
    with pytest.raises(InvalidYearError):
        read_parameters(2027, content)


def test_a_key_that_is_written_twice_is_a_mistake() -> None:
    twice = FILE.replace(b"    unit: minuten\n", b"    unit: minuten\n    value: 60\n", 1)
    with pytest.raises(InvalidYearError, match=r"parameters.yaml:15: is geen YAML: value staat er twee keer"):
        read_parameters(2027, twice)


def test_revision_follows_every_word(written: dict[str, Any]) -> None:
    assert read(copy.deepcopy(written)).revision == PARAMETERS.revision
    assert choosing(deduct="meerdere").revision != PARAMETERS.revision
    written["parameters"]["deduct"]["reason"] += " Echt."
    assert read(written).revision != PARAMETERS.revision
