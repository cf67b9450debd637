"""What-if as the services work it out: the draft, what it changes, and the money of the locations that it concerns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from services.cli import facts, results
from services.cli.clients import Addresses, Services
from services.cli.exporting import Exporter
from services.cli.failures import Failure
from services.cli.importing import Importer
from services.cli.output import Steps
from services.cli.policy import publishing
from services.cli.policy.whatif_report import STAKES, WhatIf
from services.cli.suite import throw_away_suite
from services.policy.bundle import unpack
from services.policy.engine import PolicyError
from services.policy.year import PolicyYear
from services.runtime import names
from services.runtime.wire import from_money, to_date
from spoedkader.budget.v1 import budget_pb2, budget_pb2_grpc
from spoedkader.quality.v1 import (
    assessment_pb2,
    comparison_pb2,
    comparison_pb2_grpc,
    policy_set_pb2,
    policy_set_pb2_grpc,
)

REASON = "Wat-als-vergelijking"
EXPLAINED = 1000
"""As many as can be asked for, so that the sample can hold changes of every kind."""


@dataclass(frozen=True)
class Question:
    """What is compared: the sets, each the name of one or a year in the folder with policies; the budget year, the day
    on which both judge, and how many changes are explained. `base` is empty for the set that is active."""

    draft: str
    base: str
    policies: Path
    key: Path | None
    budget_year: int
    as_of: date
    sample: int


def ask(question: Question, services: Services, steps: Steps) -> WhatIf:
    """Asks the services, and publishes a set that comes from a folder as a draft. Raises Failure."""
    stub = comparison_pb2_grpc.ComparisonServiceStub(services.quality.channel)
    draft = _set_name(question, question.draft, services)
    request = comparison_pb2.ComparePolicySetsRequest(
        draft=draft,
        base=_set_name(question, question.base, services) if question.base else "",
        budget_year=question.budget_year,
        as_of_date=to_date(question.as_of),
        explained_count=EXPLAINED if question.sample else 1,
    )
    locations: list[comparison_pb2.LocationComparison] = []
    refusals: list[assessment_pb2.LocationRefusal] = []
    totals = None
    responses = services.quality.receive(stub.ComparePolicySets, request)
    for response in steps.follow("Vragenlijsten vergelijken", responses):
        if response.HasField("location"):
            locations.append(response.location)
        elif response.HasField("refusal"):
            refusals.append(response.refusal)
        elif response.HasField("totals"):
            totals = response.totals
    if totals is None:
        raise Failure("De dienst quality brak de vergelijking af.")
    staked = {facts.location_id_of(found.assessment) for found in locations if _at_stake(found)}
    base = totals.base.policy_set
    return WhatIf(
        budget_year=question.budget_year,
        as_of=question.as_of,
        totals=totals,
        locations=tuple(locations),
        refusals=tuple(refusals),
        draft=_rules(draft, services),
        base=_rules(base, services) if base else None,
        places=facts.by_last_part((found.name, found) for found in Exporter(services, steps).locations()),
        budgets=_budgets(question.budget_year, staked, services, steps) if staked else {},
        sample=question.sample,
    )


@contextmanager
def offline(folder: Path, question: Question, steps: Steps) -> Iterator[tuple[Question, Services]]:
    """Services of its own that hold an exchange folder and have judged it by the rules of `question.policies`, for as
    long as the `with` lasts; and the question, about the budget year of the folder.

    Raises:
        FolderProblems: the folder is not right; with every problem.
        Failure: a service refuses, does not start or does not answer.
    """
    with steps.suite(throw_away_suite(question.policies)) as addresses, Services(addresses) as services:
        importer = Importer(services)
        with steps.phase("Map lezen en controleren"):
            read = importer.read(folder)
        year = read.round.budget_year
        if question.budget_year not in (0, year):
            raise Failure(f"De map {folder} gaat over budgetjaar {year}, niet over {question.budget_year}.")
        importer.send(read, steps)
        results.assess_all(services, year, steps)
        yield replace(question, budget_year=year), services


@contextmanager
def online(addresses: Addresses, question: Question) -> Iterator[tuple[Question, Services]]:
    """The services that run already, and the question as it is."""
    if not question.budget_year:
        raise Failure("Geef met --year het budgetjaar van de ronde.")
    with Services(addresses) as services:
        yield question, services


def _at_stake(found: comparison_pb2.LocationComparison) -> bool:
    return any((route in found.base_routes) != (route in found.draft_routes) for route in STAKES)


def _set_name(question: Question, text: str, services: Services) -> str:
    """The name of a set: as it is, or, for a year, of what is in the folder, which is published as a draft."""
    if names.parse(names.POLICY_SET, text):
        return text
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise Failure(f"{text} is geen jaar en geen {names.POLICY_SET}.")
    made = publishing.build(question.policies, int(text), "", question.key)
    return publishing.PolicySets(services.quality).publish(made, REASON, validate_only=False).name


def _rules(name: str, services: Services) -> PolicyYear:
    """The rules of a set, for the titles of its norms and the texts of its questions."""
    stub = policy_set_pb2_grpc.PolicySetServiceStub(services.quality.channel)
    bundle = services.quality.call(stub.GetPolicySetBundle, policy_set_pb2.GetPolicySetBundleRequest(name=name))
    try:
        return unpack(bundle.content, None)[0].read()
    except PolicyError as error:
        raise Failure(f"De bundel van {name} is niet te lezen.", tuple(str(error).splitlines())) from error


def _budgets(budget_year: int, location_ids: set[str], services: Services, steps: Steps) -> Mapping[str, int]:
    """The budget in cents of each of these locations; nothing is kept of the calculation."""
    stub = budget_pb2_grpc.BudgetServiceStub(services.budget.channel)
    request = budget_pb2.CalculateBudgetsRequest(budget_year=budget_year, validate_only=True)
    responses = steps.follow("Budgetten berekenen", services.budget.receive(stub.CalculateBudgets, request))
    found = {}
    for response in responses:
        for location in response.calculation.locations:
            location_id = facts.id_of(location.location)
            if location_id in location_ids:
                found[location_id] = from_money(location.budget)
    return found
