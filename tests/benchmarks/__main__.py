"""The speeds that the suite has to reach, as ratios within one run, printed as a table.

`make bench`, or `python -m tests.benchmarks`. It starts the real services on throw-away storage.
"""

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from rich.console import Console
from rich.table import Table

from services.budget.availability.model import availability
from services.budget.obligations.model import obligations
from services.cli.clients import Services
from services.cli.suite import throw_away_suite
from services.policy.embedded import EmbeddedEngine
from services.policy.parameters import load_parameters
from services.policy.year import PolicyYear, load_year
from services.runtime.settings import REPOSITORY
from spoedkader.budget.v1 import budget_pb2, budget_pb2_grpc
from spoedkader.quality.v1 import assessment_pb2, assessment_pb2_grpc, submission_pb2, submission_pb2_grpc
from spoedkader.registry.v1 import closure_pb2_grpc, location_pb2, location_pb2_grpc, snapshot_pb2_grpc
from tests.benchmarks import encounter_files, scenario, statusfeed, whatif
from tests.benchmarks.empty_server import METHOD
from tests.benchmarks.measure import Ratio, ratio, seconds
from tests.support.fhir_files import write_mapping

POLICIES = REPOSITORY / "policies"
LOCATION = f"providers/{scenario.AGB}/locations/{scenario.LOCATIONS[0]}"
ENCOUNTERS = 2_000_000
SECONDS = 60.0
"""The deadline of every call."""


def main() -> None:
    """Measures everything and prints the table."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=132)
    table = Table(title="Speeds, as ratios within this run")
    for column in ("what", "measured", "baseline", "ratio", "at least"):
        table.add_column(column, justify="left" if column == "what" else "right")
    year = load_year(POLICIES, scenario.YEAR)
    with console.status("the services start") as status, throw_away_suite() as addresses, Services(addresses) as suite:
        _load(suite, year)
        with _nothing() as nothing:
            status.update("a read")
            locations = location_pb2_grpc.LocationServiceStub(suite.registry.channel)
            read = location_pb2.GetLocationRequest(name=LOCATION)
            _calls(
                table,
                "GetLocation against an empty handler",
                ratio(lambda: locations.GetLocation(read, timeout=SECONDS), nothing),
                0.5,
            )
            status.update("a budget")
            budgets = budget_pb2_grpc.BudgetServiceStub(suite.budget.channel)
            ask = budget_pb2.CalculateBudgetRequest(name=f"providers/{scenario.AGB}/budgets/{scenario.YEAR}")
            title = (
                f"CalculateBudget, {len(scenario.LOCATIONS)} locations, {scenario.CLOSURES} closures, against the same"
            )
            _calls(table, title, ratio(lambda: budgets.CalculateBudget(ask, timeout=SECONDS), nothing), 0.1)
            closures = closure_pb2_grpc.ClosureServiceStub(suite.registry.channel)
            days = itertools.cycle(range(1, 28))

            def correct_and_calculate() -> None:
                closures.UpdateClosure(scenario.correction(next(days)), timeout=SECONDS)
                budgets.CalculateBudget(ask, timeout=SECONDS)

            title = "a closure corrected, then CalculateBudget with its new facts, one caller"
            _calls(table, title, ratio(correct_and_calculate, nothing, callers=1), None)
        status.update("an assessment")
        engine = EmbeddedEngine(year.modules, year.data)
        document = {"year": year.year, "open_blocks": ["anw", "kantooruren"], "answers": scenario.answers()}
        assessments = assessment_pb2_grpc.AssessmentServiceStub(suite.quality.channel)
        assess = assessment_pb2.AssessLocationRequest(name=LOCATION, budget_year=scenario.YEAR)
        measured = ratio(
            lambda: assessments.AssessLocation(assess, timeout=SECONDS),
            lambda: engine.evaluate(year.findings_path, document).value,
            baseline_callers=1,
        )
        _calls(table, "AssessLocation, evidence stored, against the bare engine", measured, 0.5)
    with console.status("a status feed"):
        title = f"{statusfeed.EVENTS:,} closures and stops sent and stored, against bare executemany"
        _calls(table, title, statusfeed.statusfeed(), 0.3)
    with console.status("what-if"):
        _whatif(table)
    with console.status("norms"):
        _norms(table, year, document)
    with console.status("availability"):
        _availability(table)
    with console.status("indicators"):
        _indicators(table)
    console.print(table)


def _calls(table: Table, what: str, found: Ratio, least: float | None) -> None:
    bound = "" if least is None else f"{least}"
    table.add_row(what, f"{found.subject:,.0f}/s", f"{found.baseline:,.0f}/s", f"{found.ratio:.2f}", bound)


def _whatif(table: Table) -> None:
    found = whatif.whatif()
    what = f"what-if over {whatif.POPULATION:,} stored questionnaires ({found.megabytes} MB), against the bare engine"
    _calls(table, what, found.speed, 1.5)


def _load(suite: Services, year: PolicyYear) -> None:
    snapshots = snapshot_pb2_grpc.SnapshotServiceStub(suite.registry.channel)
    submissions = submission_pb2_grpc.SubmissionServiceStub(suite.quality.channel)
    suite.registry.send(snapshots.ImportFacts, [scenario.facts()])
    filled = [scenario.submission(location) for location in scenario.LOCATIONS]
    suite.quality.send(submissions.ImportSubmissions, [submission_pb2.ImportSubmissionsRequest(submissions=filled)])


@contextmanager
def _nothing() -> Iterator[Callable[[], object]]:
    """A call to a server that does nothing."""
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        address = f"unix:{folder}/nothing.sock"
        process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.empty_server", address])
        try:
            with grpc.insecure_channel(address) as channel:
                grpc.channel_ready_future(channel).result(timeout=30)
                call = channel.unary_unary(METHOD, Empty.SerializeToString, Empty.FromString)
                yield lambda: call(Empty(), timeout=SECONDS)
        finally:
            process.terminate()
            process.wait()


def _norms(table: Table, year: PolicyYear, document: dict[str, object]) -> None:
    """The engine with a third, two thirds and all of the norms."""
    for count in (9, 18, 27):
        kept = {f"{norm.stem}.rego" for norm in year.catalogue[:count]}
        left_out = {f"{norm.stem}.rego" for norm in year.catalogue} - kept
        engine = EmbeddedEngine({name: text for name, text in year.modules.items() if name not in left_out}, year.data)

        def work(engine: EmbeddedEngine = engine) -> None:
            for _ in range(100):
                engine.evaluate(year.findings_path, document)

        taken = seconds(work) / 100
        findings = cast(Mapping[str, Any], engine.evaluate(year.findings_path, document).value)
        facts = sum(len(finding["facts"]) for finding in findings.values())
        what = f"the bare engine over {count} norms, which read {facts} facts"
        table.add_row(what, f"{taken * 1000:.2f} ms", "", f"{taken / facts * 1e6:.0f} µs a fact", "linear")


def _availability(table: Table) -> None:
    parameters = load_parameters(POLICIES, scenario.YEAR)
    for count in (79, 158, 316):
        locations = scenario.locations(count, closures=200, stops=400)

        def work(locations: list = locations) -> None:  # type: ignore[type-arg]
            for location in locations:
                availability(location, scenario.YEAR, parameters)
                obligations(location, scenario.YEAR, parameters)

        taken = seconds(work)
        bound = "under 1 s" if count == 79 else "linear"
        what = f"availability and obligations of {count} locations, 200 closures and 400 stops each"
        table.add_row(what, f"{taken:.2f} s", "", f"{taken / count * 1000:.2f} ms each", bound)


def _indicators(table: Table) -> None:
    """From file to report, in each form; with the CPU seconds, and the most memory of the process, which is one."""
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        mapping = write_mapping(Path(folder))
        for form in encounter_files.FORMS:
            file = encounter_files.write_encounters(Path(folder), form, ENCOUNTERS)
            command = [sys.executable, "-m", "tests.benchmarks.indicators", str(file), str(mapping)]
            measured = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            file.unlink()
            taken, cpu, megabytes = map(float, measured)
            what = f"indicators from {ENCOUNTERS:,} encounters in {form}"
            table.add_row(what, f"{taken:.1f} s", f"{cpu:.1f} CPU s", f"{megabytes:.0f} MB", "under 20 s, 500 MB")


if __name__ == "__main__":
    main()
