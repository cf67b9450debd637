"""Backup while services write, and restore, with the commands of docs/operations/backup-and-restore.md."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from services.cli.service import SERVICES
from spoedkader.audit.v1 import audit_pb2, audit_pb2_grpc
from spoedkader.budget.v1 import budget_pb2
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import assessment_pb2
from spoedkader.registry.v1 import closure_pb2
from tests.support.clients import RegistryClient
from tests.support.databases import chosen, database_url, postgres_programs
from tests.support.messages import moment
from tests.support.refusals import refusal
from tests.support.suite import Suite, running_suite
from tests.support.toolchains import need_sqlite

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "backup-and-restore.md"
ORDER = ("budget", "quality", "registry")
"""What refers to others first: then what it refers to is in the backup of the others."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short, for sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as path:
        yield Path(path)


def commands(heading: str) -> list[str]:
    """The commands of the page under a heading."""
    section = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for block in section.split("```sh\n")[1:] for line in block.partition("```")[0].splitlines() if line]


def run(command: str, **variables: str) -> None:
    path = os.environ["PATH"] if chosen() == "sqlite" else f"{postgres_programs()}:{os.environ['PATH']}"
    environment = {**os.environ, **variables, "PATH": path}
    done = subprocess.run(
        ["/bin/sh", "-euc", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def where(file: Path) -> str:
    """How the tools of the database call it."""
    return str(file) if chosen() == "sqlite" else database_url(file).replace("+psycopg", "")


def closure(registry: RegistryClient, place: str, number: int) -> str:
    request = closure_pb2.CreateClosureRequest(
        parent=place,
        closure_id=f"k{number}",
        closure=closure_pb2.Closure(start_time=moment("2027-02-01T08:00"), end_time=moment("2027-02-01T12:00")),
    )
    return registry.closures.CreateClosure(request, timeout=20).name


def cursor(registry: RegistryClient) -> str:
    return registry.feed.ListChanges(feed_pb2.ListChangesRequest(page_size=1000), timeout=20).next_cursor


def is_whole(channel: grpc.Channel) -> bool:
    stub = audit_pb2_grpc.AuditServiceStub(channel)
    *_, last = stub.VerifyLedger(audit_pb2.VerifyLedgerRequest(), timeout=60)
    return bool(last.verdict.whole)


def back_up(suite: Suite, folder: Path, place: str) -> None:
    """Makes the backup while closures are being reported."""
    stopping = threading.Event()
    started = threading.Event()

    def report() -> None:
        number = 100
        while not stopping.is_set():
            closure(suite.registry, place, number)
            number += 1
            started.set()

    thread = threading.Thread(target=report)
    thread.start()
    try:
        assert started.wait(20)
        for name in ORDER:
            for command in commands(f"Backup: {chosen()}"):
                run(command, DATABASE=where(folder / f"{name}-suite.db"), BACKUP=str(folder / f"{name}.backup"))
    finally:
        stopping.set()
        thread.join()


def test_a_backup_under_writes_gives_the_same_answers_after_restore(folder: Path) -> None:
    if chosen() == "sqlite":
        need_sqlite()
    first, second = folder / "a", folder / "b"
    for path in (first, second):
        path.mkdir()
    budget_request = budget_pb2.CalculateBudgetRequest()
    with running_suite(first) as suite:
        suite.registry.set_round()
        place = suite.registry.new_location().name
        provider = place.partition("/locations/")[0]
        closure(suite.registry, place, 1)
        request = assessment_pb2.AssessLocationRequest(name=place, budget_year=2027)
        assessment = suite.quality.assessments.AssessLocation(request, timeout=60)
        budget_request.name = f"{provider}/budgets/2027"
        calculation = suite.budget.budgets.CalculateBudget(budget_request, timeout=60)
        before = cursor(suite.registry)
        back_up(suite, first, place)
        ahead = closure(suite.registry, place, 2)
        after = cursor(suite.registry)

    for name in SERVICES:
        for command in commands(f"Restore: {chosen()}"):
            run(command, DATABASE=where(second / f"{name}-suite.db"), BACKUP=str(first / f"{name}.backup"))
    shutil.rmtree(first)

    with running_suite(second) as suite:
        for client in (suite.registry, suite.quality, suite.budget):
            assert is_whole(client.channel)
        found = suite.budget.budgets.GetCalculation(budget_pb2.GetCalculationRequest(name=calculation.name), timeout=20)
        assert found == calculation
        replayed = suite.budget.budgets.ReplayCalculation(
            budget_pb2.ReplayCalculationRequest(name=calculation.name), timeout=60
        )
        assert replayed.same
        kept = suite.quality.assessments.GetAssessment(
            assessment_pb2.GetAssessmentRequest(name=assessment.name), timeout=20
        )
        assert kept == assessment
        # What came after the backup is gone, and who read of it is told so instead of missing what comes in its place.
        gone = refusal(suite.registry.closures.GetClosure, closure_pb2.GetClosureRequest(name=ahead), timeout=20)
        assert gone.code is grpc.StatusCode.NOT_FOUND
        refused = refusal(suite.registry.feed.ListChanges, feed_pb2.ListChangesRequest(cursor=after), timeout=20)
        assert refused.fields == ["cursor"]
        # Who was not that far goes on: everything that was reported before the backup is there.
        rest = suite.registry.feed.ListChanges(feed_pb2.ListChangesRequest(cursor=before, page_size=1000), timeout=20)
        assert rest.changes
        assert closure(suite.registry, place, 2) == ahead
        assert is_whole(suite.registry.channel)
