"""The command `spoedkader indicators`: from a hospital's own visits to the totals that leave it, and nothing else."""

import dataclasses
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli import indicator_tables
from services.cli.clients import Addresses, Services
from services.cli.exchange.checks import check_order, check_unique
from services.cli.exchange.parsing import RowParser
from services.cli.exchange.problems import Problem
from services.cli.exchange.rows import Stop
from services.cli.exchange.sources import read_text
from services.cli.exchange.tables import read_table
from services.cli.failures import Failure
from services.cli.options import BUDGET, QUALITY, REGISTRY, Json, Quality
from services.cli.output import Output, plain
from services.cli.reporting import reported
from services.runtime import names
from services.runtime.wire import MAX_YEAR, MIN_YEAR
from spoedkader.departments import MappingProblems, read_departments
from spoedkader.encounter_report import EncounterReport, report_on
from spoedkader.encounter_sources import FileProblem
from spoedkader.encounters import EncounterProblems, read_encounters
from spoedkader.indicators import Indicators, calculate
from spoedkader.quality.v1 import indicator_pb2, indicator_pb2_grpc

if TYPE_CHECKING:
    import polars as pl

    from spoedkader.fhir import FhirVisits


@dataclasses.dataclass(frozen=True)
class Found:
    """What came out of a file: the indicators, the report, and of FHIR what was left out."""

    indicators: Indicators
    report: EncounterReport
    fhir: "FhirVisits | None"


def indicators(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="De bezoeken: CSV, of FHIR R4 in NDJSON, JSON of XML (ook .gz).")
    ],
    *,
    location: Annotated[str, typer.Option("--location", metavar="LOCATIE", help="De locatie van de bezoeken.")],
    year: Annotated[int, typer.Option("--year", metavar="JAAR", min=MIN_YEAR, max=MAX_YEAR - 1, help="Het peiljaar.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="YAML", help="Wat in FHIR de SEH is en wat de EHH.")
    ] = None,
    stops: Annotated[
        Path | None, typer.Option("--stops", metavar="CSV", help="De stops; zonder blijft hun aantal onbekend.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Reken en controleer, en verstuur niets.")] = False,
    provider: Annotated[
        str, typer.Option("--provider", metavar="AGB", help="De zorgaanbieder van de locatie.")
    ] = names.ANY,
    quality: Quality = QUALITY,
    json: Json = False,
) -> None:
    """Bereken de drie indicatoren uit de eigen bezoeken en verstuur alleen de totalen.

    Wat over patiënten gaat blijft op deze machine.
    """
    output = Output(as_json=json)
    with reported(output):
        with output.progress() as steps, steps.phase("Bezoeken lezen en rekenen"):
            found = _calculated(file, location, year, mapping, stops)
        message = _message(found.indicators, provider, location, stops_known=stops is not None)
        if not dry_run:
            _send(message, quality)
        document = {
            "indicators": plain(message),
            "sent": not dry_run,
            "excluded": found.indicators.excluded,
            "report": dataclasses.asdict(found.report),
        }
        if found.fhir is not None:
            document["fhir"] = _left_out(found.fhir)
        output.result(
            document,
            *indicator_tables.indicators(found.indicators, message.name, message, sent=not dry_run),
            *indicator_tables.report(found.report, found.fhir),
        )


def _calculated(file: Path, location: str, year: int, mapping: Path | None, stops: Path | None) -> Found:
    own_stops = _stops(stops, location) if stops is not None else ()
    with _refused(file):
        table, fhir = _table(file, mapping)
    return Found(calculate(table, own_stops, year), report_on(table, year), fhir)


def _table(file: Path, mapping: Path | None) -> "tuple[pl.DataFrame, FhirVisits | None]":
    from spoedkader.fhir import is_fhir, read_fhir  # noqa: PLC0415 - what one command needs, the others need not load

    if not is_fhir(file):
        if mapping is not None:
            raise Failure(f"{file} is een CSV, waarin de afdeling al staat; --mapping is voor FHIR.")
        return read_encounters(file), None
    if mapping is None:
        raise Failure(f"{file} is FHIR; geef met --mapping op wat de SEH is en wat de EHH.")
    found = read_fhir(file, read_departments(mapping))
    return found.table, found


@contextmanager
def _refused(file: Path) -> Iterator[None]:
    """Turns what is wrong with the hospital's own files into a failure; nothing is sent."""
    try:
        yield
    except EncounterProblems as error:
        raise Failure("De bezoeken zijn niet goed; er is niets verstuurd.", tuple(str(error).splitlines())) from None
    except MappingProblems as error:
        raise Failure("De mapping is niet goed; er is niets verstuurd.", tuple(str(error).splitlines())) from None
    except FileProblem as error:
        raise Failure("De bezoeken zijn niet te lezen; er is niets verstuurd.", (f"{file}: {error}",)) from None


def _stops(file: Path, location: str) -> tuple[Stop, ...]:
    problems: list[Problem] = []
    table = read_table(read_text(file, file.name, problems), file.name, RowParser(Stop), problems)
    check_unique(table, ("stop_id",), problems)
    check_order(table, "starts_at", "ends_at", "einde ligt niet na het begin", problems)
    if problems:
        raise Failure("De stops zijn niet goed; er is niets verstuurd.", tuple(map(str, sorted(problems))))
    return tuple(stop for stop in table.rows() if stop.location_id == location)


def _message(found: Indicators, provider: str, location: str, *, stops_known: bool) -> indicator_pb2.Indicators:
    """All that is sent: six totals at most, under the name of the location."""
    return indicator_pb2.Indicators(
        name=names.INDICATORS.format(provider=provider, location=location, year=found.year),
        seh_visits=found.seh_visits,
        ehh_visits=found.ehh_visits,
        seh_stops=found.seh_stops if stops_known else None,
        mean_length_of_stay_tenths=found.mean_tenths,
        median_length_of_stay_tenths=found.median_tenths,
    )


def _send(message: indicator_pb2.Indicators, quality: str) -> None:
    with Services(Addresses(REGISTRY, quality, BUDGET)) as services:
        stub = indicator_pb2_grpc.IndicatorServiceStub(services.quality.channel)
        request = indicator_pb2.UpdateIndicatorsRequest(indicators=message, request_id=str(uuid.uuid4()))
        services.quality.call(stub.UpdateIndicators, request)


def _left_out(found: "FhirVisits") -> dict[str, Any]:
    return {
        "resources": found.resources,
        "left_out": {reason: dataclasses.asdict(listed) for reason, listed in found.left_out.items()},
        "by_own_id": dataclasses.asdict(found.by_own_id),
    }
