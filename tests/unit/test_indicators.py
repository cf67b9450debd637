"""The indicators: the example's figures, each rule by a small file, and a plain-Python oracle on random files."""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cli.exchange.reader import read_folder
from spoedkader import amsterdam, encounters
from spoedkader.indicators import EncounterProblems, Indicators, calculate, in_tenths
from spoedkader.wallclock.intervals import to_minute

EXAMPLE = Path(__file__).parents[2] / "data" / "voorbeeld-2027"
HEADER = "visit_id,department,arrived_at,departed_at\n"
ZONE = ZoneInfo("Europe/Amsterdam")

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Stop:
    department: str
    starts_at: datetime
    ends_at: datetime | None


def written(path: Path, rows: Iterable[Sequence[str]], *, quoted: bool = False) -> Path:
    file = path / "L1.csv"
    mark = '"' if quoted else ""
    file.write_text(HEADER + "".join(",".join(f"{mark}{cell}{mark}" for cell in row) + "\n" for row in rows), "utf-8")
    return file


def of(path: Path, *rows: Row, year: int = 2025) -> Indicators:
    return calculate(written(path, rows), [], year)


def stay(path: Path, arrived: str, departed: str, year: int = 2025) -> Fraction | None:
    return of(path, ("1", "SEH", arrived, departed), year=year).mean_length_of_stay


def stop(start: str, end: str | None, department: str = "SEH") -> Stop:
    return Stop(department, datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)


def test_example() -> None:
    folder = read_folder(EXAMPLE)
    with (EXAMPLE / "expected" / "indicators.csv").open(encoding="utf-8", newline="") as source:
        expected = list(csv.reader(source))[1:]
    found = []
    for location_id, file in sorted(folder.encounter_files.items()):
        stops = [row for row in folder.stops if row.location_id == location_id]
        result = calculate(file, stops, folder.round.reference_year)
        assert result.mean_tenths is not None
        assert result.median_tenths is not None
        counts = [result.year, result.seh_visits, result.ehh_visits, result.seh_stops]
        stays = [f"{value // 10}.{value % 10}" for value in (result.mean_tenths, result.median_tenths)]
        found.append([location_id, *map(str, counts), *stays, str(result.excluded)])
    assert found == expected


def test_the_examples_files_are_read_by_the_fast_way() -> None:
    for file in (EXAMPLE / "encounters").iterdir():
        fast = encounters._read_plain_lines(file)
        assert fast is not None
        assert fast.equals(encounters._read_row_by_row(file))


def test_quoted_files_are_read_by_the_fast_way_too(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        [("007", "SEH", "2025-01-01T10:00", ""), ("7", "EHH", "2025-01-01T10:00", "2025-01-01T11:00")],
        quoted=True,
    )
    fast = encounters._read_plain_lines(file)
    assert fast is not None
    assert fast.equals(encounters._read_row_by_row(file))


def test_importing_the_module_does_not_import_polars() -> None:
    code = "import sys, spoedkader.indicators; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=EXAMPLE.parents[1]).returncode == 0


def test_no_visits(tmp_path: Path) -> None:
    assert of(tmp_path) == Indicators(2025, 0, 0, 0, None, None, 0)


def test_no_departures_at_all(tmp_path: Path) -> None:
    result = of(tmp_path, ("1", "SEH", "2025-01-01T10:00", ""), ("2", "EHH", "2025-01-01T10:00", ""))
    assert result == Indicators(2025, 1, 1, 0, None, None, 1)
    assert result.mean_tenths is None
    assert result.median_tenths is None


def test_stays_are_of_seh_visits_with_a_departure(tmp_path: Path) -> None:
    result = of(
        tmp_path,
        ("1", "SEH", "2025-01-01T10:00", "2025-01-01T10:30"),
        ("2", "SEH", "2025-01-01T10:00", ""),
        ("3", "EHH", "2025-01-01T10:00", "2025-01-01T20:00"),
    )
    assert result == Indicators(2025, 2, 1, 0, Fraction(30), Fraction(30), 1)


def test_rows_of_one_visit_are_one_visit(tmp_path: Path) -> None:
    result = of(
        tmp_path,
        ("1", "SEH", "2025-01-01T10:20", "2025-01-01T11:30"),
        ("1", "SEH", "2025-01-01T10:10", ""),
        ("1", "SEH", "2025-01-01T10:30", "2025-01-01T11:00"),
    )
    assert result == Indicators(2025, 1, 0, 0, Fraction(80), Fraction(80), 0)


def test_leading_zeros_make_another_visit(tmp_path: Path) -> None:
    row = ("SEH", "2025-01-01T10:20", "2025-01-01T11:30")
    assert of(tmp_path, ("01", *row), ("001", *row), ("1", *row)).seh_visits == 3


def test_department_is_that_of_the_earliest_row(tmp_path: Path) -> None:
    late, early = "2025-01-01T10:20", "2025-01-01T10:10"
    assert of(tmp_path, ("1", "SEH", late, ""), ("1", "EHH", early, "")).ehh_visits == 1
    assert of(tmp_path, ("1", "EHH", late, ""), ("1", "SEH", early, "")).seh_visits == 1
    assert of(tmp_path, ("1", "EHH", early, ""), ("1", "SEH", early, "")).ehh_visits == 1
    assert of(tmp_path, ("1", "SEH", early, ""), ("1", "EHH", early, "")).seh_visits == 1


def test_year_is_that_of_the_first_arrival(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("1", "SEH", "2025-01-01T00:10", "2025-01-01T00:40"),
        ("1", "SEH", "2024-12-31T23:59", ""),
        ("2", "SEH", "2025-12-31T23:59", "2026-01-01T00:59"),
        ("3", "SEH", "2026-01-01T00:00", "2026-01-01T00:59"),
    ]
    assert of(tmp_path, *rows) == Indicators(2025, 1, 0, 0, Fraction(60), Fraction(60), 0)
    assert of(tmp_path, *rows, year=2024).mean_length_of_stay == 41


def test_median_of_an_even_number_is_the_mean_of_the_middle_two(tmp_path: Path) -> None:
    def rows(*minutes: int) -> list[Row]:
        return [
            (str(n), "SEH", "2025-01-01T10:00", f"2025-01-01T{10 + m // 60}:{m % 60:02d}")
            for n, m in enumerate(minutes)
        ]

    assert of(tmp_path, *rows(100, 10, 21, 20)).median_length_of_stay == Fraction(41, 2)
    assert of(tmp_path, *rows(100, 10, 21)).median_length_of_stay == 21


def test_half_up_to_one_decimal() -> None:
    assert in_tenths(Fraction(1, 20)) == 1
    assert in_tenths(Fraction(5, 20)) == 3
    assert in_tenths(Fraction(49, 1000)) == 0
    assert in_tenths(Fraction(1811, 10)) == 1811
    assert in_tenths(Fraction(18115, 100)) == 1812
    assert in_tenths(None) is None


@pytest.mark.parametrize(
    ("arrived", "departed", "minutes"),
    [
        # 26 October 2025: 02:00-03:00 comes twice
        ("2025-10-26T01:30", "2025-10-26T02:30", 60),
        ("2025-10-26T01:30", "2025-10-26T03:00", 150),
        ("2025-10-26T02:50", "2025-10-26T03:05", 75),
        ("2025-10-26T02:10", "2025-10-26T02:50", 40),
        ("2025-10-26T02:50", "2025-10-26T02:10", 20),
        ("2025-10-26T02:59", "2025-10-26T02:00", 1),
        ("2025-10-26T02:30", "2025-10-26T02:30", 0),
        ("2025-10-25T23:00", "2025-10-26T23:00", 25 * 60),
        # 30 March 2025: 02:00-03:00 does not come
        ("2025-03-30T01:50", "2025-03-30T03:10", 20),
        ("2025-03-29T23:00", "2025-03-30T23:00", 23 * 60),
        ("2025-03-30T01:50", "2025-03-30T02:10", 20),
        ("2025-03-30T02:30", "2025-03-30T04:00", 30),
        ("2025-03-30T02:30", "2025-03-30T03:10", 40),
        ("2025-03-30T03:10", "2025-03-30T02:30", 20),
    ],
)
def test_clock_changes(tmp_path: Path, arrived: str, departed: str, minutes: int) -> None:
    assert stay(tmp_path, arrived, departed) == minutes
    assert amsterdam.elapsed(*(to_minute(datetime.fromisoformat(text)) for text in (arrived, departed))) == minutes


def test_repeated_hour_of_another_year(tmp_path: Path) -> None:
    assert stay(tmp_path, "2026-10-25T02:50", "2026-10-25T02:10", year=2026) == 20


def test_second_occurrence_is_judged_by_its_own_row_and_is_the_latest(tmp_path: Path) -> None:
    result = of(
        tmp_path,
        ("1", "SEH", "2025-10-26T01:30", "2025-10-26T02:40"),
        ("1", "SEH", "2025-10-26T02:50", "2025-10-26T02:10"),
    )
    assert result.mean_length_of_stay == 100


def test_stops_are_merged_and_counted_where_they_start(tmp_path: Path) -> None:
    stops = [
        stop("2024-12-31T23:00", "2025-01-01T01:00"),
        stop("2025-01-01T01:00", "2025-01-01T02:00"),  # touches a stop that starts in the year before
        stop("2025-02-01T10:00", "2025-02-01T12:00"),
        stop("2025-02-01T11:00", "2025-02-01T13:00"),
        stop("2025-02-01T13:01", "2025-02-01T14:00"),
        stop("2025-03-01T10:00", "2025-03-01T12:00", "EHH"),
        stop("2025-12-30T10:00", None),
        stop("2025-12-31T10:00", "2026-01-01T12:00"),  # lies in the one that is open
        stop("2026-01-01T13:00", None),
    ]
    assert calculate(written(tmp_path, []), stops, 2025).seh_stops == 3
    assert calculate(written(tmp_path, []), reversed(stops), 2025).seh_stops == 3


def test_a_stop_that_ends_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not after its start"):
        calculate(written(tmp_path, []), [stop("2025-01-01T10:00", "2025-01-01T10:00")], 2025)


def problems_of(path: Path, content: str | bytes) -> EncounterProblems:
    file = path / "L1.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(EncounterProblems) as caught:
        calculate(file, [], 2025)
    return caught.value


GOOD = "1,SEH,2025-01-01T10:00,2025-01-01T11:00\n"


@pytest.mark.parametrize(
    ("content", "line", "field", "reason"),
    [
        ("", 1, "", "kopregel"),
        ("visit_id,department,arrived_at\n", 1, "departed_at", "ontbreekt"),
        (HEADER.strip() + ",geboortedatum\n", 1, "", "kolom 5 is onbekend"),
        (HEADER.strip() + ",visit_id\n", 1, "visit_id", "dubbel"),
        (HEADER + GOOD + "2,IC,2025-01-01T10:00,\n", 3, "department", "EHH"),
        (HEADER + GOOD + ",SEH,2025-01-01T10:00,\n", 3, "visit_id", "leeg"),
        (HEADER + GOOD + "2,SEH,,\n", 3, "arrived_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,2025-02-29T10:00,\n", 3, "arrived_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,2025-02-28T24:00,\n", 3, "arrived_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,2025-02-28T10:60,\n", 3, "arrived_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,2025-02-28T10:00:00,\n", 3, "arrived_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,1899-02-28T10:00,\n", 3, "arrived_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,2025-01-01T10:00,morgen\n", 3, "departed_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,2025-01-01T10:00,2201-01-01T00:00\n", 3, "departed_at", "tijdstip"),
        (HEADER + GOOD + "2,SEH,2025-01-01T10:00,2025-01-01T09:59\n", 3, "departed_at", "voor arrived_at"),
        (HEADER + GOOD + "2,SEH,2025-01-01T10:00\n", 3, "", "3 cellen"),
        (HEADER + GOOD + "2,SEH,2025-01-01T10:00,,\n", 3, "", "5 cellen"),
        (HEADER + GOOD + '"2\n3",IC,2025-01-01T10:00,\n', 3, "department", "EHH"),
        (HEADER + GOOD + '"2,SEH,2025-01-01T10:00,\n', 3, "", "aanhalingsteken"),
        (HEADER + GOOD + "x" * 10_001 + ",SEH,2025-01-01T10:00,\n", 3, "visit_id", "10000"),
        ((HEADER + GOOD).encode() + b"\xff,SEH,2025-01-01T10:00,\n", 3, "visit_id", "UTF-8"),
    ],
)
def test_malformed_files(tmp_path: Path, content: str | bytes, line: int, field: str, reason: str) -> None:
    error = problems_of(tmp_path, content)
    assert error.total == len(error.problems) == 1
    (problem,) = error.problems
    assert (problem.line, problem.field) == (line, field)
    assert reason in problem.reason


def test_every_fault_is_counted_and_the_first_hundred_are_listed(tmp_path: Path) -> None:
    error = problems_of(tmp_path, HEADER + GOOD + "1,XX,2025-01-01T10:00,x\n" * 75)
    assert error.total == 150
    assert [(p.line, p.field) for p in error.problems[:3]] == [(3, "department"), (3, "departed_at"), (4, "department")]
    assert len(error.problems) == 100
    assert str(error).endswith("… en nog 50 fouten (150 in totaal)")


def test_messages_hold_nothing_of_a_visit(tmp_path: Path) -> None:
    error = problems_of(tmp_path, HEADER + "geheim,geheim,geheim,geheim\n")
    assert "geheim" not in str(error)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (HEADER + GOOD).encode(),
        (HEADER + GOOD).replace("\n", "\r\n").encode(),
        (HEADER + "\n" + GOOD + "\n").encode(),
        (HEADER + GOOD).strip().encode(),
        b'visit_id,department,arrived_at,departed_at\n"1",SEH,2025-01-01T10:00,2025-01-01T11:00\n',
        b'"departed_at",department,arrived_at,visit_id\n2025-01-01T11:00,SEH,2025-01-01T10:00,"1,\n2"\n',
    ],
)
def test_other_dialects_are_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "L1.csv").write_bytes(content)
    assert calculate(tmp_path / "L1.csv", [], 2025) == Indicators(2025, 1, 0, 0, Fraction(60), Fraction(60), 0)


def instant(moment: datetime, fold: int = 0) -> datetime:
    return moment.replace(tzinfo=ZONE, fold=fold).astimezone(UTC)


def times(arrived: datetime, departed: datetime | None) -> tuple[datetime, datetime | None] | None:
    """Return the instants of a row, or None when the departure precedes the arrival in every reading."""
    if departed is None:
        return instant(arrived), None
    for fold_in, fold_out in ((0, 0), (0, 1), (1, 0)):
        if instant(arrived, fold_in) <= instant(departed, fold_out):
            return instant(arrived, fold_in), instant(departed, fold_out)
    return None


def oracle(rows: Sequence[tuple[str, str, datetime, datetime | None]], year: int) -> Indicators:
    visits: dict[str, list[tuple[datetime, str, int, datetime | None]]] = {}
    for visit_id, department, arrived, departed in rows:
        placed = times(arrived, departed)
        assert placed is not None
        visits.setdefault(visit_id, []).append((placed[0], department, arrived.year, placed[1]))
    stays: list[int] = []
    seh = ehh = 0
    for visit in visits.values():
        start, department, visit_year, _ = min(visit, key=lambda row: row[0])
        if visit_year == year:
            ends = [row[3] for row in visit if row[3] is not None]
            seh += department == "SEH"
            ehh += department == "EHH"
            if department == "SEH" and ends:
                stays.append(int((max(ends) - start).total_seconds()) // 60)
    stays.sort()
    mean = Fraction(sum(stays), len(stays)) if stays else None
    middle = len(stays) // 2
    median = None if not stays else Fraction(stays[middle] + stays[-middle - 1], 2)
    return Indicators(year, seh, ehh, 0, mean, median, seh - len(stays))


anchors = st.sampled_from(
    [
        datetime(2025, 10, 26, 2),
        datetime(2025, 3, 30, 2),
        datetime(2025, 1, 1),
        datetime(2026, 1, 1),
        datetime(2025, 7, 1),
    ]
)
minutes = st.integers(-150, 150).map(lambda value: timedelta(minutes=value))


@st.composite
def encounter_rows(draw: st.DrawFn) -> list[tuple[str, str, datetime, datetime | None]]:
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        arrived = draw(anchors) + draw(minutes)
        departed = draw(st.none() | minutes.map(arrived.__add__))
        if times(arrived, departed) is not None:
            visit_id = draw(st.sampled_from(["1", "01", "2", "3", "é"]))
            rows.append((visit_id, draw(st.sampled_from(["SEH", "EHH"])), arrived, departed))
    return rows


@settings(max_examples=150, deadline=None)
@given(encounter_rows(), st.booleans())
def test_agrees_with_a_plain_calculation(rows: list[tuple[str, str, datetime, datetime | None]], quoted: bool) -> None:
    cells = [
        (row[0], row[1], *(moment.isoformat(timespec="minutes") if moment else "" for moment in row[2:]))
        for row in rows
    ]
    with tempfile.TemporaryDirectory() as path:
        file = written(Path(path), cells, quoted=quoted)
        assert encounters._read_plain_lines(file) is not None
        assert calculate(file, [], 2025) == oracle(rows, 2025)


@settings(max_examples=300, deadline=None)
@given(anchors, minutes, minutes)
def test_a_departure_that_precedes_in_every_reading_is_a_fault(
    anchor: datetime, before: timedelta, after: timedelta
) -> None:
    arrived, departed = anchor + before, anchor + after
    placed = times(arrived, departed)
    assert amsterdam.can_follow(to_minute(arrived), to_minute(departed)) == (placed is not None)
    if placed is not None and placed[1] is not None:
        assert (
            amsterdam.elapsed(to_minute(arrived), to_minute(departed)) * 60 == (placed[1] - placed[0]).total_seconds()
        )
