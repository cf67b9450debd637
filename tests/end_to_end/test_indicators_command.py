"""`spoedkader indicators`: what it says, what it refuses, and that nothing of a visit leaves the hospital."""

import csv
import gzip
import json
import os
import random
import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.cli.clients import Addresses
from services.cli.suite import throw_away_suite
from spoedkader.quality.v1 import indicator_pb2, indicator_pb2_grpc
from tests.support.fhir_files import SYSTEM, encounter, write, write_mapping

UPDATE = "/spoedkader.quality.v1.IndicatorService/UpdateIndicators"


class Recorder(grpc.GenericRpcHandler):
    """Takes any call, and keeps its bytes as they came, with its method and metadata."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.around: list[str] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        self.around.append(f"{details.method} {details.invocation_metadata}")

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.requests.append(request)
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def recording(address: str) -> Iterator[Recorder]:
    recorder = Recorder()
    server = grpc.server(ThreadPoolExecutor(2), handlers=[recorder])
    server.add_insecure_port(address)
    server.start()
    yield recorder
    server.stop(0).wait()


def spellings(moment: datetime) -> Iterator[bytes]:
    """A time in the ways in which it could be written: texts, and numbers as text, varint and fixed bytes."""
    for shown in (moment, moment.astimezone(UTC)):
        for form in ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y%m%d%H%M", "%d-%m-%Y %H:%M", "%H:%M", "%Y-%m-%d"):
            yield shown.strftime(form).encode()
    seconds = int(moment.timestamp())
    for number in (
        seconds,
        seconds * 1000,
        seconds // 60,
        moment.toordinal() * 1440 + moment.hour * 60 + moment.minute,
    ):
        yield str(number).encode()
        yield varint(number)
        yield number.to_bytes(8, "little")
        yield number.to_bytes(8, "big")


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


@pytest.mark.parametrize("form", ["csv", "ndjson", "json.gz", "xml"])
def test_nothing_of_a_visit_is_sent(spoedkader: Any, tmp_path: Path, form: str) -> None:
    start = datetime.fromisoformat("2025-03-01T10:07+01:00")
    arrivals = [start + timedelta(minutes=377 * n) for n in range(40)]
    ends = [arrived + timedelta(minutes=61 + n) for n, arrived in enumerate(arrivals)]
    visit_ids = [f"bezoek-{7_000_000_000 + n}" for n in range(40)]
    if form == "csv":
        file = tmp_path / "visits.csv"
        rows = [
            f"{visit_id},SEH,{arrived:%Y-%m-%dT%H:%M},{end:%Y-%m-%dT%H:%M}"
            for visit_id, arrived, end in zip(visit_ids, arrivals, ends, strict=True)
        ]
        file.write_text("\n".join(["visit_id,department,arrived_at,departed_at", *rows]))
    else:
        visits = zip(visit_ids, arrivals, ends, strict=True)
        resources = [encounter(n, (v, "SEH", a.isoformat(), e.isoformat())) for n, (v, a, e) in enumerate(visits)]
        file = write(tmp_path, form, resources)
    mapping = () if form == "csv" else ("--mapping", write_mapping(tmp_path))
    address = f"unix:{tmp_path}/q.sock"
    with recording(address) as recorder:
        result = spoedkader(
            "indicators", file, "--location", "L020", "--year", 2025, *mapping,
            addresses=Addresses("unix:/weg", address, "unix:/weg"),
        )  # fmt: skip
    assert result.status == 0, result.err
    assert [around.split()[0] for around in recorder.around] == [UPDATE]
    (sent,) = recorder.requests
    request = indicator_pb2.UpdateIndicatorsRequest.FromString(sent)
    request.request_id = ""
    assert request == indicator_pb2.UpdateIndicatorsRequest(
        indicators=indicator_pb2.Indicators(
            name="providers/-/locations/L020/indicators/2025",
            seh_visits=40,
            ehh_visits=0,
            mean_length_of_stay_tenths=805,
            median_length_of_stay_tenths=805,
        )
    )
    around = recorder.around[0].encode()
    names = [
        *visit_ids,
        *(f"{kind}-{n}" for n in range(40) for kind in ("enc", "pat")),
        SYSTEM,
        "Location/seh",
        file.name,
    ]
    for name in names:
        for part in (
            name.encode(),
            name.encode("utf-16-le"),
            name.encode().hex().encode(),
            name.removeprefix("bezoek-").encode(),
        ):
            assert part not in sent
            assert part not in around
    for moment in (*arrivals, *ends):
        for spelling in spellings(moment):
            assert spelling not in sent
            assert spelling not in around


def test_a_dry_run_calls_nothing_and_shows_the_totals_and_the_report(
    spoedkader: Any, example: Path, tmp_path: Path
) -> None:
    with (example / "encounters" / "L020.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))[1:]
    resources = [encounter(n, (row[0], row[1], row[2], row[3])) for n, row in enumerate(rows)]
    resources[4]["status"] = "cancelled"
    file = write(tmp_path, "ndjson", [{"resourceType": "Patient"}, *resources])
    mapping = write_mapping(tmp_path)
    arguments = ("indicators", file, "--location", "L020", "--year", 2025, "--mapping", mapping, "--dry-run")
    stops = ("--stops", example / "stops.csv")
    address = f"unix:{tmp_path}/q.sock"
    with recording(address) as recorder:
        addresses = Addresses("unix:/weg", address, "unix:/weg")
        found = json.loads(spoedkader(*arguments, *stops, "--json", addresses=addresses).out)
        shown = spoedkader(*arguments, addresses=addresses)
    assert recorder.around == []
    assert found["sent"] is False
    assert found["indicators"]["seh_stops"] == "105"
    assert found["excluded"] == 57
    assert found["fhir"]["left_out"]["geen Encounter"] == {"count": 1, "numbers": [1]}
    assert found["fhir"]["left_out"]["status planned, cancelled of entered-in-error"] == {"count": 1, "numbers": [6]}
    assert shown.status == 0
    assert "Niet verstuurd (--dry-run): providers/-/locations/L020/indicators/2025" in shown.out
    assert "18.67" in shown.out
    assert "onbekend" in shown.out  # the stops
    for row in rows[:50]:
        assert row[2] not in shown.out
    assert "2025-" not in shown.out


@pytest.fixture
def own_suite(spoedkader: Any, example: Path) -> Iterator[Addresses]:
    """Services that hold the example round and can be changed."""
    with throw_away_suite() as addresses:
        assert spoedkader("import", example, addresses=addresses).status == 0
        yield addresses


def test_what_is_sent_is_stored(spoedkader: Any, example: Path, own_suite: Addresses) -> None:
    result = spoedkader(
        "indicators", example / "encounters" / "L043.csv", "--location", "L043", "--year", 2024,
        "--stops", example / "stops.csv", "--json", addresses=own_suite,
    )  # fmt: skip
    assert result.status == 0, result.err
    sent = json.loads(result.out)["indicators"]
    with grpc.insecure_channel(own_suite.quality) as channel:
        stub = indicator_pb2_grpc.IndicatorServiceStub(channel)
        request = indicator_pb2.GetIndicatorsRequest(name="providers/-/locations/L043/indicators/2024")
        stored = stub.GetIndicators(request, timeout=10)
    assert str(stored.seh_visits) == sent["seh_visits"]
    assert stored.seh_stops == int(sent.get("seh_stops", 0))


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", "visit_id,department,arrived_at,departed_at\ngeheim,X,x,\n", (), "a.csv:2: department"),
        ("a.ndjson", '{"id": "geheim"', ("--mapping", "mapping.yaml"), "resource 1: geen geldige JSON"),
        ("a.ndjson", "{}", (), "--mapping"),
        ("a.csv", "visit_id,department,arrived_at,departed_at\n", ("--mapping", "mapping.yaml"), "is een CSV"),
        ("a.ndjson", "{}", ("--mapping", "fout.yaml"), "ehh: ontbreekt"),
        ("a.ndjson", "{}", ("--mapping", "weg.yaml"), "weg.yaml"),
        ("a.csv", "visit_id,department,arrived_at,departed_at\n", ("--stops", "fout.yaml"), "stop_id"),
    ],
)
def test_refusals_send_nothing(
    spoedkader: Any, tmp_path: Path, name: str, content: str, options: tuple[str, ...], message: str
) -> None:
    write_mapping(tmp_path)
    (tmp_path / "fout.yaml").write_text("seh: {type: ['a|b']}\n")
    (tmp_path / name).write_text(content)
    given = tuple(tmp_path / option if option.endswith(".yaml") else option for option in options)
    address = f"unix:{tmp_path}/q.sock"
    with recording(address) as recorder:
        result = spoedkader(
            "indicators", tmp_path / name, "--location", "L020", "--year", 2025, *given,
            addresses=Addresses("unix:/weg", address, "unix:/weg"),
        )  # fmt: skip
    assert (result.status, result.out) == (1, "")
    assert message in result.err
    assert "geheim" not in result.err
    assert recorder.around == []


MEMORY = 250
"""What the command may take for a file that it refuses, in MB; it needs some 100 for itself."""
CSV = "visit_id,department,arrived_at,departed_at\n"
XML = '<Bundle xmlns="http://hl7.org/fhir">'
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20))


def sparse(start: str) -> Callable[[Path], None]:
    """A start, and zeros up to a gigabyte that take no place on the disk."""

    def make(file: Path) -> None:
        file.write_text(start)
        os.truncate(file, 1_000_000_000)

    return make


def packed(start: str, *, unlike: int) -> Callable[[Path], None]:
    """A gzipped start and a gigabyte of letters and digits behind it, `unlike` in a million of which do not repeat."""

    def make(file: Path) -> None:
        random_text = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=unlike))
        block = gzip.compress((random_text + "x" * (1_000_000 - unlike)).encode())
        file.write_bytes(gzip.compress(start.encode()) + block * 1000)

    return make


def bomb(start: str, again: str) -> Callable[[Path], None]:
    """A gzipped start and a gigabyte of lines that are as they should be."""

    def make(file: Path) -> None:
        block = gzip.compress((again * (1_000_000 // len(again))).encode())
        file.write_bytes(gzip.compress(start.encode()) + block * 1000)

    return make


def text(start: str, again: str = "", times: int = 0) -> Callable[[Path], None]:
    """A start, and something again and again behind it."""

    def make(file: Path) -> None:
        file.write_text(start + again * times)

    return make


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("bomb.ndjson.gz", bomb("", f'{{"a": "{"x" * 500}"}}\n'), "meer dan 200 keer zo groot"),
        ("bomb.csv.gz", bomb(CSV, "1,SEH,2025-01-01T10:00,\n"), "meer dan 200 keer zo groot"),
        ("line.ndjson", sparse('{"a": "'), "resource 1 is groter dan 1000000 bytes"),
        ("line.ndjson.gz", packed('{}\n{"a": "', unlike=8000), "resource 2 is groter dan 1000000 bytes"),
        ("value.json.gz", packed('[{"a": "', unlike=8000), "resource 1: geen geldige JSON, of groter dan"),
        ("bundle.json.gz", packed('{"entry": [{"a": 1}, {"a": "', unlike=8000), "resource 2: geen geldige JSON, of"),
        ("line.csv", sparse(CSV + "1"), "csv:2: regel is langer dan 1000000"),
        ("line.csv.gz", packed(CSV + "1", unlike=8000), "regel is langer dan"),
        ("deep.ndjson", text("", '{"a":', 190_000), "resource 1 is te diep genest"),
        ("deep.json", text("", "[", 50_000_000), "resource 1 is te diep genest"),
        ("deep.xml", text(XML, "<entry>", 1_000_000), "geen geldige XML na resource 0"),
        ("element.xml.gz", packed(XML + "<entry>", unlike=8000), "resource 1 is groter dan 1000000 bytes"),
        ("attribute.xml.gz", packed(XML + '<entry id="', unlike=8000), "resource 1 is groter dan"),
        ("elements.xml", text(XML + "<entry>", "<a/>", 20_000_000), "resource 1 is groter dan 1000000 bytes"),
        ("laughs.xml", text(f'<!DOCTYPE B [<!ENTITY a0 "ha">{LAUGHS}]>{XML}&a19;</Bundle>'), "geen geldige XML"),
        ("file.xml", text(f'<!DOCTYPE B [<!ENTITY a SYSTEM "file:///etc/passwd">]>{XML}&a;</Bundle>'), "DTD of"),
    ],
)  # fmt: skip
def test_a_file_that_attacks_is_refused_in_little_memory(
    tmp_path: Path, name: str, make: Callable[[Path], None], message: str
) -> None:
    make(tmp_path / name)
    mapping = [] if ".csv" in name else ["--mapping", str(write_mapping(tmp_path))]
    address = f"unix:{tmp_path}/q.sock"
    given = ["indicators", str(tmp_path / name), "--location", "L020", "--year", "2025", "--quality", address, *mapping]
    measured = (
        "from services.cli.main import app\ntry:\n    app()\nfinally:\n    print(open('/proc/self/status').read())"
    )
    with recording(address) as recorder:
        command = [sys.executable, "-c", measured, *given]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert message in done.stderr.replace("\n", "")
    assert recorder.around == []
    (most,) = re.findall(r"VmHWM:\s*([0-9]+) kB", done.stdout)
    assert int(most) < MEMORY * 1024
