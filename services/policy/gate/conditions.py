"""The checks of the gate on the conditions of a year. Nothing here is safe from the rules themselves."""

from __future__ import annotations

from services.policy.conditions import INPUTS, read_condition_parts
from services.policy.gate.inspection import parsed, strangers
from services.policy.gate.messages import Ended, Running, Tell
from services.policy.gate.metadata import check_packages
from services.policy.gate.source import Source
from services.policy.gate.subset import check_subset, reaches_outside
from services.policy.gate.testing import Tested, check_presence, check_tests
from services.policy.gate.thresholds import check_thresholds
from services.policy.parameters import FILE, KIND, read_parameters
from services.policy.policy_set import PolicySet
from services.policy.year import DATA, InvalidYearError


def inspect(policy_set: PolicySet, tell: Tell) -> None:
    """Look at everything, and tell what is about to be done, what is wrong, and at the end how much there was."""
    tell(Running("het lezen", ".", 0))
    year, files = policy_set.year, policy_set.files
    parts = read_condition_parts(year, files)
    tell(parts.problems)
    tell(tuple(strangers(policy_set, (DATA, FILE))))
    try:
        read_parameters(year, files.get(FILE, b""))
    except InvalidYearError as error:
        tell(error.problems)
    modules, whole = parsed(policy_set, parts.texts, tell)
    rules = parts.rules
    stems = tuple(condition.stem for condition in rules.conditions)
    source = Source(KIND, year, parts.texts, modules, stems, INPUTS, rules.data)
    tell(tuple(check_packages(source)))
    tell(tuple(check_presence(source)))
    tested = Tested()
    # Names only mean something when every file could be read, and what reaches beyond the rules is not run.
    if whole:
        tell(tuple(check_subset(source)))
        tell(tuple(check_thresholds(source)))
        if DATA in source.texts and not reaches_outside(source):
            tested = check_tests(source, tell)
    tell(Ended(len(stems), tested.count, tested.line_coverage_percent))
