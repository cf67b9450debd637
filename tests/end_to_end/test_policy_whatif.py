"""`policy whatif`: a draft over the example round, through services that run and without any."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from services.cli.clients import Addresses

REPOSITORY = Path(__file__).parents[2]
AS_OF = ("--as-of", "2027-03-01")


def rules(folder: Path, *changes: tuple[str, Callable[[str], str]]) -> Path:
    """A folder with the policies of the repository in which some files of 2027 are changed."""
    shutil.copytree(REPOSITORY / "policies", folder)
    for name, change in changes:
        file = folder / "kwaliteitskader" / "2027" / name
        text = file.read_text("utf-8")
        assert change(text) != text
        file.write_text(change(text), "utf-8")
    return folder


def replaced(before: str, after: str) -> Callable[[str], str]:
    return lambda text: text.replace(before, after)


@pytest.fixture(scope="module")
def stricter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More experience asked of a doctor, a recommendation made a norm, and a title that means something in HTML."""
    return rules(
        tmp_path_factory.mktemp("regels") / "policies",
        ("data.json", replaced('"klinische_ervaring_maanden": 12', '"klinische_ervaring_maanden": 18')),
        ("c8.rego", replaced("level: aanbeveling", "level: norm")),
        ("a1.rego", replaced("# title: Arts op de SEH", "# title: Arts <b>op</b> de SEH & meer")),
    )


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rules(tmp_path_factory.mktemp("gelijk") / "policies", ("c8_test.rego", lambda text: text + "\n# niets\n"))


@pytest.fixture(scope="module")
def assessed_suite(spoedkader: Any, example_suite: Addresses) -> Addresses:
    assert spoedkader("assess", "--year", 2027, addresses=example_suite).status == 0
    return example_suite


@pytest.fixture(scope="module")
def online(spoedkader: Any, assessed_suite: Addresses, stricter: Path) -> Callable[..., Any]:
    """Compares the stricter rules with those that judged."""

    def whatif(*options: object) -> Any:
        arguments = ("policy", "whatif", "2027", "--year", 2027, *AS_OF, "--policies", stricter, *options)
        return spoedkader(*arguments, addresses=assessed_suite)

    return whatif


class Page(HTMLParser):
    """What a page shows and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_what_changes(online: Any, example: Path) -> None:
    result = online("--json")
    assert result.status == 0, result.err
    document = json.loads(result.out)
    totals = document["totals"]
    assert totals["location_count"] == 77
    with (example / "expected" / "routes.csv").open() as source:
        expected = Counter(route for row in csv.DictReader(source) for route in row["routes"].split(";"))
    counts = {count["route"].removeprefix("ROUTE_"): count for count in totals["routes"]}
    assert {name: count.get("base_count", 0) for name, count in counts.items()} == expected
    flips = {(flip["norm"], flip["base_verdict"], flip["draft_verdict"]) for flip in totals["flips"]}
    assert ("A1", "VERDICT_VOLDOET", "VERDICT_VOLDOET_NIET") in flips
    assert {norm for norm, _, _ in flips} == {"A1"}
    # What was a recommendation weighs more at every location.
    assert all("C8" in [change["norm"] for change in location["changes"]] for location in document["locations"])
    assert len(document["locations"]) == totals["changed_count"] == 77
    entered = [
        location
        for location in document["locations"]
        if "ROUTE_HERSTELTERMIJN" in location["draft_routes"] and "ROUTE_HERSTELTERMIJN" not in location["base_routes"]
    ]
    cure, _, together = document["at_stake"]
    assert cure["entered_count"] == len(entered) == counts["HERSTELTERMIJN"]["entered_count"] > 0
    assert cure["entered_cents"] == sum(location["budget_cents_at_stake"] for location in entered)
    assert together["entered_cents"] >= cure["entered_cents"]
    assert document["failed_on"] == []


def test_the_money_is_that_of_the_budget_service(online: Any, spoedkader: Any, assessed_suite: Addresses) -> None:
    calculated = json.loads(spoedkader("budget", "--year", 2027, "--json", addresses=assessed_suite).out)
    budgets = {
        location["location"].rpartition("/")[2]: location.get("budget", {})
        for calculation in calculated["calculations"]
        for location in calculation["locations"]
    }
    document = json.loads(online("--json").out)
    staked = [location for location in document["locations"] if "budget_cents_at_stake" in location]
    assert staked
    for location in staked:
        money = budgets[location["assessment"].split("/")[3]]
        cents = int(money.get("units", 0)) * 100 + money.get("nanos", 0) // 10_000_000
        assert location["budget_cents_at_stake"] == cents


def test_nothing_is_calculated_or_judged_anew(online: Any, spoedkader: Any, assessed_suite: Addresses) -> None:
    def names() -> list[str]:
        document = json.loads(spoedkader("budget", "--year", 2027, "--json", addresses=assessed_suite).out)
        return [calculation["name"] for calculation in document["calculations"]]

    before = names()
    assert online().status == 0
    assert names() == before


def test_readable(online: Any) -> None:
    text = online("--sample", 3).out
    for words in (
        "77 van 77 locaties",
        "Routes",
        "Oordelen die omslaan",
        "aanbeveling",
        "Budget van locaties die van route veranderen",
        "geen besluit",
        "Locaties die veranderen",
        "Gevraagd: >= 18",
        "ook in hun geheel getoetst",
    ):
        assert words in text
    assert "Gevraagd" not in online("--sample", 0).out


def test_a_table_and_a_page(online: Any, tmp_path: Path) -> None:
    document = json.loads(online("--json", "--csv", tmp_path / "alles.csv", "--html", tmp_path / "a.html").out)
    with (tmp_path / "alles.csv").open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == sum(len(location["changes"]) for location in document["locations"])
    changes = [(place, change) for place in document["locations"] for change in place["changes"]]
    for row, (place, change) in zip(rows, changes, strict=True):
        assert row["location_id"] == place["assessment"].split("/")[3]
        assert row["norm"] == change["norm"]
        assert f"VERDICT_{row['draft_verdict']}" == change["draft_verdict"]
        assert row["budget_cents_at_stake"] == str(place.get("budget_cents_at_stake", ""))
    text = (tmp_path / "a.html").read_text("utf-8")
    page = Page(text)
    assert (page.tags["svg"], page.links, page.tags["script"], page.tags["link"]) == (3, [], 0, 0)
    assert "Arts <b>op</b> de SEH & meer" in page.words
    assert "Arts &lt;b&gt;op&lt;/b&gt; de SEH &amp; meer" in text
    for words in ("Wat als het ontwerp voor 2027 geldt", "mensen besluiten", "aanbeveling"):
        assert words in page.words
    staked = [place for place in document["locations"] if "budget_cents_at_stake" in place]
    assert staked
    assert all(place["assessment"].split("/")[3] + place["name"] in page.words for place in staked)
    online("--html", tmp_path / "b.html")
    assert (tmp_path / "b.html").read_text("utf-8") == text


def test_when_it_fails(online: Any, spoedkader: Any, assessed_suite: Addresses, untouched: Path) -> None:
    for kind in ("any", "new-miss", "route", "money"):
        result = online("--fail-on", kind, "--json")
        assert (result.status, json.loads(result.out)["failed_on"]) == (1, [kind])
    for options, status in ((("--fail-on", "any"), 0), ((), 0)):
        result = spoedkader(
            "policy", "whatif", "2027", "--year", 2027, "--policies", untouched, *options, addresses=assessed_suite
        )
        assert result.status == status, result.err
        assert "0 van 77 locaties" in result.out


def test_a_folder_without_services(online: Any, spoedkader: Any, example: Path, stricter: Path, tmp_path: Path) -> None:
    """The rules of 2027 as they are judge the folder, and the draft is the changed copy under the name of 2028."""
    policies = tmp_path / "policies"
    shutil.copytree(REPOSITORY / "policies", policies)
    for kind in ("kwaliteitskader", "inkoopkader"):
        target = policies / kind / "2028"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(stricter / kind / "2027", target)
        for file in target.iterdir():
            text = file.read_text("utf-8").replace("y2027", "y2028").replace("year: 2027", "year: 2028")
            file.write_text(text.replace("survey_year: 2026", "survey_year: 2027"), "utf-8")
    result = spoedkader(
        "policy", "whatif", "2028", "--folder", example, "--policies", policies, *AS_OF, "--json"
    )  # fmt: skip
    assert result.status == 0, result.err
    offline, through = json.loads(result.out), json.loads(online("--json").out)
    assert offline["at_stake"] == through["at_stake"]
    for part in ("routes", "flips", "location_count", "changed_count"):
        assert offline["totals"][part] == through["totals"][part]
    assert [location["changes"] for location in offline["locations"]] == [
        location["changes"] for location in through["locations"]
    ]
    assert offline["totals"]["draft"]["year"] == 2028


def test_what_cannot_be_compared(spoedkader: Any, example: Path, assessed_suite: Addresses, tmp_path: Path) -> None:
    for arguments, text in (
        (("2027",), "--year"),
        (("2031", "--year", 2027), "geen regels voor 2031"),
        (("volgend jaar", "--year", 2027), "geen jaar"),
        (("policyYears/2027/policySets/0123456789abcdef", "--year", 2027), "bestaat niet"),
        (("2027", "--year", 2031), "2031"),
        (("2027", "--year", 2028, "--folder", example), "budgetjaar 2027"),
        (("2027", "--year", 2027, "--key", tmp_path / "weg.pem"), "weg.pem"),
    ):
        result = spoedkader("policy", "whatif", *arguments, addresses=assessed_suite)
        assert (result.status, result.out) == (1, "")
        assert text in result.err
        assert "Traceback" not in result.err
