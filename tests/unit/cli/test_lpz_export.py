"""An export of the LPZ or an EPD: what it says, what is left out of it, and everything that is wrong at once."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from services.cli.failures import Failure
from services.cli.status.export import Export, read_export
from services.cli.status.mapping import ExportMapping, read_mapping
from services.cli.status.planning import Plan, feed_of, plan_for
from services.cli.status.sending import write_down
from spoedkader.client import Outbox
from spoedkader.client.outbox import Sent
from spoedkader.registry.v1 import status_feed_pb2 as pb
from tests.support.messages import moment

MAPPING = """\
source: lpz
delimiter: ";"
time_format: "%d-%m-%Y %H:%M"
columns:
  location: Locatie
  department: Afdeling
  kind: Soort
  start: Begin
  end: Einde
  expected_end: Verwacht
  reason: Reden
  id: Nummer
kinds: {SEH-stop: STOP, Sluiting: CLOSURE, Time-out: null}
departments: {Spoedeisende hulp: SEH, Hartbewaking: EHH}
locations: {De Wulp: L003, De Ratelpopulier: L001, De Kievit: null}
"""
HEADER = "Nummer;Locatie;Afdeling;Soort;Begin;Einde;Verwacht;Reden"
Result = pb.SendStatusEventsResponse.Result


@pytest.fixture
def mapping(tmp_path: Path) -> ExportMapping:
    return mapping_of(tmp_path, MAPPING)


@pytest.fixture
def outbox(tmp_path: Path) -> Any:
    with Outbox(tmp_path / "outbox.db", "lpz") as found:
        yield found


@pytest.fixture
def read(tmp_path: Path, mapping: ExportMapping) -> Callable[..., Export]:
    return lambda *rows: read_export(written(tmp_path, rows), mapping)


def written(folder: Path, rows: tuple[str, ...]) -> Path:
    file = folder / "export.csv"
    file.write_text("\r\n".join((HEADER, *rows)) + "\r\n", "utf-8", newline="")
    return file


def mapping_of(folder: Path, text: str) -> ExportMapping:
    file = folder / "mapping.yaml"
    file.write_text(text, "utf-8")
    return read_mapping(file)


def row(number: str = "7", **cells: str) -> str:
    given = {
        "location": "De Wulp",
        "department": "Spoedeisende hulp",
        "kind": "SEH-stop",
        "start": "01-03-2027 22:00",
        "end": "",
        "expected": "",
        "reason": "",
        **cells,
    }
    return ";".join((number, *given.values()))


def said(found: Export) -> list[tuple[str, dict[str, Any]]]:
    return [(each.location, MessageToDict(each.event)) for each in found.events]


def faults(call: Callable[[], object]) -> list[str]:
    with pytest.raises(Failure) as caught:
        call()
    return list(caught.value.details) or [caught.value.message]


def clock(day: int, hours: int, minutes: int = 0) -> dict[str, int]:
    found = {"year": 2027, "month": 3, "day": day, "hours": hours, "minutes": minutes}
    return {name: value for name, value in found.items() if value}


def test_what_an_export_says(read: Callable[..., Export]) -> None:
    found = read(
        row("1", end="02-03-2027 01:30", reason="piek in patiënten"),
        row("2", department="Hartbewaking", expected="02-03-2027 04:00", reason='"intern; storing"'),
        row("3", kind="Sluiting", location="De Ratelpopulier", expected="02-03-2027 04:00"),
    )
    assert said(found) == [
        (
            "L003",
            {
                "kind": "KIND_STOP",
                "eventId": "1",
                "startTime": clock(1, 22),
                "endTime": clock(2, 1, 30),
                "department": "DEPARTMENT_SEH",
                "reason": "piek in patiënten",
            },
        ),
        (
            "L003",
            {
                "kind": "KIND_STOP",
                "eventId": "2",
                "startTime": clock(1, 22),
                "department": "DEPARTMENT_EHH",
                "reason": "intern; storing (verwacht einde 02-03-2027 04:00)",
            },
        ),
        (
            "L001",
            {
                "kind": "KIND_CLOSURE",
                "eventId": "3",
                "startTime": clock(1, 22),
                "reason": "(verwacht einde 02-03-2027 04:00)",
            },
        ),
    ]
    assert not found.left_out


def test_what_does_not_count_is_left_out_and_counted(read: Callable[..., Export]) -> None:
    found = read(
        row("1"),
        # Nothing of a row that does not count has to be right.
        row("2", department="Kraamzorg", kind="Vol", start="gisteren"),
        row("3", department="Kraamzorg"),
        row("4", kind="Time-out"),
        row("5", kind="Sluiting", department="Hartbewaking"),
        row("6", location="De Kievit", kind="Vol"),
        row("7", end="01-03-2027 22:00"),
    )
    assert [each.event.event_id for each in found.events] == ["1"]
    assert found.left_out == {
        "afdeling 'Kraamzorg'": 2,
        "soort 'Time-out'": 1,
        "sluiting van de EHH": 1,
        "locatie 'De Kievit'": 1,
        "korter dan een minuut": 1,
    }


def test_a_time_out_is_a_stop_when_the_mapping_says_so(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, MAPPING.replace("Time-out: null", "Time-out: STOP"))
    found = read_export(written(tmp_path, (row("4", kind="Time-out"),)), mapping)
    assert [each.event.kind for each in found.events] == [pb.StatusEvent.KIND_STOP]


def test_everything_wrong_comes_at_once_with_its_line(read: Callable[..., Export]) -> None:
    found = faults(
        lambda: read(
            row("1", reason='"twee\r\nregels"'),
            row("a b", location="De Meeuw", kind="Vol", start="2027-03-01", end="01-13-2027 00:00"),
            row("", department="", start="", expected="straks"),
            row("3", end="01-03-2027 21:59"),
            row("4") + ";",
            row("5"),
            row("5"),
            row("6", reason="x" * 2001),
        )
    )
    assert [fault.replace("export.csv:", "") for fault in found] == [
        "2: Reden: bevat een stuurteken",
        "4: Begin: '2027-03-01' is geen tijdstip van de vorm %d-%m-%Y %H:%M",
        "4: Einde: '01-13-2027 00:00' is geen tijdstip van de vorm %d-%m-%Y %H:%M",
        "4: Locatie: 'De Meeuw' staat niet in de mapping",
        "4: Nummer: 'a b' is geen id van 1 tot 59 letters, cijfers, punten en streepjes",
        "4: Soort: 'Vol' staat niet in de mapping",
        "5: Afdeling: mag niet leeg zijn",
        "5: Begin: mag niet leeg zijn",
        "5: Nummer: '' is geen id van 1 tot 59 letters, cijfers, punten en streepjes",
        "5: Verwacht: 'straks' is geen tijdstip van de vorm %d-%m-%Y %H:%M",
        "6: Einde: ligt op de klok voor het begin",
        "7: 9 cellen in plaats van 8",
        "9: Nummer: staat al op regel 8; elke sluiting of stop hoort er één keer in",
        "10: Reden: is 2001 tekens lang; het mogen er hoogstens 2000 zijn",
    ]


def test_a_file_that_is_no_such_export(tmp_path: Path, mapping: ExportMapping) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(b"")
    assert len(faults(lambda: read_export(file, mapping))) == 8
    file.write_text("Begin;Begin;Locatie\n", "utf-8")
    found = faults(lambda: read_export(file, mapping))
    assert "export.csv:1: Begin: de kolom staat er dubbel" in found
    assert "export.csv:1: Einde: de kolom ontbreekt" in found
    file.write_bytes(f"{HEADER}\n".encode() + row(reason="pati\xebnten").encode("cp1252") + b'\n"open')
    found = faults(lambda: read_export(file, mapping))
    assert len(found) == 2
    assert "geen geldige UTF-8" in found[0]
    assert "geen geldige CSV" in found[1]


def test_the_clock_goes_forward_and_back(read: Callable[..., Export]) -> None:
    found = faults(
        lambda: read(
            row("1", start="28-03-2027 01:59", end="28-03-2027 02:00"),
            row("2", start="28-03-2027 02:59", end="28-03-2027 03:00"),
        )
    )
    assert found == [
        "export.csv:2: Einde: 28-03-2027 02:00 bestaat niet: de klok ging toen een uur vooruit",
        "export.csv:3: Begin: 28-03-2027 02:59 bestaat niet: de klok ging toen een uur vooruit",
    ]
    # The hour that comes twice counts as it is written.
    (once,) = read(row("1", start="31-10-2027 02:10", end="31-10-2027 02:50")).events
    assert (once.event.start_time, once.event.end_time) == (moment("2027-10-31T02:10"), moment("2027-10-31T02:50"))
    assert faults(lambda: read(row("1", start="31-10-2027 02:50", end="31-10-2027 02:10"))) == [
        "export.csv:2: Einde: ligt op de klok voor het begin"
    ]


def test_seconds_are_cut_off(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, MAPPING.replace("%H:%M", "%H:%M:%S"))
    cells = row("1", start="01-03-2027 22:00:59", end="01-03-2027 22:01:00")
    (found,) = read_export(written(tmp_path, (cells,)), mapping).events
    assert (found.event.start_time, found.event.end_time) == (moment("2027-03-01T22:00"), moment("2027-03-01T22:01"))


def test_without_ids_an_event_is_known_by_its_place_and_start(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, MAPPING.replace("  id: Nummer\n", ""))
    rows = (row("1"), row("1", location="De Ratelpopulier"), row("1", department="Hartbewaking"))
    found = read_export(written(tmp_path, (*rows, row("1", kind="Sluiting"))), mapping)
    assert [each.event.event_id for each in found.events] == [
        "L003-SEH-20270301T2200",
        "L001-SEH-20270301T2200",
        "L003-EHH-20270301T2200",
        "L003-SEH-20270301T2200",
    ]
    assert "staat al op regel 2" in faults(lambda: read_export(written(tmp_path, (*rows, row("2"))), mapping))[0]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("source: lpz\n", "", "mapping.yaml:1: source: moet een tekst zijn"),
        ("source: lpz", "source: l.p.z", "mapping.yaml:1: source: moet 1 tot 32"),
        ('";"', '";;"', "mapping.yaml:2: delimiter: moet één teken zijn"),
        ("%d-%m-%Y %H:%M", "%d-%m %H:%M", "mapping.yaml:3: time_format: moet dag"),
        ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M%z", "mapping.yaml:3: time_format: moet dag"),
        ("%d-%m-%Y %H:%M", "%", "mapping.yaml:3: time_format: moet dag"),
        ("  end: Einde\n", "", "mapping.yaml:4: columns/end: ontbreekt"),
        ("  end: Einde", "  end: Begin", "mapping.yaml:9: columns/end: noemt een kolom die al genoemd is"),
        ("  end: Einde", "  end: Einde\n  duur: Duur", "mapping.yaml:10: columns/duur: is onbekend"),
        ("Sluiting: CLOSURE", "Sluiting: DICHT", "kinds/Sluiting: moet STOP, CLOSURE of null zijn"),
        ("Hartbewaking: EHH", "1: EHH", "departments/1: moet een tekst zijn"),
        ("De Wulp: L003", "De Wulp: L 3", "locations/De Wulp: moet de id van een locatie zijn"),
        ("De Wulp: L003", '" De Wulp": L003', "begint of eindigt met een spatie"),
        ("kinds: {SEH-stop: STOP, Sluiting: CLOSURE, Time-out: null}", "kinds: {}", "kinds: ontbreekt of is leeg"),
        ("kinds:", "soorten:", "soorten: is onbekend"),
    ],
)
def test_faults_of_a_mapping(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in MAPPING
    found = faults(lambda: mapping_of(tmp_path, MAPPING.replace(old, new)))
    assert any(fault in line for line in found), found


@pytest.mark.parametrize("text", ["", "- a", "[", "a: b\na: c", "x" * 1_000_001])
def test_what_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert faults(lambda: mapping_of(tmp_path, text))


class Day:
    """A location of which exports come one after another."""

    def __init__(self, outbox: Outbox, read: Callable[..., Export]) -> None:
        self.outbox = outbox
        self.read = read

    def plan(self, *rows: str, period: tuple[datetime, datetime] | None = None) -> Plan:
        return plan_for("L003", self.read(*rows), self.outbox, period)

    def say(self, *rows: str, period: tuple[datetime, datetime] | None = None) -> tuple[int, int, int, list[str]]:
        plan = self.plan(*rows, period=period)
        write_down(self.outbox, [plan], withdraw_missing=period is not None)
        return len(plan.new), len(plan.changed), plan.unchanged, [event.event_id for event in plan.missing]

    def reject(self, sequence: int) -> None:
        (event,) = [said.event for said in self.outbox.said(feed_of("L003")) if said.event.sequence == sequence]
        self.outbox.note(feed_of("L003"), [Sent(event, Result(sequence=sequence, outcome=Result.OUTCOME_REJECTED))])

    def sequences(self) -> list[tuple[int, str, bool]]:
        said = self.outbox.said(feed_of("L003"))
        return [(each.event.sequence, each.event.event_id, each.event.withdrawn) for each in said]


@pytest.fixture
def day(outbox: Outbox, read: Callable[..., Export]) -> Day:
    return Day(outbox, read)


MARCH = datetime(2027, 3, 1), datetime(2027, 4, 1)


def test_a_second_export_says_only_what_changed(day: Day) -> None:
    assert day.say(row("1"), row("2"), row("9", location="De Ratelpopulier")) == (2, 0, 0, [])
    assert day.say(row("1"), row("2", end="01-03-2027 23:00"), row("3")) == (1, 1, 1, [])
    assert day.say(row("1"), row("2", end="01-03-2027 23:00"), row("3")) == (0, 0, 3, [])
    assert [number for number, *_ in day.sequences()] == [1, 2, 3, 4]


def test_what_was_rejected_is_corrected_under_its_own_number(day: Day) -> None:
    day.say(row("1"), row("2"))
    day.reject(1)
    assert day.say(row("1"), row("2")) == (0, 0, 2, [])
    assert day.say(row("1", reason="vol"), row("2", reason="vol")) == (0, 2, 0, [])
    assert day.sequences() == [(1, "1", False), (2, "2", False), (3, "2", False)]


def test_what_disappeared_is_withdrawn_once_and_only_inside_the_period(day: Day) -> None:
    april = row("4", start="01-04-2027 00:00")
    day.say(row("1"), row("2"), row("3", start="28-02-2027 23:59"), april)
    # Without a period only what lies between the first and the last start of the export can be missing.
    assert day.plan(row("1")).missing == [pb.StatusEvent(kind=pb.StatusEvent.KIND_STOP, event_id="2", withdrawn=True)]
    assert day.plan(row("9", start="01-03-2027 22:01")).missing == []
    assert day.plan().missing == []
    assert day.say(row("1"), period=MARCH) == (0, 0, 1, ["2"])
    assert day.say(row("1"), period=MARCH) == (0, 0, 1, [])
    assert day.sequences()[-1] == (5, "2", True)
    assert day.say(row("1"), row("2"), period=MARCH) == (0, 1, 1, [])
    day.reject(6)
    assert day.say(row("1"), period=MARCH) == (0, 0, 1, ["2"])
    assert day.sequences()[-1] == (6, "2", True)


def test_a_stop_that_turns_out_to_be_something_else_is_missing(day: Day) -> None:
    day.say(row("1"), row("2"), row("3"))
    plan = day.plan(row("1", kind="Time-out"), row("2", department="Kraamzorg"), row("3", kind="Sluiting"))
    assert [event.event_id for event in plan.missing] == ["1", "2", "3"]
    assert [event.kind for event in plan.new] == [pb.StatusEvent.KIND_CLOSURE]


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["", "01-03-2027 23:00", "02-03-2027 01:00"])),
        max_size=6,
    )
)
def test_the_last_export_is_what_stands(exports: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name, Outbox(Path(":memory:"), "lpz") as outbox:
        folder = Path(name)
        mapping = mapping_of(folder, MAPPING)
        day = Day(outbox, lambda *rows: read_export(written(folder, rows), mapping))
        for export in exports:
            rows = [row(number, end=end) for number, end in export.items()]
            day.say(*rows, period=MARCH)
            assert day.say(*rows, period=MARCH)[:2] == (0, 0)
            standing = {each.event.event_id: each.event for each in outbox.said(feed_of("L003"))}
            gone = standing.keys() - export.keys()
            assert {event_id for event_id, event in standing.items() if event.withdrawn} == gone
            assert all(standing[event_id].HasField("end_time") == bool(end) for event_id, end in export.items())
