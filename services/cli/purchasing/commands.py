"""The group `spoedkader purchasing`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.clients import Addresses, Services
from services.cli.failures import Failure
from services.cli.options import BUDGET, QUALITY, REGISTRY, Budget, BudgetYear, Json, Quality, Registry
from services.cli.output import Output, plain
from services.cli.purchasing import files, tables
from services.cli.reporting import reported
from services.runtime import names
from spoedkader.budget.v1 import (
    application_pb2,
    application_pb2_grpc,
    calendar_pb2,
    calendar_pb2_grpc,
    condition_pb2,
    condition_pb2_grpc,
    outlook_pb2,
    outlook_pb2_grpc,
    scenario_pb2,
    scenario_pb2_grpc,
    schoning_pb2,
    schoning_pb2_grpc,
)
from spoedkader.feed.v1 import feed_pb2, feed_pb2_grpc
from spoedkader.quality.v1 import enforcement_pb2, enforcement_pb2_grpc

purchasing = typer.Typer(help="Van bevinding tot ondertekende aanvraag.", no_args_is_help=True)

Provider = Annotated[str, typer.Argument(metavar="AGB", help="AGB-code van de zorgaanbieder.")]
OneOrAll = Annotated[str, typer.Option("--provider", metavar="AGB", help="Alleen deze zorgaanbieder.")]

_FORMS = {
    ".json": application_pb2.ExportApplicationRequest.FORM_JSON,
    ".html": application_pb2.ExportApplicationRequest.FORM_HTML,
    ".pdf": application_pb2.ExportApplicationRequest.FORM_PDF,
}


@contextmanager
def _connected(output: Output, quality: str, budget: str, registry: str = REGISTRY) -> Iterator[Services]:
    with reported(output), Services(Addresses(registry, quality, budget)) as services:
        yield services


@purchasing.command()
def cases(year: BudgetYear, provider: OneOrAll = names.ANY, quality: Quality = QUALITY, json: Json = False) -> None:
    """Toon de handhavingszaken met hun termijnen en wat er te doen is."""
    output = Output(as_json=json)
    with _connected(output, quality, BUDGET) as services:
        stub = enforcement_pb2_grpc.EnforcementServiceStub(services.quality.channel)
        parent = names.LOCATION.format(provider=provider, location=names.ANY)
        request = enforcement_pb2.ListCasesRequest(parent=parent, budget_year=year)
        found = [case for page in services.quality.pages(stub.ListCases, request) for case in page.cases]
        output.result({"cases": [plain(case) for case in found]}, tables.cases(found))


@purchasing.command()
def conditions(provider: Provider, year: BudgetYear, budget: Budget = BUDGET, json: Json = False) -> None:
    """Toets de zeven voorwaarden van een zorgaanbieder."""
    output = Output(as_json=json)
    with _connected(output, QUALITY, budget) as services:
        stub = condition_pb2_grpc.ConditionServiceStub(services.budget.channel)
        name = names.CONDITIONS.format(provider=provider, year=year)
        request = condition_pb2.EvaluateConditionsRequest(name=name)
        found = services.budget.call(stub.EvaluateConditions, request)
        output.result(plain(found), *tables.conditions(found))


@purchasing.command()
def deadlines(
    year: BudgetYear,
    provider: OneOrAll = "",
    insurer: Annotated[str, typer.Option(metavar="UZOVI", help="Die van de aanbieders van deze verzekeraar.")] = "",
    late: Annotated[bool, typer.Option("--late", help="Alleen wat te laat is.")] = False,
    *,
    ics: Annotated[Path | None, typer.Option(metavar="FILE", help="Schrijf een iCalendar-bestand.")] = None,
    budget: Budget = BUDGET,
    json: Json = False,
) -> None:
    """Toon elke termijn van een zorgaanbieder, een verzekeraar, of iedereen."""
    output = Output(as_json=json)
    parent = names.INSURER.format(insurer=insurer) if insurer else names.PROVIDER.format(provider=provider or names.ANY)
    with _connected(output, QUALITY, budget) as services:
        if provider and insurer:
            raise Failure("Kies --provider of --insurer, niet allebei.")
        stub = calendar_pb2_grpc.CalendarServiceStub(services.budget.channel)
        if ics is not None:
            wanted = calendar_pb2.ExportCalendarRequest(parent=parent, budget_year=year)
            ics.write_bytes(services.budget.call(stub.ExportCalendar, wanted).content)
        request = calendar_pb2.ListDeadlinesRequest(parent=parent, budget_year=year, overdue_only=late)
        pages = list(services.budget.pages(stub.ListDeadlines, request))
        found = [deadline for page in pages for deadline in page.deadlines]
        output.result(
            {"deadlines": [plain(deadline) for deadline in found]}, *tables.deadlines(found, pages[0].overdue_count)
        )


@purchasing.command()
def applications(year: BudgetYear, provider: OneOrAll = names.ANY, budget: Budget = BUDGET, json: Json = False) -> None:
    """Toon de aanvragen bij de NZa."""
    output = Output(as_json=json)
    with _connected(output, QUALITY, budget) as services:
        stub = application_pb2_grpc.ApplicationServiceStub(services.budget.channel)
        parent = names.PROVIDER.format(provider=provider)
        request = application_pb2.ListApplicationsRequest(parent=parent, budget_year=year)
        pages = services.budget.pages(stub.ListApplications, request, page_size=50)
        found = [application for page in pages for application in page.applications]
        output.result({"applications": [plain(each) for each in found]}, tables.applications(found))


@purchasing.command()
def document(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Zoals providers/06010101/applications/2027-1.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Een bestand op .json, .html of .pdf.")],
    budget: Budget = BUDGET,
    json: Json = False,
) -> None:
    """Schrijf een aanvraag met de hele berekening als JSON, HTML of PDF."""
    output = Output(as_json=json)
    with _connected(output, QUALITY, budget) as services:
        form = _FORMS.get(out.suffix)
        if form is None:
            raise Failure(f"Het bestand moet eindigen op {', '.join(_FORMS)}.")
        stub = application_pb2_grpc.ApplicationServiceStub(services.budget.channel)
        request = application_pb2.ExportApplicationRequest(name=name, form=form)
        content = services.budget.call(stub.ExportApplication, request).content
        out.write_bytes(content)
        output.result({"file": str(out), "bytes": len(content)}, f"{out}: {len(content)} bytes")


@purchasing.command()
def outlook(provider: Provider, year: BudgetYear, budget: Budget = BUDGET, json: Json = False) -> None:
    """Toon prognose en realisatie van een budget naast elkaar."""
    output = Output(as_json=json)
    with _connected(output, QUALITY, budget) as services:
        stub = outlook_pb2_grpc.OutlookServiceStub(services.budget.channel)
        request = outlook_pb2.GetOutlookRequest(name=names.OUTLOOK.format(provider=provider, year=year))
        found = services.budget.call(stub.GetOutlook, request)
        output.result(plain(found), tables.outlook(found))


@purchasing.command()
def scenario(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="De aannames: de JSON-vorm van ScenarioAssumptions.")],
    year: BudgetYear,
    budget: Budget = BUDGET,
    json: Json = False,
) -> None:
    """Reken een scenario door; er wordt niets bewaard."""
    output = Output(as_json=json)
    with _connected(output, QUALITY, budget) as services:
        stub = scenario_pb2_grpc.ScenarioServiceStub(services.budget.channel)
        assumptions = files.read_assumptions(file)
        request = scenario_pb2.SimulateScenarioRequest(budget_year=year, assumptions=assumptions)
        found = services.budget.call(stub.SimulateScenario, request)
        output.result(plain(found), *tables.scenario(found))


@purchasing.command()
def schoning(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"CSV met de kolommen {', '.join(files.COLUMNS)}.")],
    year: BudgetYear,
    budget: Budget = BUDGET,
    json: Json = False,
) -> None:
    """Vergelijk drie manieren van schonen; er wordt niets bewaard."""
    output = Output(as_json=json)
    with _connected(output, QUALITY, budget) as services:
        stub = schoning_pb2_grpc.SchoningServiceStub(services.budget.channel)
        providers = files.read_turnovers(file)
        request = schoning_pb2.SimulateSchoningRequest(budget_year=year, providers=providers)
        found = services.budget.call(stub.SimulateSchoning, request)
        output.result(plain(found), *tables.schoning(found))


@purchasing.command()
def changes(
    service: Annotated[str, typer.Argument(metavar="registry|quality|budget", help="Welke dienst.")],
    cursor: Annotated[str, typer.Option(metavar="CURSOR", help="Vanaf waar; leeg is vanaf het begin.")] = "",
    size: Annotated[int, typer.Option(min=1, max=1000, help="Hoeveel er hoogstens komen.")] = 100,
    *,
    registry: Registry = REGISTRY,
    quality: Quality = QUALITY,
    budget: Budget = BUDGET,
    json: Json = False,
) -> None:
    """Toon wat er bij een dienst is gebeurd, in volgorde, zonder iets over te slaan."""
    output = Output(as_json=json)
    with _connected(output, quality, budget, registry) as services:
        by_name: dict[str, Any] = {each.name: each for each in (services.registry, services.quality, services.budget)}
        if service not in by_name:
            raise Failure(f"{service} is geen dienst; kies {', '.join(by_name)}.")
        asked = by_name[service]
        stub = feed_pb2_grpc.FeedServiceStub(asked.channel)
        page = asked.call(stub.ListChanges, feed_pb2.ListChangesRequest(cursor=cursor, page_size=size))
        output.result(plain(page), *tables.changes(page.changes, page.next_cursor))
