"""What stands out in a file of visits, each by a small file."""

from pathlib import Path

from spoedkader.encounter_report import EncounterReport, Gap, Listed, report_on
from spoedkader.encounters import read_encounters
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
