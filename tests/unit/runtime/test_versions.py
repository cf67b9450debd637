"""Versions of facts over a real SQLite file: what is, what was known, and who comes first."""

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam
from sqlmodel import col

from services.runtime.database import Database
from services.runtime.errors import DomainError, Reason
from services.runtime.pages import read_page
from services.runtime.versions import Counts, History, Stamp, Versioned, one_current
from spoedkader.registry.v1 import provider_pb2
from tests.support.databases import with_tables


@dataclass(frozen=True)
class Sample:
    group: str
    number: int
    text: str


class SampleRow(Versioned, table=True):
    __tablename__ = "sample"
    __table_args__ = one_current("sample", "group", "number")

    group: str
    number: int
    text: str


SAMPLES = History(
    SampleRow, ("group", "number"), Sample, asdict, lambda found: f"groups/{found.group}/samples/{found.number}"
)
BY_KEY = History(SampleRow, ("group", "number"), Sample, asdict, str, by_key=True)
OF_GROUP = SAMPLES.where(col(SampleRow.group) == bindparam("of_group"))
START = datetime(2027, 1, 1, tzinfo=UTC)


def stamp(second: int) -> Stamp:
    return Stamp(START + timedelta(seconds=second), "test")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = with_tables(tmp_path / "folder" / "samples.db", [SampleRow], connections=8)
    yield opened
    opened.close()


def put(database: Database, second: int, *samples: Sample) -> Counts:
    with database.write() as connection:
        return SAMPLES.put_all(connection, samples, stamp(second))


def texts(database: Database, second: int | None = None) -> list[str]:
    as_of = None if second is None else START + timedelta(seconds=second)
    with database.read() as connection:
        return [stored.value.text for stored in SAMPLES.every.all(connection, as_of=as_of)]


def test_a_change_supersedes_and_keeps_what_was(database: Database) -> None:
    assert put(database, 1, Sample("a", 1, "een")) == Counts(created=1)
    assert put(database, 2, Sample("a", 1, "twee"), Sample("a", 2, "x")) == Counts(created=1, updated=1)
    assert put(database, 3, Sample("a", 1, "twee")) == Counts(unchanged=1)
    with database.read() as connection:
        versions = SAMPLES.revisions(connection, "a", 1)
        current = SAMPLES.get(connection, "a", 1)
        missing = SAMPLES.get(connection, "a", 9)
    assert [(one.value.text, one.revision, one.recorded_at) for one in versions] == [
        ("een", 1, stamp(1).at),
        ("twee", 2, stamp(2).at),
    ]
    assert current == versions[-1]
    assert current.etag != versions[0].etag
    assert missing is None


def test_what_was_known_then_is_found_again(database: Database) -> None:
    put(database, 10, Sample("a", 1, "een"))
    put(database, 20, Sample("a", 1, "twee"))
    put(database, 30, Sample("b", 1, "drie"))
    assert [texts(database, second) for second in (9, 10, 19, 20, 29, 30, 99)] == [
        [],
        ["een"],
        ["een"],
        ["twee"],
        ["twee"],
        ["twee", "drie"],
        ["twee", "drie"],
    ]
    assert texts(database) == ["twee", "drie"]


def test_a_clock_that_goes_back_leaves_one_version_at_every_moment(database: Database) -> None:
    put(database, 20, Sample("a", 1, "een"))
    put(database, 10, Sample("a", 1, "twee"))
    put(database, 15, Sample("a", 1, "drie"))
    for second in range(30):
        assert len(texts(database, second)) == (second >= 20)
    assert texts(database, 20) == texts(database) == ["drie"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(
            st.builds(Sample, st.sampled_from("ab"), st.integers(1, 3), st.sampled_from("xyz")),
            min_size=1,
            max_size=4,
            unique_by=lambda sample: (sample.group, sample.number),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_series_of_writes_can_be_replayed(
    tmp_path_factory: pytest.TempPathFactory, writes: list[list[Sample]]
) -> None:
    folder = tmp_path_factory.mktemp("replay")
    database = with_tables(folder / "samples.db", [SampleRow])
    known: dict[tuple[str, int], str] = {}
    expected = []
    for second, samples in enumerate(writes, start=1):
        put(database, second, *samples)
        known.update({(sample.group, sample.number): sample.text for sample in samples})
        expected.append(list(known.values()))
    assert [texts(database, second) for second in range(1, len(writes) + 1)] == expected
    assert texts(database) == expected[-1]
    database.close()


def test_resources_are_listed_in_the_order_of_first_recording_or_by_key(database: Database) -> None:
    for second, number in enumerate((3, 1, 2)):
        put(database, second, Sample("a", number, str(number)))
    put(database, 9, Sample("a", 1, "1"), Sample("b", 0, "0"), Sample("a", 3, "3!"))
    assert texts(database) == ["3!", "1", "2", "0"]
    with database.read() as connection:
        assert [one.value.text for one in BY_KEY.every.all(connection)] == ["1", "2", "3!", "0"]
        assert [one.value.text for one in OF_GROUP.all(connection, of_group="b")] == ["0"]


@pytest.mark.parametrize("history", [SAMPLES, BY_KEY])
def test_pages_hold_each_resource_once(database: Database, history: History[SampleRow, Sample]) -> None:
    put(database, 1, *(Sample("ab"[number % 2], number, str(number)) for number in range(25)))
    found: list[str] = []
    request = provider_pb2.ListProvidersRequest(page_size=7)
    with database.read() as connection:
        whole = [stored.value.text for stored in history.every.all(connection)]
        while True:
            shown, token = history.every.page(connection, read_page(request))
            found += [stored.value.text for stored in shown]
            if not token:
                break
            request.page_token = token
    assert found == whole
    assert len(found) == 25


def test_more_values_than_one_statement_takes_are_recorded(database: Database) -> None:
    samples = [Sample("a", number, "x") for number in range(1203)]
    assert put(database, 1, *samples) == Counts(created=1203)
    samples[1100] = Sample("a", 1100, "y")
    assert put(database, 2, *samples) == Counts(updated=1, unchanged=1202)


def test_two_threads_that_write_the_same_resource_both_count(database: Database) -> None:
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(25):
                with database.write() as connection:
                    current = SAMPLES.get(connection, "a", 1)
                    count = int(current.value.text) if current else 0
                    at = datetime.now(UTC)
                    SAMPLES.put(connection, Sample("a", 1, str(count + 1)), Stamp(at, name))
                    SAMPLES.put(connection, Sample(name, number, "x"), Stamp(at, name))
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with database.read() as connection:
        versions = SAMPLES.revisions(connection, "a", 1)
        everything = SAMPLES.every.all(connection)
    assert [stored.value.text for stored in versions] == [str(count) for count in range(1, 51)]
    assert [stored.recorded_at for stored in versions] == sorted(stored.recorded_at for stored in versions)
    assert len({stored.sequence for stored in everything}) == len(everything) == 51


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    put(database, 1, Sample("a", 1, "een"))
    with database.read() as connection:
        before = SAMPLES.every.all(connection)
        put(database, 2, Sample("a", 1, "twee"), Sample("a", 2, "x"))
        assert SAMPLES.every.all(connection) == before
    assert texts(database) == ["twee", "x"]


def test_a_write_that_fails_or_is_not_kept_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as connection:
            SAMPLES.put(connection, Sample("a", 1, "x"), stamp(1))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        write_and_fail()
    with database.write(keep=False) as connection:
        SAMPLES.put(connection, Sample("a", 1, "x"), stamp(1))
        assert len(SAMPLES.every.all(connection)) == 1
    assert texts(database) == []


def test_moments_need_a_time_zone(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)naive|aware|timezone"), database.write() as connection:
        SAMPLES.put(connection, Sample("a", 1, "x"), Stamp(datetime(2027, 1, 1), "test"))


def test_an_expected_version_that_is_not_there_is_refused(database: Database) -> None:
    put(database, 1, Sample("a", 1, "een"))
    with database.read() as connection:
        stored = SAMPLES.get(connection, "a", 1)
    assert stored is not None
    stored.require("")
    stored.require(stored.etag)
    with pytest.raises(DomainError) as refused:
        stored.require('"2"')
    assert refused.value.reason is Reason.ETAG_MISMATCH
