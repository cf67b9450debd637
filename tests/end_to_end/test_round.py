"""A whole round through the contracts: import, export, assess, budget, and what is expected of it."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.cli.clients import Addresses
from services.cli.suite import throw_away_suite

EXPECTED = (
    "availability.csv",
    "provider_budgets.csv",
    "obligations.csv",
    "verdicts.csv",
    "routes.csv",
    "indicators.csv",
)


@pytest.fixture(scope="module")
def exported(spoedkader: Any, example_suite: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "ronde"
    result = spoedkader("export", folder, "--year", 2027, addresses=example_suite)
    assert result.status == 0, result.err
    return folder


def same_bytes(one: Path, other: Path) -> None:
    assert [name for name in EXPECTED if (one / name).read_bytes() != (other / name).read_bytes()] == []
    assert sorted(file.name for file in one.iterdir()) == sorted(EXPECTED)


def test_expected_of_the_example_byte_by_byte(spoedkader: Any, example: Path, tmp_path: Path) -> None:
    result = spoedkader("expected", example, "--out", tmp_path / "uit", "--json")
    assert (result.status, result.err) == (0, "")
    assert json.loads(result.out)["rows"]["verdicts.csv"] == 77 * 27
    same_bytes(tmp_path / "uit", example / "expected")


def test_import_again_changes_nothing(spoedkader: Any, example: Path, example_suite: Addresses) -> None:
    result = spoedkader("import", example, "--json", addresses=example_suite)
    assert result.status == 0, result.err
    counts = json.loads(result.out)["imported"]
    assert {count["collection"] for count in counts} == {
        "rounds",
        "providers",
        "approvals",
        "locations",
        "opening_hours",
        "closures",
        "stops",
        "attestations",
        "submissions",
        "indicators",
    }
    assert all(count["created"] == count["updated"] == 0 < count["unchanged"] for count in counts)


def test_export_gives_the_files_back(exported: Path, example: Path) -> None:
    names = sorted(file.name for file in example.glob("*.*"))
    assert names == sorted(file.name for file in exported.glob("*.*"))
    assert [name for name in names if (exported / name).read_bytes() != (example / name).read_bytes()] == []
    for file in (example / "answers").iterdir():
        before, after = (json.loads((folder / "answers" / file.name).read_text()) for folder in (example, exported))
        assert without_nulls(before.pop("answers")) == after.pop("answers")
        assert before == after


def test_what_was_exported_says_the_same_in_other_services(
    spoedkader: Any, exported: Path, example: Path, tmp_path: Path
) -> None:
    shutil.copytree(exported, tmp_path / "ronde")
    shutil.copytree(example / "encounters", tmp_path / "ronde" / "encounters")
    result = spoedkader("expected", tmp_path / "ronde", "--out", tmp_path / "uit")
    assert result.status == 0, result.err
    same_bytes(tmp_path / "uit", example / "expected")


def test_demo_tells_and_compares(spoedkader: Any, example: Path, tmp_path: Path) -> None:
    result = spoedkader("demo", example)
    assert result.status == 0, result.err
    for text in (
        "15 van 77 SEH's voldoen aan alle voorwaarden en normen",
        "voorbeeldbedrag, niet van de NZa",
        "2.382 van 2.382 rijen",
    ):
        assert text in result.out
    folder = tmp_path / "ronde"
    shutil.copytree(example, folder)
    changed = (folder / "expected" / "routes.csv").read_text().replace("L007,VOLDOET", "L007,VERBETERPLAN")
    (folder / "expected" / "routes.csv").write_text(changed)
    result = spoedkader("demo", folder, "--json")
    document = json.loads(result.out)
    assert (result.status, document["agrees"]) == (1, False)
    (differing,) = [file for file in document["comparison"] if file["differences"]]
    assert (differing["file"], differing["agreeing"]) == ("routes.csv", 76)
    shutil.rmtree(folder / "expected")
    result = spoedkader("demo", folder)
    assert result.status == 0
    assert "niets te vergelijken" in result.out


def test_assess(spoedkader: Any, example: Path, example_suite: Addresses) -> None:
    document = json.loads(spoedkader("assess", "--year", 2027, "--json", addresses=example_suite).out)
    found = {item["name"].split("/")[3]: item for item in document["assessments"]}
    with (example / "expected" / "routes.csv").open() as source:
        for row in csv.DictReader(source):
            routes = [route.removeprefix("ROUTE_") for route in found[row["location_id"]]["routes"]]
            assert ";".join(routes) == row["routes"]
    table = spoedkader("assess", "--year", 2027, addresses=example_suite).out
    assert all(location in table for location in found)
    detail = spoedkader("assess", "--year", 2027, "L007", addresses=example_suite).out
    assert "voldoet niet" in detail
    assert "C4 Luchtweg" in detail


def test_budget(spoedkader: Any, example_suite: Addresses) -> None:
    document = json.loads(spoedkader("budget", "--year", 2027, "--json", addresses=example_suite).out)
    assert len(document["calculations"]) == 66
    assert "€ 331.604.329,15" in spoedkader("budget", "--year", 2027, addresses=example_suite).out
    trace = spoedkader("budget", "--year", 2027, "06990980", addresses=example_suite).out
    for text in ("€ 8.055.251,14", "AMB-20", "AMB-26", "24,8858 %", "voorbeeldbedrag"):
        assert text in trace


def test_a_round_that_is_not_there(spoedkader: Any, example_suite: Addresses, tmp_path: Path) -> None:
    for arguments in (
        ("assess", "--year", 2031),
        ("budget", "--year", 2031),
        ("export", tmp_path / "niets", "--year", 2031),
    ):
        result = spoedkader(*arguments, addresses=example_suite)
        assert (result.status, result.out) == (1, "")
        assert "2031" in result.err
        assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "niets").exists()


def without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    known = {key: without_nulls(inner) for key, inner in value.items()}
    return {key: inner for key, inner in known.items() if inner is not None and inner != {}}


def edit(file: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Changes every row of a CSV file, or leaves it out."""
    with file.open(newline="") as source:
        reader = csv.DictReader(source)
        columns = list(reader.fieldnames or ())
        rows = [changed for row in reader if (changed := change(row)) is not None]
    with file.open("w", newline="") as target:
        writer = csv.DictWriter(target, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_a_leap_year(spoedkader: Any, example: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ronde-2028"
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("expected"))
    round_ = json.loads((folder / "round.json").read_text())
    round_ |= {"budget_year": 2028, "rivm_preliminary_delivered_on": "2027-11-30"}
    (folder / "round.json").write_text(json.dumps(round_))
    # One closure that covers the leap day, one over the change of the year, and no other; L003 is open by day.
    edit(folder / "closures.csv", lambda row: None)
    with (folder / "closures.csv").open("a") as closures:
        closures.write("SCHRIKKEL,L005,2028-02-27T00:00,2028-03-03T00:00,,\n")
        closures.write("JAARWISSEL,L007,2027-12-01T00:00,2028-01-05T00:00,true,verbouwing\n")
        closures.write("OPEN,L009,2028-12-25T12:30,,false,\n")
    with (folder / "opening_hours.csv").open("a") as hours:
        hours.write("L003,2020-01-01,,1234567,08:00,24:00\n")
    result = spoedkader("expected", folder, "--out", tmp_path / "uit")
    assert result.status == 0, result.err

    with (tmp_path / "uit" / "availability.csv").open() as source:
        availability = {row["location_id"]: row for row in csv.DictReader(source)}
    assert {row["year_minutes"] for row in availability.values()} == {"527040"}
    closed = {
        "L003": 366 * 8 * 60,
        "L005": 5 * 1440,
        "L007": 4 * 1440,
        "L009": 6 * 1440 + 690,
        "L004": 0,
    }
    for location, minutes in closed.items():
        row = availability[location]
        assert int(row["closed_minutes"]) == minutes
        adjusted = minutes > 5280
        assert row["adjusted"] == str(adjusted).lower()
        exact, rest = divmod(460_000_000 * (527_040 - minutes), 527_040)
        cents = exact + (2 * rest >= 527_040) if adjusted else 460_000_000
        assert int(row["budget_cents"]) == cents
    assert availability["L003"]["budget_cents"] == "306666667"
    with (tmp_path / "uit" / "routes.csv").open() as source:
        plans = {row["plan_due_on"] for row in csv.DictReader(source)}
    assert plans == {"", "2028-02-29"}, "30 November and three months: the last day of a February that has 29"


def test_an_earlier_round_stays_beside_a_later_one(spoedkader: Any, example: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    shutil.copytree(example, later, ignore=shutil.ignore_patterns("expected", "encounters"))
    round_ = json.loads((later / "round.json").read_text()) | {"budget_year": 2028}
    (later / "round.json").write_text(json.dumps(round_, indent=2) + "\n")
    with throw_away_suite() as addresses:
        assert spoedkader("import", example, addresses=addresses).status == 0
        assert spoedkader("import", later, addresses=addresses).status == 0
        for year in (2027, 2028):
            result = spoedkader("export", tmp_path / str(year), "--year", year, addresses=addresses)
            assert result.status == 0, result.err
    for name in ("round.json", "attestations.csv", "closures.csv"):
        assert (tmp_path / "2027" / name).read_bytes() == (example / name).read_bytes()
        assert (tmp_path / "2028" / name).read_bytes() == (later / name).read_bytes()
