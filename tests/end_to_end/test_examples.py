"""The example clients in Java and TypeScript: built from the contracts as they are, and run against the services."""

import csv
import json
import os
import shutil
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
from spoedkader.budget.v1 import budget_pb2
from spoedkader.registry.v1 import closure_pb2, status_feed_pb2, stop_pb2
from tests.support.clients import BudgetClient, RegistryClient
from tests.support.ports import unused_port
from tests.support.relay import ANSWER_LOST, AWAY, BUSY, relay
from tests.support.tcp_suite import tcp_suite
from tests.support.toolchains import need_maven, need_node

ROOT = Path(__file__).parents[2]
AGB = "06992516"
BUILT = ("node_modules", "target", "dist", "generated")
"""What a build leaves behind; the tests build from nothing."""
ENVIRONMENT = {
    **os.environ,
    # A locale without a euro sign, and a proxy that is not there: no program may mind.
    "LC_ALL": "C",
    "http_proxy": "http://127.0.0.1:9",
    "no_proxy": "",
}

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def suite(spoedkader: Any, example: Path) -> Iterator[Addresses]:
    with tcp_suite() as addresses:
        imported = spoedkader("import", example, addresses=addresses)
        assert imported.status == 0, imported.err
        yield addresses


# Building


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples are built from, in a copy of its own."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns(*BUILT))
    shutil.copytree(ROOT / "protos", folder / "protos")
    shutil.copytree(ROOT / "build" / "googleapis", folder / "build" / "googleapis")
    shutil.copy(ROOT / "buf.yaml", folder)
    return folder


def build(folder: Path, *commands: list[str]) -> None:
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def java(sources: Path) -> list[str]:
    """The command that runs the insurer's back end; its own tests ran with the build."""
    need_maven()
    folder = sources / "examples" / "java"
    build(folder, ["mvn", "--batch-mode", "--quiet", "package"])
    return ["java", "-jar", str(folder / "target" / "inkoop.jar")]


@pytest.fixture(scope="session")
def typescript(sources: Path) -> list[str]:
    """The command that runs the EPD; its own tests passed."""
    need_node()
    folder = sources / "examples" / "typescript"
    build(folder, ["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"], ["npm", "test"])
    return ["node", str(folder / "dist" / "main.js")]


# Running


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        check=False,
        timeout=300,
    )


# Java


def test_a_budget_with_every_step(java: list[str], suite: Addresses, example: Path) -> None:
    with (example / "expected" / "provider_budgets.csv").open(encoding="utf-8") as file:
        expected = {row["agb"]: int(row["budget_cents"]) for row in csv.DictReader(file)}
    done = run(*java, "budget", suite.budget, AGB, 2027)
    assert done.returncode == 0, done.stderr
    assert f"zorgaanbieder  {euros(expected[AGB])}" in done.stdout
    assert f"providers/{AGB}/locations/L001" in done.stdout
    with grpc.insecure_channel(suite.budget) as channel:
        request = budget_pb2.CalculateBudgetRequest(name=f"providers/{AGB}/budgets/2027")
        calculation = BudgetClient(channel).budgets.CalculateBudget(request, timeout=20)
    rows: list[list[str]] = []
    for step in [*(step for location in calculation.locations for step in location.steps), *calculation.steps]:
        rows.append([step.rule, *f"{step.description} {step.result}".split()])
        rows += [f"{value.label} {value.value}".split() for value in step.inputs]
    assert len(rows) > 10
    assert [line.split() for line in done.stdout.splitlines() if line.startswith("  ")] == rows


def test_a_refusal_has_its_reason_and_every_field(java: list[str], suite: Addresses) -> None:
    unknown = run(*java, "budget", suite.budget, "06000000", 2027)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("NOT_FOUND: ")
    wrong = run(*java, "budget", suite.budget, "geen agb", 2027)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("INVALID_INPUT: ")
    assert "\n  name: " in wrong.stderr


def test_no_service_and_a_wrong_command(java: list[str], tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{unused_port()}"
    assert run(*java, "budget", nowhere, AGB, 2027).returncode == 3
    assert run(*java, "budget").returncode == 2
    unknown = run(*java, "follow", nowhere, "onzin", tmp_path / "cursor.txt")
    assert (unknown.returncode, unknown.stderr.strip()) == (2, "onbekende dienst: onzin")


def test_a_service_that_is_away_for_a_moment(java: list[str], suite: Addresses) -> None:
    with relay(suite.budget, "CalculateBudget", AWAY, AWAY) as between:
        done = run(*java, "budget", between.address, AGB, 2027)
    assert done.returncode == 0, done.stderr
    assert [call.method for call in between.calls] == ["CalculateBudget"] * 3
    assert len({call.id for call in between.calls}) == 1, "one call, tried again by the policy beside the contracts"
    assert {call.metadata["x-actor"] for call in between.calls} == {"inkoop@verzekeraar"}
    assert all(0 < call.seconds <= 30 for call in between.calls)


def test_a_service_that_stays_away(java: list[str], suite: Addresses) -> None:
    with relay(suite.budget, "CalculateBudget", AWAY, AWAY, AWAY) as between:
        done = run(*java, "budget", between.address, AGB, 2027)
    assert (done.returncode, done.stderr.strip()) == (3, "geen antwoord: UNAVAILABLE: een storing")
    assert len(between.calls) == 3


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


def test_a_change_that_was_not_handled_comes_again(java: list[str], suite: Addresses, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor.txt"
    command = [*java, "follow", suite.registry, "registry", str(cursor)]
    reader, writer = os.pipe()
    os.close(reader)
    nobody_reads = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=300)
    os.close(writer)
    assert (nobody_reads.returncode, cursor.exists()) == (2, False)
    assert run(*command).stdout.startswith("1 "), "from the first one"


# TypeScript


def results(done: subprocess.CompletedProcess[str]) -> list[tuple[int, str]]:
    """The sequence and the outcome of every event that was sent."""
    lines = [line.split() for line in done.stdout.splitlines()[1:] if line[0].isdigit()]
    return [(int(line[0]), line[1]) for line in lines]


def test_the_example_outbox(typescript: list[str], suite: Addresses, sources: Path) -> None:
    outbox = sources / "examples" / "typescript" / "voorbeeld.jsonl"
    command = [*typescript, suite.registry, "providers/-/locations/L001", "epd-wulp", outbox]
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 gebeurtenissen, waarvan 5 nog niet ontvangen")
    assert results(done) == [(sequence, "STORED") for sequence in range(1, 6)]
    with grpc.insecure_channel(suite.registry) as channel:
        registry = RegistryClient(channel)
        wanted = stop_pb2.GetStopRequest(name="providers/-/locations/L001/stops/epd-wulp.s-81")
        stop = registry.stops.GetStop(wanted, timeout=10)
        assert (stop.start_time.hours, stop.end_time.hours, stop.end_time.minutes) == (10, 12, 30)
        request = closure_pb2.GetClosureRequest(name="providers/-/locations/L001/closures/epd-wulp.c-8")
        assert registry.closures.GetClosure(request, timeout=10).state == closure_pb2.Closure.STATE_WITHDRAWN
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


def test_a_refusal_of_the_whole(typescript: list[str], suite: Addresses, sources: Path) -> None:
    outbox = sources / "examples" / "typescript" / "voorbeeld.jsonl"
    done = run(*typescript, suite.registry, "providers/-/locations/onbekend", "epd-wulp", outbox)
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "NOT_FOUND")


def test_more_gaps_than_are_told_at_once(typescript: list[str], suite: Addresses, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    location = "providers/-/locations/L005"
    lines = [
        json.dumps({"sequence": number, "kind": "STOP", "id": f"s{number}", "start": start, "department": "SEH"})
        for number in range(1, 302)
        for start in [f"2027-{number // 28 + 1:02d}-{number % 28 + 1:02d}T10:00"]
    ]
    outbox.write_text("\n".join(lines[::2]), "utf-8")
    assert run(*typescript, suite.registry, location, "epd-reiger", outbox).returncode == 0
    outbox.write_text("\n".join(lines), "utf-8")
    assert run(*typescript, suite.registry, location, "epd-reiger", outbox).returncode == 0
    with grpc.insecure_channel(suite.registry) as channel:
        where = status_feed_pb2.GetStatusCursorRequest(parent=location, source="epd-reiger")
        cursor = RegistryClient(channel).status_feed.GetStatusCursor(where, timeout=10)
    assert (cursor.contiguous_sequence, len(cursor.gaps)) == (301, 0)
    outbox.write_text("\n".join(lines[:7]), "utf-8")
    lost = run(*typescript, suite.registry, location, "epd-reiger", outbox)
    assert (lost.returncode, lost.stdout) == (2, ""), "an outbox that lost its last lines"
    assert lost.stderr.strip() == "het register heeft volgnummers tot en met 301, hier is 7 het laatste"


def test_what_goes_wrong_on_the_way(typescript: list[str], suite: Addresses, sources: Path) -> None:
    outbox = sources / "examples" / "typescript" / "voorbeeld.jsonl"
    # Too busy, and then not there, for longer than gRPC tries by itself.
    with relay(suite.registry, "GetStatusCursor", BUSY, AWAY, AWAY, AWAY) as between:
        done = run(*typescript, between.address, "providers/-/locations/L006", "epd-regenwulp", outbox)
    assert done.returncode == 0, done.stderr
    assert results(done) == [(sequence, "STORED") for sequence in range(1, 6)]
    assert [call.method for call in between.calls] == ["GetStatusCursor"] * 5 + ["SendStatusEvents"]
    ids = [call.id for call in between.calls]
    assert ids[0] == ids[1] == ids[2] != ids[3] == ids[4], "calls are tried again by the policy beside the contracts"
    assert len(set(ids)) == 3, "the sender calls again when that was not enough"
    assert {call.metadata["x-actor"] for call in between.calls} == {"epd@epd-regenwulp"}
    assert all(0 < call.seconds <= 10 for call in between.calls)


def test_an_answer_that_was_lost(typescript: list[str], suite: Addresses, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    stop = {"sequence": 1, "kind": "STOP", "id": "a", "start": "2027-04-01T10:00", "department": "SEH"}
    outbox.write_text(json.dumps(stop), "utf-8")
    location = "providers/-/locations/L007"
    with relay(suite.registry, "SendStatusEvents", ANSWER_LOST) as between:
        done = run(*typescript, between.address, location, "epd-scholekster", outbox)
    assert done.returncode == 0, done.stderr
    assert results(done) == [(1, "UNCHANGED")], "it was stored before the answer was lost"
    assert [call.method for call in between.calls] == ["GetStatusCursor", "SendStatusEvents", "SendStatusEvents"]


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
        while (before := feed.GetStatusCursor(where, timeout=10).last_sequence) < count:
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sender:
                # Once a part of it is stored, and before all of it is.
                while sender.poll() is None and feed.GetStatusCursor(where, timeout=10).last_sequence <= before:
                    time.sleep(0.001)
                sender.send_signal(signal.SIGKILL)
            kills += 1
        cursor = feed.GetStatusCursor(where, timeout=10)
        assert (cursor.contiguous_sequence, list(cursor.gaps)) == (count, [])
        assert kills > 1, "it was killed with something left to send"
        stops = RegistryClient(channel).stops
        names: list[str] = []
        token = ""
        while True:
            request = stop_pb2.ListStopsRequest(parent=location, page_size=1000, page_token=token)
            page = stops.ListStops(request, timeout=10)
            names += [stop.name for stop in page.stops if "/stops/epd-kievit." in stop.name]
            token = page.next_page_token
            if not token:
                break
        assert len(names) == len(set(names)) == count
