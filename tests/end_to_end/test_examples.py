"""The example clients in Java and TypeScript: built from the contracts as they are, and run against the services."""

import csv
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.cli.clients import Addresses
from services.cli.formats import euros
from spoedkader.registry.v1 import closure_pb2, status_feed_pb2, stop_pb2
from tests.support.clients import RegistryClient
from tests.support.ports import unused_port
from tests.support.tcp_suite import tcp_suite
from tests.support.toolchains import need

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
AGB = "06992516"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def suite(spoedkader: Any, example: Path) -> Iterator[Addresses]:
    with tcp_suite() as addresses:
        imported = spoedkader("import", example, addresses=addresses)
        assert imported.status == 0, imported.err
        yield addresses


def build(program: str, *commands: list[str]) -> Path:
    """Builds an example where it lies; what that makes is not in git."""
    folder = EXAMPLES / program
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def java() -> list[str]:
    """The command that runs the insurer's back end; its own tests ran with the build."""
    need("java", "mvn")
    folder = build("java", ["mvn", "--batch-mode", "--quiet", "package"])
    return ["java", "-jar", str(folder / "target" / "inkoop.jar")]


@pytest.fixture(scope="module")
def typescript() -> list[str]:
    """The command that runs the EPD."""
    need("node", "npm")
    folder = build(
        "typescript",
        ["npm", "ci", "--no-audit", "--no-fund"],
        ["npm", "run", "build"],
        ["npm", "test"],
    )
    return ["node", str(folder / "dist" / "main.js")]


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=120)


# Java


def test_a_budget_with_every_step(java: list[str], suite: Addresses, example: Path) -> None:
    with (example / "expected" / "provider_budgets.csv").open(encoding="utf-8") as file:
        expected = {row["agb"]: int(row["budget_cents"]) for row in csv.DictReader(file)}
    done = run(*java, "budget", suite.budget, AGB, 2027)
    assert done.returncode == 0, done.stderr
    assert f"zorgaanbieder  {euros(expected[AGB])}" in done.stdout
    assert f"providers/{AGB}/locations/L001" in done.stdout
    assert "AMB-01" in done.stdout


def test_a_refusal_has_its_reason_and_every_field(java: list[str], suite: Addresses) -> None:
    unknown = run(*java, "budget", suite.budget, "06000000", 2027)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("NOT_FOUND: ")
    wrong = run(*java, "budget", suite.budget, "geen agb", 2027)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("INVALID_INPUT: ")
    assert "\n  name: " in wrong.stderr


def test_no_service_and_a_wrong_command(java: list[str]) -> None:
    assert run(*java, "budget", f"127.0.0.1:{unused_port()}", AGB, 2027).returncode == 3
    assert run(*java, "budget").returncode == 2


def test_the_feed_goes_on_where_it_was(java: list[str], suite: Addresses, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor.txt"

    def follow() -> list[str]:
        done = run(*java, "follow", suite.registry, "registry", cursor)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    first = follow()
    positions = [int(line.split()[0]) for line in first]
    assert positions == list(range(1, len(first) + 1)), "every change once, in order"
    assert len(first) > 500, "more than one part"
    assert follow() == []
    with grpc.insecure_channel(suite.registry) as channel:
        name = RegistryClient(channel).new_location().name
    agb = name.split("/")[1]
    assert [line.split()[1] for line in follow()] == [f"providers/{agb}", name]


# TypeScript


def results(done: subprocess.CompletedProcess[str]) -> list[tuple[int, str]]:
    """The sequence and the outcome of every event that was sent."""
    lines = [line.split() for line in done.stdout.splitlines()[1:] if line[0].isdigit()]
    return [(int(line[0]), line[1]) for line in lines]


def test_the_example_outbox(typescript: list[str], suite: Addresses) -> None:
    outbox = EXAMPLES / "typescript" / "voorbeeld.jsonl"
    command = [*typescript, suite.registry, "providers/-/locations/L001", "epd-wulp", outbox]
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 gebeurtenissen, waarvan 5 nog niet ontvangen")
    assert results(done) == [(sequence, "STORED") for sequence in range(1, 6)]
    with grpc.insecure_channel(suite.registry) as channel:
        registry = RegistryClient(channel)
        stop = registry.stops.GetStop(stop_pb2.GetStopRequest(name="providers/-/locations/L001/stops/epd-wulp.s-81"))
        assert (stop.start_time.hours, stop.end_time.hours, stop.end_time.minutes) == (10, 12, 30)
        request = closure_pb2.GetClosureRequest(name="providers/-/locations/L001/closures/epd-wulp.c-8")
        assert registry.closures.GetClosure(request).state == closure_pb2.Closure.STATE_WITHDRAWN
    assert run(*command).stdout.splitlines() == ["5 gebeurtenissen, waarvan 0 nog niet ontvangen"]


def test_a_wrong_event_is_told_and_the_others_are_stored(
    typescript: list[str], suite: Addresses, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox.jsonl"
    right = {"kind": "STOP", "start": "2027-04-01T10:00", "department": "SEH"}
    wrong = {"kind": "STOP", "start": "2027-04-02T10:00", "end": "2027-04-02T09:00", "department": "SEH"}
    lines = [
        {"sequence": 1, "id": "a", **right},
        {"sequence": 2, "id": "b", **wrong},
        {"sequence": 3, "id": "c", **right},
    ]
    outbox.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    command = [*typescript, suite.registry, "providers/-/locations/L003", "epd-wulp", outbox]
    done = run(*command)
    assert done.returncode == 1
    assert results(done) == [(1, "STORED"), (2, "REJECTED"), (3, "STORED")]
    assert done.stderr.strip() == "events[1].end_time: ligt niet na het begin"
    outbox.write_text(outbox.read_text("utf-8").replace("T09:00", "T12:00"), "utf-8")
    done = run(*command)
    assert (done.returncode, results(done)) == (0, [(2, "STORED")]), "only what was not received"


def test_a_refusal_of_the_whole(typescript: list[str], suite: Addresses) -> None:
    outbox = EXAMPLES / "typescript" / "voorbeeld.jsonl"
    done = run(*typescript, suite.registry, "providers/-/locations/onbekend", "epd-wulp", outbox)
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "NOT_FOUND")


def test_killed_at_any_moment_everything_is_stored_once(
    typescript: list[str], suite: Addresses, tmp_path: Path
) -> None:
    count = 8000
    outbox = tmp_path / "outbox.jsonl"
    outbox.write_text(
        "\n".join(
            json.dumps(
                {
                    "sequence": number + 1,
                    "kind": "STOP",
                    "id": f"s{number}",
                    "start": f"{2000 + number // 360}-{number // 30 % 12 + 1:02d}-{number % 28 + 1:02d}T10:00",
                    "department": "EHH",
                }
            )
            for number in range(count)
        ),
        "utf-8",
    )
    location = "providers/-/locations/L004"
    command = [*typescript, suite.registry, location, "epd-kievit", str(outbox)]
    kills = 0
    with grpc.insecure_channel(suite.registry) as channel:
        feed = RegistryClient(channel).status_feed
        where = status_feed_pb2.GetStatusCursorRequest(parent=location, source="epd-kievit")
        while (before := feed.GetStatusCursor(where).last_sequence) < count:
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sender:
                # Once a part of it is stored, and before all of it is.
                while sender.poll() is None and feed.GetStatusCursor(where).last_sequence <= before:
                    time.sleep(0.001)
                sender.send_signal(signal.SIGKILL)
            kills += 1
        cursor = feed.GetStatusCursor(where)
        assert (cursor.contiguous_sequence, list(cursor.gaps)) == (count, [])
        assert kills > 1, "it was killed with something left to send"
        stops = RegistryClient(channel).stops
        names: list[str] = []
        token = ""
        while True:
            page = stops.ListStops(stop_pb2.ListStopsRequest(parent=location, page_size=1000, page_token=token))
            names += [stop.name for stop in page.stops if "/stops/epd-kievit." in stop.name]
            token = page.next_page_token
            if not token:
                break
        assert len(names) == len(set(names)) == count
