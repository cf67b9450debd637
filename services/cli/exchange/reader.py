"""Reads and validates an exchange folder as a whole: either all of it is right, or every problem is reported."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from services.cli.exchange import rows
from services.cli.exchange.checks import check_count, check_order, check_references, check_unique
from services.cli.exchange.documents import Document, read_document, read_fields
from services.cli.exchange.parsing import Parsed, RowParser
from services.cli.exchange.problems import FolderProblems, Problem
from services.cli.exchange.rows import TABLES
from services.cli.exchange.sources import read_text
from services.cli.exchange.tables import Table, read_table

AnswersCheck = Callable[[Mapping[str, Any]], Sequence[tuple[tuple[str, ...], str]]]
"""From the answers by question id to problems: the key path within the answers, and why."""

AnswersCheckOfYear = Callable[[int], AnswersCheck | None]
"""From a policy year to the check of its questionnaire, or None when there are no rules for that year."""

MAX_PERIODS = 200

_REQUIRED = ("round.json", "providers.csv", "locations.csv")


def read_folder(
    path: Path, *, roaz_regions: frozenset[str] | None = None, answers_check: AnswersCheckOfYear | None = None
) -> rows.ExchangeFolder:
    """Read everything in the exchange folder at `path`.

    `round.json`, `providers.csv` and `locations.csv` must be there; another file that is absent counts as empty.
    `roaz_regions` are the names that `roaz_region` may hold; without them any name will do. `answers_check` gives what
    judges the answers of each location in the policy year; without it any year will do, and answers have to be JSON.
    Of `encounters/` only the file names are read: its contents never leave the hospital.

    Raises `FolderProblems` with every problem of the folder, and OSError when a file cannot be read.
    """
    if not path.is_dir():
        raise FolderProblems([Problem(".", 1, "", "map bestaat niet")])
    problems = [Problem(name, 1, "", "bestand ontbreekt") for name in _REQUIRED if not (path / name).is_file()]
    problems.extend(_strays(path))
    round_parsed, check = _read_round(path, answers_check, problems)
    tables = {name: _read_table(path, name, problems) for name in TABLES}
    _check_tables(tables, roaz_regions, problems)
    locations = tables["locations.csv"].keys("location_id")
    answers = _read_answers(path, round_parsed, locations, check, problems)
    encounter_files = _encounter_files(path, locations, problems)
    if problems or round_parsed.row is None:
        raise FolderProblems(problems)
    return rows.ExchangeFolder(
        round=round_parsed.row,
        providers=tables["providers.csv"].rows(),
        approvals=tables["approvals.csv"].rows(),
        locations=tables["locations.csv"].rows(),
        opening_hours=tables["opening_hours.csv"].rows(),
        closures=tables["closures.csv"].rows(),
        stops=tables["stops.csv"].rows(),
        answers=answers,
        indicators=tables["indicators.csv"].rows(),
        attestations=tables["attestations.csv"].rows(),
        encounter_files=encounter_files,
    )


@cache
def _round_parser() -> RowParser[rows.Round]:
    return RowParser(rows.Round)


@cache
def _answers_parser() -> RowParser[rows.AnswersDocument]:
    return RowParser(rows.AnswersDocument)


@cache
def _table_parser(name: str) -> RowParser[Any]:
    return RowParser(TABLES[name])


def _strays(path: Path) -> list[Problem]:
    """Report data files whose name is not one of the format's: a misspelt `stop.csv` would go unread."""
    known = {"round.json", *TABLES}
    return [
        Problem(entry.name, 1, "", "onbekend bestand")
        for entry in path.iterdir()
        if entry.suffix.lower() in (".csv", ".json") and entry.name not in known and not entry.name.startswith(".")
    ]


def _read_round(
    path: Path, answers_check: AnswersCheckOfYear | None, problems: list[Problem]
) -> tuple[Parsed[rows.Round], AnswersCheck | None]:
    file = path / "round.json"
    document = read_document(read_text(file, file.name, problems), file.name, problems) if file.is_file() else None
    if document is None:
        return Parsed(None), None
    parsed = read_fields(document, _round_parser(), problems)
    policy_year = parsed.value("policy_year")
    if answers_check is None or policy_year is None:
        return parsed, None
    check = answers_check(policy_year)
    if check is None:
        problems.append(document.problem(("policy_year",), f"voor {policy_year} zijn er geen regels"))
    return parsed, check


def _read_table(path: Path, name: str, problems: list[Problem]) -> Table[Any]:
    file = path / name
    if not file.is_file():
        # A required file is reported as missing already; what refers to it cannot be judged.
        return Table(name, (), keys_complete=name not in _REQUIRED)
    return read_table(read_text(file, name, problems), name, _table_parser(name), problems)


def _check_tables(
    tables: Mapping[str, Table[Any]], roaz_regions: frozenset[str] | None, problems: list[Problem]
) -> None:
    providers = tables["providers.csv"].keys("agb")
    for name in ("approvals.csv", "locations.csv", "attestations.csv"):
        check_references(tables[name], "agb", providers, "zorgaanbieder", problems)
    locations = tables["locations.csv"].keys("location_id")
    for name in ("opening_hours.csv", "closures.csv", "stops.csv", "indicators.csv"):
        check_references(tables[name], "location_id", locations, "locatie", problems)
    check_references(tables["locations.csv"], "roaz_region", roaz_regions, "ROAZ-regio", problems)

    check_unique(tables["providers.csv"], ("agb",), problems)
    check_unique(tables["locations.csv"], ("location_id",), problems)
    check_unique(tables["closures.csv"], ("closure_id",), problems)
    check_unique(tables["stops.csv"], ("stop_id",), problems)
    check_unique(tables["indicators.csv"], ("location_id", "year"), problems)

    for name in ("closures.csv", "stops.csv"):
        check_order(tables[name], "starts_at", "ends_at", "einde ligt niet na het begin", problems)
    check_count(tables["opening_hours.csv"], "location_id", MAX_PERIODS, problems)
    check_order(tables["opening_hours.csv"], "valid_from", "valid_until", "ligt niet na valid_from", problems)
    check_order(tables["locations.csv"], "opened_on", "closed_on", "ligt voor opened_on", problems, may_be_equal=True)


def _read_answers(
    path: Path,
    round_parsed: Parsed[rows.Round],
    locations: frozenset[str] | None,
    check: AnswersCheck | None,
    problems: list[Problem],
) -> tuple[rows.AnswersDocument, ...]:
    documents: list[rows.AnswersDocument] = []
    for file in _files(path / "answers", ".json", problems):
        name = f"answers/{file.name}"
        document = read_document(read_text(file, name, problems), name, problems)
        if document is None:
            continue
        parsed = read_fields(document, _answers_parser(), problems)
        problems.extend(_document_problems(file.stem, document, parsed, round_parsed, locations))
        answers = parsed.value("answers")
        if check is not None and answers is not None:
            for key_path, reason in check(answers):
                problems.append(document.problem(("answers", *key_path), reason))
        if parsed.row is not None:
            documents.append(parsed.row)
    return tuple(documents)


def _document_problems(
    stem: str,
    document: Document,
    parsed: Parsed[rows.AnswersDocument],
    round_parsed: Parsed[rows.Round],
    locations: frozenset[str] | None,
) -> Iterator[Problem]:
    location_id = parsed.value("location_id")
    if location_id is not None and location_id != stem:
        yield (document.problem(("location_id",), f"'{location_id}' is niet de naam van het bestand"))
    if location_id is not None and locations is not None and location_id not in locations:
        yield (document.problem(("location_id",), f"onbekende locatie '{location_id}'"))
    survey_year, expected = parsed.value("survey_year"), round_parsed.value("survey_year")
    if survey_year is not None and expected is not None and survey_year != expected:
        yield (document.problem(("survey_year",), f"{survey_year} is niet het uitvraagjaar {expected}"))


def _encounter_files(path: Path, locations: frozenset[str] | None, problems: list[Problem]) -> dict[str, Path]:
    files = {file.stem: file for file in _files(path / "encounters", ".csv", problems)}
    for stem, file in files.items():
        if locations is not None and stem not in locations:
            problems.append(Problem(f"encounters/{file.name}", 1, "", f"onbekende locatie '{stem[:80]}'"))
    return files


def _files(folder: Path, suffix: str, problems: list[Problem]) -> list[Path]:
    """Return the files of a subfolder by name; one with another extension is reported, a hidden one passed over."""
    if not folder.is_dir():
        return []
    files: list[Path] = []
    for entry in sorted(folder.iterdir(), key=lambda file: file.name):
        if entry.name.startswith("."):
            continue
        if entry.suffix == suffix and entry.is_file():
            files.append(entry)
        else:
            problems.append(Problem(f"{folder.name}/{entry.name}", 1, "", f"is geen {suffix}-bestand"))
    return files
