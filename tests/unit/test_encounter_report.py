"""What stands out in a file of visits, each by a small file."""

from pathlib import Path
from typing import Any

import pytest

from spoedkader import visit_keys
from spoedkader.departments import read_departments
from spoedkader.encounter_report import EncounterReport, Gap, Listed, report_on
from spoedkader.encounters import read_encounters
from spoedkader.fhir import read_fhir
from spoedkader.indicators import calculate
from tests.support.fhir_files import encounter, write, write_mapping
from tests.unit.test_indicators import Row, written


def of(folder: Path, *rows: Row) -> EncounterReport:
    return report_on(read_encounters(written(folder, rows)), 2025)


def test_rows(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        ("1", "SEH", "2025-01-01T10:00", "2025-01-04T10:00"),
        ("1", "SEH", "2025-01-01T10:00", "2025-01-04T10:00"),
        ("2", "SEH", "2025-01-01T10:00", "2025-01-04T10:01"),
        ("3", "EHH", "2025-01-01T10:00", "2025-01-01T10:00"),
        ("4", "SEH", "2025-01-01T10:00", ""),
        ("4", "SEH", "2025-01-01T10:00", ""),
        ("4", "SEH", "2025-01-01T10:00", "2025-01-01T10:01"),
    )
    assert found.rows == 7
    assert found.repeated == Listed(2, [2, 6])
    assert found.too_long == Listed(1, [3])
    assert found.no_stay == Listed(1, [4])
    assert found.without_end == Listed(2, [5, 6])


def test_overlaps_within_a_visit(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        ("1", "SEH", "2025-01-01T10:30", "2025-01-01T11:30"),
        ("1", "SEH", "2025-01-01T10:00", "2025-01-01T10:31"),
        ("1", "SEH", "2025-01-01T10:00", "2025-01-01T10:31"),  # repeats, and is no overlap besides
        ("1", "SEH", "2025-01-01T10:15", ""),
        ("1", "SEH", "2025-01-01T11:30", "2025-01-01T12:00"),  # touches
        ("2", "SEH", "2025-01-01T10:00", ""),
        ("2", "SEH", "2025-01-01T10:05", "2025-01-01T12:00"),  # after a row without an end
        ("3", "SEH", "2025-01-01T10:00", "2025-01-01T12:00"),  # another visit
    )
    assert found.overlapping == Listed(2, [1, 4])
    assert found.repeated == Listed(1, [3])
    assert found.overlapping_of_patient is None


def test_overlaps_of_a_patient(tmp_path: Path) -> None:
    def visit(number: int, visit_id: str, start: str, end: str, patient: str | None) -> dict[str, Any]:
        times = (f"2025-01-01T{start}+01:00", f"2025-01-01T{end}+01:00")
        subject = {"subject": {"reference": patient}} if patient else {"subject": {}}
        return {**encounter(number, (visit_id, "SEH", *times)), **subject}

    resources = [
        visit(1, "1", "10:00", "10:40", "Patient/a"),
        visit(2, "1", "10:30", "11:00", "Patient/a"),  # of the same visit
        visit(3, "2", "10:59", "11:10", "Patient/a"),
        visit(4, "3", "11:10", "11:20", "Patient/a"),
        visit(5, "4", "10:00", "11:00", "Patient/b"),
        visit(6, "5", "10:00", "11:00", None),
        visit(7, "6", "10:00", "11:00", None),
    ]
    departments = read_departments(write_mapping(tmp_path))
    for form in ("ndjson", "json", "xml"):
        found = report_on(read_fhir(write(tmp_path, form, resources), departments).table, 2025)
        assert found.overlapping_of_patient == Listed(1, [3])
        assert found.overlapping == Listed(1, [2])


def test_a_large_file_is_reported_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [
        (str(n % 70), "SEH", f"2025-01-{n % 28 + 1:02}T10:00", f"2025-01-{n % 28 + 1:02}T11:{n % 60:02}")
        for n in range(200)
    ]
    whole = of(tmp_path, *rows)
    totals = calculate(tmp_path / "L1.csv", [], 2025)
    monkeypatch.setattr(visit_keys, "_PART_ROWS", 10)
    assert of(tmp_path, *rows) == whole
    assert calculate(tmp_path / "L1.csv", [], 2025) == totals


def test_gaps_are_those_of_the_year_and_at_its_ends(tmp_path: Path) -> None:
    days = [f"2025-{month:02d}-{day:02d}T00:00" for month in range(1, 13) for day in range(1, 29)]
    days += [f"2025-{month:02d}-{day}T00:00" for month in range(1, 13) for day in (29, 30) if month != 2]
    days += [f"2025-{month:02d}-31T00:00" for month in (1, 3, 5, 7, 8, 10, 12)]

    def rows(without: set[str]) -> list[Row]:
        return [("1", "SEH", day, "") for day in sorted(days) if day[:10] not in without]

    # The day on which the clock goes back lasts 25 hours.
    assert of(tmp_path, *rows(set())).gaps == (Gap(299, 300),)
    without = {"2025-01-01", "2025-01-02", "2025-06-01", "2025-10-26", "2025-12-31"}
    assert of(tmp_path, *rows(without)).gaps == (Gap(None, 1), Gap(149, 150), Gap(295, 296), Gap(360, None))
    empty = of(tmp_path, ("1", "SEH", "2024-12-31T10:00", ""))
    assert (empty.gap_count, empty.gaps) == (1, (Gap(None, None),))


def test_the_first_twenty_are_listed(tmp_path: Path) -> None:
    found = of(tmp_path, *([("1", "SEH", "2025-01-01T10:00", "")] * 30))
    assert found.without_end == Listed(30, list(range(1, 21)))
