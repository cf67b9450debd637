"""What-if over a large stored population, through the real service, against the bare engine on the same questionnaires.

The population is made up: each answer is one that some location of the example round gave to that question, drawn
independently, so that values are plausible and combinations are new.
"""

import itertools
import json
import random
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.cli.clients import Addresses, Services
from services.cli.processes import start, stop, wait_until_serving
from services.cli.service import variable
from services.policy.bundle import pack
from services.policy.embedded import EmbeddedEngine
from services.policy.policy_set import PolicySet, load_policy_set
from services.policy.questionnaire import QuestionType
from services.policy.year import PolicyYear
from services.quality.assessments.model import canonical
from services.quality.assessments.store import AssessmentRow
from services.runtime.settings import REPOSITORY
from services.runtime.wire import to_date
from spoedkader.quality.v1 import comparison_pb2, comparison_pb2_grpc, policy_set_pb2, policy_set_pb2_grpc
from spoedkader.registry.v1 import snapshot_pb2_grpc
from tests.benchmarks import scenario
from tests.benchmarks.measure import Ratio

POPULATION = 100_000
EXAMPLES = REPOSITORY / "data" / "voorbeeld-2027" / "answers"
_BASELINE_SECONDS = 5.0


@dataclass(frozen=True)
class WhatIfSpeed:
    """Questionnaires a second of what-if and of the bare engine, and the most memory that the service took, in MB."""

    speed: Ratio
    megabytes: int


def whatif(count: int = POPULATION) -> WhatIfSpeed:
    """Stores a population, compares a draft in which a threshold of the norm with most answers moved, and measures."""
    base = load_policy_set(REPOSITORY / "policies", scenario.YEAR)
    policies = base.read()
    inputs = list(itertools.islice(_inputs(policies), 2000))
    with _services() as (services, database, pid):
        registry = snapshot_pb2_grpc.SnapshotServiceStub(services.registry.channel)
        services.registry.send(registry.ImportFacts, [scenario.facts()])
        _store(database, itertools.islice(_inputs(policies), count))
        draft = _publish(services, _moved(base))
        before = _baseline(policies, inputs)
        rate = _compare(services, draft, count)
        megabytes = _peak(pid)
        baseline = (before + _baseline(policies, inputs)) / 2
    return WhatIfSpeed(Ratio(rate, baseline, rate / baseline), megabytes)


@contextmanager
def _services() -> Iterator[tuple[Services, Path, int]]:
    """Registry and quality as processes of their own; with the database of quality and its process id."""
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        addresses = {name: f"unix:{folder}/{name}.sock" for name in ("registry", "quality")}
        children = []
        try:
            for name, address in addresses.items():
                environment = {
                    variable(name, "address"): address,
                    variable(name, "database_url"): f"sqlite:///{folder}/{name}.db",
                    variable(name, "registry_address"): addresses["registry"],
                }
                children.append(start(name, address, environment, Path(folder) / f"{name}.log"))
            wait_until_serving(children)
            with Services(Addresses(**addresses, budget=addresses["registry"])) as services:
                yield services, Path(folder) / "quality.db", children[1].process.pid
        finally:
            stop(children)


def _inputs(policies: PolicyYear) -> Iterator[str]:
    """Made-up inputs without end, the same ones each time."""
    questionnaire = policies.questionnaire
    seen: dict[str, list[Any]] = defaultdict(list)
    arrivals: dict[str, list[Any]] = defaultdict(list)
    for file in sorted(EXAMPLES.glob("*.json")):
        for question, answer in json.loads(file.read_text("utf-8"))["answers"].items():
            known = questionnaire.by_id[question]
            if known.type is QuestionType.MINUTES_BY_SPECIALISM:
                for specialism, arrival in (answer or {}).items():
                    arrivals[specialism].append(arrival)
            else:
                seen[question] += (answer or {}).values() if known.per_block else [answer]
    chance = random.Random(scenario.YEAR)
    while True:
        answers: dict[str, Any] = {}
        for question in questionnaire.questions:
            if question.type is QuestionType.MINUTES_BY_SPECIALISM:
                answers[question.id] = {specialism: chance.choice(found) for specialism, found in arrivals.items()}
            elif question.per_block:
                answers[question.id] = {block: chance.choice(seen[question.id]) for block in questionnaire.block_ids}
            else:
                answers[question.id] = chance.choice(seen[question.id])
        blocks = list(questionnaire.block_ids) if chance.random() < 0.8 else ["kantooruren"]
        yield canonical({"year": policies.year, "open_blocks": sorted(blocks), "answers": answers})


def _store(database: Path, inputs: Iterator[str]) -> None:
    """Stores an assessment for each input, as large as real ones: what came out counts for the size only."""
    columns = [column for column in AssessmentRow.metadata.tables["assessment"].columns if column.name != "id"]
    empty: dict[type, Any] = {str: "", int: 0, bytes: b"", datetime: datetime.now(UTC).replace(tzinfo=None)}
    head = {column.name: empty.get(column.type.python_type, "2027-01-01") for column in columns}
    head |= {"agb": scenario.AGB, "budget_year": scenario.YEAR, "policy_year": scenario.YEAR, "number": 1}
    head |= {"superseded": False, "summary": bytes(300), "findings": bytes(9000)}
    names = ", ".join(head)
    statement = f"INSERT INTO assessment ({names}) VALUES ({', '.join(f':{name}' for name in head)})"
    with closing(sqlite3.connect(database)) as connection:
        rows = ({**head, "location_id": f"p{place}", "input": text} for place, text in enumerate(inputs))
        connection.executemany(statement, rows)
        connection.commit()


def _moved(base: PolicySet) -> PolicySet:
    files = dict(base.files)
    before, after = b'"klinische_ervaring_maanden": 12', b'"klinische_ervaring_maanden": 18'
    files["data.json"] = files["data.json"].replace(before, after)
    assert files["data.json"] != base.files["data.json"]
    return PolicySet(base.year, files)


def _publish(services: Services, draft: PolicySet) -> str:
    stub = policy_set_pb2_grpc.PolicySetServiceStub(services.quality.channel)
    request = policy_set_pb2.CreatePolicySetRequest(
        parent=f"policyYears/{draft.year}", bundle=pack(draft, None), reason="benchmark"
    )
    return services.quality.call(stub.CreatePolicySet, request).name


def _baseline(policies: PolicyYear, inputs: list[str]) -> float:
    """Questionnaires a second of the bare engine in this process."""
    engine = EmbeddedEngine(policies.modules, policies.data)
    documents = [json.loads(text) for text in inputs]
    started = time.perf_counter()
    for done, document in enumerate(itertools.cycle(documents), start=1):
        engine.evaluate(policies.findings_path, document)
        taken = time.perf_counter() - started
        if taken > _BASELINE_SECONDS:
            return done / taken
    raise AssertionError("there are no documents")


def _compare(services: Services, draft: str, count: int) -> float:
    stub = comparison_pb2_grpc.ComparisonServiceStub(services.quality.channel)
    day = to_date(datetime(scenario.YEAR, 1, 1).date())
    request = comparison_pb2.ComparePolicySetsRequest(draft=draft, budget_year=scenario.YEAR, as_of_date=day)
    started = time.perf_counter()
    totals = None
    for response in services.quality.receive(stub.ComparePolicySets, request):
        totals = response.totals if response.HasField("totals") else totals
    taken = time.perf_counter() - started
    assert totals is not None
    assert totals.location_count == count
    assert totals.changed_count > 0
    return count / taken


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    import sys

    found = whatif(int(sys.argv[1]) if len(sys.argv) > 1 else POPULATION)
    print(f"{found.speed.subject:,.0f}/s {found.speed.baseline:,.0f}/s {found.speed.ratio:.2f} {found.megabytes} MB")
