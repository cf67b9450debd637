"""The guide for integrators: every method has an example, as it was answered now, and what the pages show works."""

import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from docs.calls import Example, every_method
from docs.examples import WALK, at, examples, filled
from docs.message_pages import pages
from services.cli.clients import Addresses
from services.cli.service import SERVICES, variable
from services.runtime.errors import REASONS, Reason
from tests.support.tcp_suite import tcp_suite

REPOSITORY = Path(__file__).parents[2]
GUIDE = REPOSITORY / "docs" / "integrators"
DEFAULTS = {"registry": "127.0.0.1:50051", "quality": "127.0.0.1:50052", "budget": "127.0.0.1:50053"}
COMMANDS = ("first-call.md", "errors-and-retries.md", "test-data.md")
NOT_AT_WILL = {
    Reason.MALFORMED_MESSAGE,
    Reason.DEADLINE_REQUIRED,
    Reason.OVERLOADED,
    Reason.DEADLINE_EXCEEDED,
    Reason.CALL_CANCELLED,
    Reason.PEER_UNAVAILABLE,
    Reason.DATABASE_BUSY,
    Reason.ENGINE_UNAVAILABLE,
    Reason.UNAUTHENTICATED,
    Reason.PERMISSION_DENIED,
    Reason.ISSUER_UNAVAILABLE,
    Reason.POLICY_SET_UNUSABLE,
    Reason.POLICY_FAILED,
    Reason.UNEXPECTED,
}
"""Reasons that no step of the walk can bring about: something broke, or was not waited for; and in development
nobody has to show who it is."""

# An example of every method


@pytest.fixture(scope="module")
def made() -> dict[str, list[Example]]:
    return examples()


def test_every_method_has_an_example_that_was_answered(made: dict[str, list[Example]]) -> None:
    every = {f"{service.name}.{method.name}" for _, service, method in every_method()}
    assert len(every) > 100
    assert {name for name, calls in made.items() if any(call.refusal is None for call in calls)} == every


def test_every_reason_that_a_client_meets_has_an_example(made: dict[str, list[Example]]) -> None:
    shown = {call.refusal["reason"] for calls in made.values() for call in calls if call.refusal is not None}
    assert shown == {reason.upper() for reason in REASONS if reason not in NOT_AT_WILL}


def test_the_pages_are_those_of_now(made: dict[str, list[Example]]) -> None:
    for name, text in pages(made).items():
        assert (GUIDE / "messages" / name).read_text("utf-8") == text, f"{name} is out of date; run `make docs`"


def test_a_request_can_be_copied_from_a_page(made: dict[str, list[Example]]) -> None:
    for name, text in pages(made).items():
        for request in re.findall(r"^(?:.* )?By `[^`]+`:\n\n```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            assert "… and" not in request, f"{name}: {request}"


def test_a_page_says_how_much_it_leaves_out(made: dict[str, list[Example]]) -> None:
    call = replace(made["RoundService.ListRounds"][0], answers=[{"rounds": [{"parts": [1, 2, 3]}, {}, {}]}])
    written = pages({"RoundService.ListRounds": [call]})["registry.md"]
    assert '"… and 1 more"' in written
    assert '"… and 2 more"' in written


def test_a_step_names_what_an_earlier_answer_gave() -> None:
    kept = {"etag": '"3"', "number": 7, "first": at({"pages": [{"name": "a/b"}]}, "pages.0.name")}
    assert filled({"etag": "${etag}", "sequence": "${number}", "name": ["${first}/c"]}, kept) == {
        "etag": '"3"',
        "sequence": 7,
        "name": ["a/b/c"],
    }
    with pytest.raises(KeyError):
        filled("${absent}", kept)


def test_the_walk_holds_no_identifier_of_one_run() -> None:
    for file in WALK.glob("*.yaml"):
        assert not re.search(r"policySets/[0-9a-f]{16}", file.read_text("utf-8")), file.name


# The pages that people wrote


@pytest.fixture(scope="module")
def suite(spoedkader: Any, example: Path) -> Iterator[Addresses]:
    """Services of their own, at addresses as those of the guide."""
    with tcp_suite() as addresses:
        imported = spoedkader("import", example, addresses=addresses)
        assert imported.status == 0, imported.err
        yield addresses


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", (GUIDE / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [str(text) for text in found]


def with_addresses(text: str, suite: Addresses) -> str:
    """A block of the guide with the addresses of the suite."""
    for name, address in DEFAULTS.items():
        text = text.replace(address, getattr(suite, name))
    return text


def run_commands(text: str, suite: Addresses) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    found = {variable(name, "address"): getattr(suite, name) for name in SERVICES}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", with_addresses(text, suite)],
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, **found, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(("page", "number"), [(page, n) for page in COMMANDS for n in range(len(blocks(page, "sh")))])
def test_the_commands_of_a_page(suite: Addresses, page: str, number: int) -> None:
    block = blocks(page, "sh")[number]
    refused = f"<!-- refused -->\n```sh\n{block}" in (GUIDE / page).read_text("utf-8")
    done = run_commands(block, suite)
    assert (done.returncode != 0) == refused, done.stdout + done.stderr
    if refused:
        # A page with a refused command shows the one refusal.
        (shown,) = blocks(page, "text")
        assert done.stderr.splitlines() == shown.splitlines()


def run_python(page: str, number: int, suite: Addresses) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(with_addresses(blocks(page, "python")[number], suite), page, "exec"), {})
    return printed.getvalue().splitlines()


def test_a_first_call_in_python(suite: Addresses) -> None:
    assert len(blocks("first-call.md", "python")) == 1
    name, wrong = run_python("first-call.md", 0, suite)
    assert name == "providers/06992516/locations/L001/stops/eerste-stop"
    assert wrong == "INVALID_INPUT ['stop_id', 'stop.department', 'stop.start_time']"


def test_errors_and_retries_in_python(suite: Addresses) -> None:
    assert len(blocks("errors-and-retries.md", "python")) == 4
    (refused,) = run_python("errors-and-retries.md", 0, suite)
    assert refused.endswith("providers/-/locations/L001/stops/geen")
    (closure,) = run_python("errors-and-retries.md", 1, suite)
    assert closure == "providers/06992516/locations/L001/closures/wk-27-03"
    changes = run_python("errors-and-retries.md", 2, suite)
    assert len(changes) > 1000
    assert changes[-1] == "providers/06992516/locations/L001/closures/wk-27-03 1"
    assert run_python("errors-and-retries.md", 3, suite) == ['ETAG_MISMATCH "1" "2"']


def test_the_retries_of_the_page_are_those_of_the_contracts() -> None:
    for path in (REPOSITORY / "protos").rglob("*_grpc_service_config.json"):
        for method in json.loads(path.read_text("utf-8"))["methodConfig"]:
            policy = method["retryPolicy"]
            codes = ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED"]
            assert (policy["maxAttempts"], policy["retryableStatusCodes"]) == (3, codes), path.name


def test_the_page_of_errors_names_reasons_and_codes_that_exist() -> None:
    page = (GUIDE / "errors-and-retries.md").read_text("utf-8")
    by_code, by_reason = page.partition("## What to do")[2].split("| reason | what to do |")
    codes = {name for row in re.findall(r"^\| (`[A-Z_`, ]+) \|", by_code, re.MULTILINE) for name in words(row)}
    assert {code.name for code, _ in REASONS.values()} <= codes
    reasons = {name for row in re.findall(r"^\| (`[A-Z_`, ]+) \|", by_reason, re.MULTILINE) for name in words(row)}
    own = {reason.upper() for reason, (code, _) in REASONS.items() if code.name != reason.upper()}
    # Of these the code says all there is to say.
    assert reasons == own - {"INVALID_INPUT", "ETAG_MISMATCH", "CALL_CANCELLED", "UNEXPECTED"}


def words(cell: str) -> list[str]:
    return re.findall(r"`([A-Z_]+)`", cell)


def test_what_the_page_of_test_data_says_of_the_round(example: Path) -> None:
    page = (GUIDE / "test-data.md").read_text("utf-8")

    def named(row: str) -> list[str]:
        (line,) = re.findall(rf"^\| {re.escape(row)} \| (.*) \|$", page, re.MULTILINE)
        return re.findall(r"`([^`]+)`", str(line))

    def rows(name: str) -> list[dict[str, str]]:
        with (example / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    closures: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in rows("closures.csv"):
        end = datetime.fromisoformat(row["ends_at"] or "9999-12-31T00:00")
        closures.setdefault(row["location_id"], []).append((datetime.fromisoformat(row["starts_at"]), end))

    def closed_at(location: str, moment: str) -> bool:
        return any(start <= datetime.fromisoformat(moment) < end for start, end in closures[location])

    hours = {row["location_id"]: (row["opens"], row["closes"]) for row in rows("opening_hours.csv")}
    (nightly,) = named("an SEH that is closed at night")
    assert hours[nightly] == ("08:00", "24:00")
    (overlapping,) = named("closures that overlap")
    assert any(a[0] < b[0] < a[1] for a in closures[overlapping] for b in closures[overlapping])
    (summer,) = named("a closure on every night of a summer")
    nights = (date.fromordinal(day) for day in range(date(2027, 7, 1).toordinal(), date(2027, 9, 1).toordinal()))
    assert all(closed_at(summer, f"{night}T23:00") for night in nights)
    (lasting,) = named("a closure that lasts")
    assert closed_at(lasting, "9999-12-30T00:00")
    spring, autumn = named("a closure in the night on which the clock changes")
    assert closed_at(spring, "2027-03-28T02:30")
    assert closed_at(autumn, "2027-10-31T02:30")
    assert all(closed_at(location, "2028-01-01T00:00") for location in named("closures over New Year"))

    locations = {row["location_id"]: row["care_type"] for row in rows("locations.csv")}
    (other,) = named("a location that is no SEH")
    assert locations.pop(other) != "SEH"
    assert f"{len(locations) + 1} locations" in page
    answered = {path.stem for path in (example / "answers").iterdir()}
    assert {place for place, kind in locations.items() if kind == "SEH"} - answered == set(
        named("an SEH that gave no answers")
    )
    stops = Counter(row["location_id"] for row in rows("stops.csv"))
    assert all(stops[location] > 500 for location in named("an SEH with hundreds of stops"))
    decided = {row["agb"]: row["decision"] for row in rows("approvals.csv")}
    assert [decided[agb] for agb in named("a new provider that was refused")] == ["AFGEWEZEN"]
    (visits,) = named("visits to count")
    assert (REPOSITORY / visits).is_file()
    assert len(list((example / "encounters").iterdir())) == 4


def test_the_links_of_the_guide_lead_somewhere() -> None:
    for page in sorted(GUIDE.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
