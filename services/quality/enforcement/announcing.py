"""Makes the notices of a decision in the transaction that takes it."""

from sqlalchemy import Connection

from services.policy.assess import Outcome as FactOutcome
from services.policy.engine import PolicyError
from services.quality.assessments import store as assessments
from services.quality.assessments.messages import read_finding
from services.quality.assessments.model import explain
from services.quality.enforcement.model import Case, Outcome
from services.quality.enforcement.notices import Miss, Recipient, Subject, body, is_announced, title
from services.quality.enforcement.parties import Parties
from services.quality.enforcement.store import add_notice, case_name, latest_assessments
from services.quality.rulebook import Rulebook, unusable
from services.runtime.versions import Stamp
from spoedkader.quality.v1 import assessment_pb2


def announce(
    connection: Connection, stamp: Stamp, rulebook: Rulebook, parties: Parties, *, before: Case, after: Case
) -> None:
    """Makes a notice for each supervisor when a decision of which they are told was taken between two versions.

    Raises:
        DomainError: the rules by which the location was judged cannot be read, so that nothing can be told of findings.
    """
    open_before = len(before.decisions) - (before.proposal is not None)
    for number, decision in enumerate(after.decisions[open_before:], start=open_before + 1):
        if decision.outcome is not Outcome.GENOMEN or not is_announced(decision):
            continue
        subject = Subject(parties.location.display_name, parties.provider.display_name, case_name(after))
        misses = _misses(connection, rulebook, after)
        for recipient in Recipient:
            text = body(after, number, subject, misses, recipient)
            add_notice(connection, after, f"{number}-{recipient}", title(decision, subject), text, stamp)


def _misses(connection: Connection, rulebook: Rulebook, case: Case) -> list[Miss]:
    """What the latest assessment says of the norms that are not met, by the rules of then."""
    name = latest_assessments(connection, [case])[case.location_id, case.budget_year]
    number = int(name.rpartition("-")[2])
    stored = assessments.get(connection, case.location_id, case.budget_year, number)
    assert stored is not None
    assessment = assessment_pb2.Assessment.FromString(stored.summary + stored.findings)
    try:
        policies = rulebook.of_digest(assessment.policy.digest).policies
    except PolicyError as error:
        raise unusable(assessment.policy.policy_set, error) from error
    found = []
    for message in assessment.findings:
        if message.norm in case.unmet:
            finding = read_finding(message)
            facts = zip(finding.facts, explain(policies.questionnaire, finding), strict=True)
            sentences = tuple(sentence for fact, sentence in facts if fact.outcome is not FactOutcome.WAAR)
            found.append(Miss(finding.norm, policies.norm(finding.norm).title, sentences))
    return found
