"""What follows from an exchange folder: the services work it out, and the indicators come from the encounters."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.cli import results
from services.cli.answers import in_minutes
from services.cli.clients import Services
from services.cli.exchange.expected import ExpectedRows, IndicatorResultRow
from services.cli.exchange.problems import FolderProblems, Problem
from services.cli.exchange.rows import ExchangeFolder, Stop
from services.cli.importing import Count, Importer
from services.cli.output import Steps
from spoedkader.encounters import EncounterProblems, read_encounters
from spoedkader.indicators import calculate


@dataclass(frozen=True)
class Expectation:
    """A folder, what importing it did, what follows from it, and that as the rows of `expected/`."""

    folder: ExchangeFolder
    counts: tuple[Count, ...]
    results: results.Results
    rows: ExpectedRows


def expectation_of(path: Path, services: Services, steps: Steps) -> Expectation:
    """Imports a folder into empty services and asks them what follows.

    Raises:
        FolderProblems: the folder is not right, its encounters included; with every problem.
        Failure: a service refuses or does not answer.
    """
    importer = Importer(services)
    with steps.phase("Map lezen en controleren"):
        folder, indicators = _read(path, importer)
    counts = importer.send(folder, steps)
    found = results.results_of(services, folder.round.budget_year, folder.round.policy_year, steps)
    return Expectation(folder, counts, found, results.expected_rows(folder, found, indicators))


def _read(path: Path, importer: Importer) -> tuple[ExchangeFolder, tuple[IndicatorResultRow, ...]]:
    try:
        folder = importer.read(path)
    except FolderProblems as error:
        # Someone who puts things right wants to know about the encounters at the same time.
        files = sorted((path / "encounters").glob("*.csv"))
        raise FolderProblems((*error.problems, *_problems_of(files))) from None
    problems: list[Problem] = []
    indicators = tuple(_indicators(folder, problems))
    if problems:
        raise FolderProblems(problems)
    return folder, indicators


def _indicators(folder: ExchangeFolder, problems: list[Problem]) -> Iterator[IndicatorResultRow]:
    stops: dict[str, list[Stop]] = {}
    for stop in folder.stops:
        stops.setdefault(stop.location_id, []).append(stop)
    for location in folder.locations:
        file = folder.encounter_files.get(location.location_id)
        if file is None:
            continue
        try:
            found = calculate(file, stops.get(location.location_id, ()), folder.round.reference_year)
        except EncounterProblems as error:
            problems.extend(_as_problems(error))
            continue
        yield IndicatorResultRow(
            location_id=location.location_id,
            year=found.year,
            seh_visits=found.seh_visits,
            ehh_visits=found.ehh_visits,
            seh_stops=found.seh_stops,
            mean_length_of_stay_minutes=in_minutes(found.mean_tenths),
            median_length_of_stay_minutes=in_minutes(found.median_tenths),
            excluded=found.excluded,
        )


def _problems_of(files: list[Path]) -> Iterator[Problem]:
    for file in files:
        try:
            read_encounters(file)
        except EncounterProblems as error:
            yield from _as_problems(error)


def _as_problems(error: EncounterProblems) -> Iterator[Problem]:
    name = f"encounters/{error.file.name}"
    for problem in error.problems:
        yield Problem(name, problem.line, problem.field, problem.reason)
    more = error.total - len(error.problems)
    if more > 0:
        yield Problem(name, error.problems[-1].line, "", f"… en nog {more} fouten in dit bestand")
