"""The commands `spoedkader status`, against a registry, and what their page shows."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.cli.clients import Addresses
from services.cli.processes import ServiceProcess
from services.cli.service import variable
from spoedkader.client import NotAnswered
from spoedkader.registry.v1 import closure_pb2, location_pb2, stop_pb2
from spoedkader.registry.v1 import status_feed_pb2 as pb
from tests.support.clients import RegistryClient, location
from tests.support.messages import moment
from tests.support.status_feed import Standing, Standings, registry_process, what_stands

PAGE = (Path(__file__).parents[2] / "docs" / "integrators" / "status-feed.md").read_text("utf-8")
HEADER = "Nummer,Locatie,Afdeling,Soort,Begin,Einde"
STOP, CLOSURE = pb.StatusEvent.KIND_STOP, pb.StatusEvent.KIND_CLOSURE
MARCH = ("--from", "2027-03-01", "--until", "2027-04-01")


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with registry_process(tmp_path_factory.mktemp("r")) as found:
        yield found


@pytest.fixture(scope="module")
def registry(child: ServiceProcess) -> Iterator[RegistryClient]:
    with grpc.insecure_channel(child.address) as channel:
        yield RegistryClient(channel)


def last_part(name: str) -> str:
    return name.rpartition("/")[2]


class Desk:
    """Where exports of one hospital with two locations come in, each test with a source of its own."""

    def __init__(self, folder: Path, command: Any, address: str, registry: RegistryClient) -> None:
        self.folder = folder
        self.registry = registry
        self.addresses = Addresses(address, address, address)
        self.source = registry.unused_id("lpz-")
        # In the order in which the command tells of them.
        self.locations = sorted((registry.new_location() for _ in range(2)), key=lambda each: last_part(each.name))
        self.ids = [last_part(each.name) for each in self.locations]
        self._command = command
        (folder / "mapping.yaml").write_text(
            f"""\
source: {self.source}
time_format: "%Y-%m-%dT%H:%M"
columns: {{id: Nummer, location: Locatie, department: Afdeling, kind: Soort, start: Begin, end: Einde}}
kinds: {{stop: STOP, dicht: CLOSURE, time-out: null}}
departments: {{SEH: SEH, EHH: EHH}}
locations: {{Noord: {self.ids[0]}, Zuid: {self.ids[1]}}}
""",
            "utf-8",
        )

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox.db"

    def run(self, rows: tuple[str, ...], *options: str, addresses: Addresses | None = None) -> Any:
        (self.folder / "export.csv").write_text("\n".join((HEADER, *rows)) + "\n", "utf-8")
        files = ("--mapping", self.folder / "mapping.yaml", "--outbox", self.outbox)
        arguments = ("status", "send", self.folder / "export.csv", *files, *options)
        return self._command(*arguments, addresses=addresses or self.addresses)

    def send(self, *rows: str, options: tuple[str, ...] = ()) -> Any:
        found = self.run(rows, *options, "--json")
        assert found.status == 0, found.out + found.err
        return json.loads(found.out)

    def outcomes(self, *rows: str, options: tuple[str, ...] = ()) -> list[list[str]]:
        sent = self.send(*rows, options=options)
        return [[result["outcome"] for result in each["results"]] for each in sent["deliveries"]]

    def stands(self, place: int = 0) -> Standings:
        found = what_stands(self.registry, self.locations[place].name)
        return {(kind, event_id.removeprefix(f"{self.source}.")): each for (kind, event_id), each in found.items()}

    def cursor(self, *more: str) -> Any:
        return self._command("status", "cursor", self.source, *self.ids, *more, addresses=self.addresses)


@pytest.fixture
def desk(tmp_path: Path, spoedkader: Any, child: ServiceProcess, registry: RegistryClient) -> Desk:
    return Desk(tmp_path, spoedkader, child.address, registry)


def row(number: str, end: str = "", place: str = "Noord", department: str = "SEH", kind: str = "stop") -> str:
    return f"{number},{place},{department},{kind},2027-03-01T22:00,{end}"


def standing(end: str | None = None, *, withdrawn: bool = False) -> Standing:
    return Standing(
        datetime.fromisoformat("2027-03-01T22:00"), datetime.fromisoformat(end) if end else None, "", withdrawn
    )


def test_an_export_its_repetition_and_its_correction(desk: Desk) -> None:
    first = (row("1"), row("2", kind="dicht"), row("3", place="Zuid"), row("4", department="Kraamzorg"))
    sent = desk.send(*first)
    assert sent["left_out"] == {"afdeling 'Kraamzorg'": 1}
    assert [result["outcome"] for each in sent["deliveries"] for result in each["results"]] == ["STORED"] * 3
    assert desk.stands() == {(STOP, "1"): standing(), (CLOSURE, "2"): standing()}
    assert desk.stands(1) == {(STOP, "3"): standing()}
    assert desk.outcomes(*first) == [[], []]
    assert desk.outcomes(row("1", "2027-03-02T01:00"), *first[1:]) == [["STORED"], []]
    assert desk.stands()[STOP, "1"] == standing("2027-03-02T01:00")
    assert json.loads(desk.cursor("--json").out)["locations"] == [
        {"location": desk.ids[0], "last_sequence": 3, "contiguous_sequence": 3, "gaps": []},
        {"location": desk.ids[1], "last_sequence": 1, "contiguous_sequence": 1, "gaps": []},
    ]


def test_people_read_tables(desk: Desk) -> None:
    said = desk.run((row("1"), row("2"), row("3", kind="time-out")))
    assert said.status == 0
    assert re.search(rf"{desk.ids[0]} +2 +0 +0 +0", said.out)
    assert re.search(r"soort 'time-out' +1", said.out)
    assert re.search(rf"{desk.ids[0]} +opgeslagen +2", said.out)
    assert "valt deels samen met" in said.out
    assert re.search(rf"{desk.ids[0]} +2 +2 ", desk.cursor().out)
    assert "Er was niets te versturen" in desk.run((row("1"), row("2"))).out


def test_a_dry_run_needs_no_registry_and_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    nowhere = Addresses(*[f"unix:{tmp_path}/niets"] * 3)
    found = desk.run((row("1"),), "--dry-run", "--json", addresses=nowhere)
    assert found.status == 0, found.err
    document = json.loads(found.out)
    assert (document["sent"], document["locations"][0]["new"]) == (False, 1)
    assert not desk.outbox.exists()
    desk.send(row("1"))
    changed = desk.run((row("1", "2027-03-02T01:00"),), "--dry-run", "--json", addresses=nowhere)
    assert json.loads(changed.out)["locations"][0]["changed"] == 1
    assert desk.outcomes(row("1")) == [[], []]


def test_what_disappeared_is_withdrawn_only_when_told(desk: Desk) -> None:
    desk.send(row("1"), row("2"))
    warned = desk.run((row("1"),))
    assert "Wat verdwenen is blijft staan" in warned.out
    assert re.search(rf"{desk.ids[0]} +stop +2", warned.out)
    assert desk.stands()[STOP, "2"] == standing()
    refused = desk.run((row("1"),), "--withdraw-missing")
    assert (refused.status, "--from en --until" in refused.err) == (1, True)
    assert desk.outcomes(row("1"), options=(*MARCH, "--withdraw-missing")) == [["STORED"], []]
    assert desk.stands() == {(STOP, "1"): standing(), (STOP, "2"): standing(withdrawn=True)}
    assert desk.outcomes(row("1"), options=(*MARCH, "--withdraw-missing")) == [[], []]


def test_faults_in_the_export_stop_everything(desk: Desk) -> None:
    found = desk.run((row("1"), row("2", "2027-13-01T00:00"), row("3", place="Oost")), "--json")
    assert found.status == 1
    error = json.loads(found.out)["error"]
    assert [(each["line"], each["column"]) for each in error["problems"]] == [(3, "Einde"), (4, "Locatie")]
    assert not desk.outbox.exists()
    assert desk.stands() == {}


def test_what_the_registry_rejects_waits_for_a_correction(desk: Desk) -> None:
    # The registry knows this identifier at another location, which the export cannot know.
    desk.registry.closures.CreateClosure(
        closure_pb2.CreateClosureRequest(
            parent=desk.locations[1].name,
            closure_id=f"{desk.source}.7",
            closure=closure_pb2.Closure(start_time=moment("2027-02-01T10:00")),
        ),
        timeout=10,
    )
    rows = (row("1"), row("7", kind="dicht"))
    for _ in range(2):
        refused = desk.run(rows)
        assert refused.status == 1
        assert f"{desk.ids[0]}: sluiting 7 (nummer 2): event_id: hoort bij een andere locatie" in refused.err
        assert desk.stands() == {(STOP, "1"): standing()}
    document = json.loads(desk.run(rows, "--json").out)
    assert [each["outcome"] for each in document["deliveries"][0]["rejected"]] == ["REJECTED"]
    # Otherwise it goes again, under the same number; what is new is not held up.
    refused = desk.run((row("1"), row("7", "2027-03-02T00:00", kind="dicht"), row("8")), "--json")
    sent = json.loads(refused.out)["deliveries"][0]["results"]
    assert [(each["event_id"], each["sequence"], each["outcome"]) for each in sent] == [
        ("7", "2", "REJECTED"),
        ("8", "3", "STORED"),
    ]


def test_what_was_written_down_goes_along_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise NotAnswered("UNAVAILABLE", "weg", "0" * 32)

    # It goes away between the check of the numbering and the sending.
    with monkeypatch.context() as patched:
        patched.setattr("services.cli.status.sending.send_all", away)
        found = desk.run((row("1"), row("2")))
    assert found.status == 1
    assert f"staat in {desk.outbox} en gaat de volgende keer mee" in found.err
    assert desk.stands() == {}
    assert desk.outcomes(row("1", "2027-03-02T01:00")) == [["SUPERSEDED", "STORED", "STORED"], []]
    assert desk.stands() == {(STOP, "1"): standing("2027-03-02T01:00"), (STOP, "2"): standing()}


def test_a_registry_that_is_away(desk: Desk, tmp_path: Path) -> None:
    nowhere = Addresses(*[f"unix:{tmp_path}/niets"] * 3)
    found = desk.run((row("1"),), addresses=nowhere)
    assert (found.status, "niet bereikbaar" in found.err) == (1, True)
    assert desk.outcomes(row("1")) == [["STORED"], []]


def test_a_lost_outbox_is_noticed(desk: Desk) -> None:
    rows = (row("1"), row("2"))
    desk.send(*rows)
    desk.outbox.unlink()
    refused = desk.run(rows)
    assert refused.status == 1
    assert "er is niets verstuurd" in refused.err
    assert f"{desk.ids[0]}: het register heeft nummers tot en met 2, hier is 0 het laatste" in refused.err
    assert desk.outcomes(row("1", "2027-03-02T01:00"), row("2"), options=("--continue",)) == [["STORED"] * 2, []]
    assert desk.stands() == {(STOP, "1"): standing("2027-03-02T01:00"), (STOP, "2"): standing()}
    stop = desk.registry.stops.GetStop(
        stop_pb2.GetStopRequest(name=f"{desk.locations[0].name}/stops/{desk.source}.2"), timeout=10
    )
    # What was said anew and is the same is no new version.
    assert stop.etag == '"1"'


def test_an_outbox_is_of_one_source(desk: Desk) -> None:
    desk.send(row("1"))
    mapping = desk.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace(desk.source, "ander"), "utf-8")
    refused = desk.run((row("1"),))
    assert (refused.status, f"van de bron {desk.source} en niet van ander" in refused.err) == (1, True)
    desk.outbox.write_bytes(b"iets anders" * 1000)
    refused = desk.run((row("1"),))
    assert (refused.status, "niet te gebruiken als outbox" in refused.err) == (1, True)


def block(language: str, number: int = 0) -> str:
    return str(re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[number])


@pytest.fixture(scope="module")
def noteveen(registry: RegistryClient) -> str:
    """The location of the page."""
    request = location_pb2.CreateLocationRequest(
        parent=registry.new_provider().name, location_id="L003", location=location()
    )
    return registry.locations.CreateLocation(request, timeout=10).name


def test_the_python_of_the_page(
    child: ServiceProcess, noteveen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(block("python").replace("127.0.0.1:50051", child.address), "status-feed.md", "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().splitlines() == [
        f"{number} OUTCOME_STORED {noteveen}/stops/epd-wulp.2027-00042 []" for number in (1, 2)
    ]


def test_the_command_of_the_page(
    child: ServiceProcess, registry: RegistryClient, noteveen: str, tmp_path: Path
) -> None:
    (tmp_path / "mapping.yaml").write_text(block("yaml"), "utf-8")
    (tmp_path / "export.csv").write_text(block("csv"), "utf-8")
    printed = []
    for number in range(2):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block("sh", number)],
            check=False,
            cwd=tmp_path,
            env={
                **os.environ,
                variable("registry", "address"): child.address,
                "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed.append(done.stdout)
    assert "Niet verstuurd (--dry-run)" in printed[0]
    assert re.search(r"L003 +opgeslagen +2", printed[0])
    assert re.search(r"afdeling 'Kraamafdeling' +1", printed[0])
    assert "Er was niets te versturen" in printed[1]
    ids = {event_id for _, event_id in what_stands(registry, noteveen)}
    assert {"lpz.27-0107", "lpz.27-0108"} <= ids
