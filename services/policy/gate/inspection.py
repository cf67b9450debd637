"""Every check of the gate on norms, one after the other. Nothing here is safe from the rules themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import regorus

from services.policy.embedded import guarded
from services.policy.engine import PolicyLoadError
from services.policy.gate.messages import Ended, Running, Tell
from services.policy.gate.metadata import check_metadata
from services.policy.gate.questions import check_questions
from services.policy.gate.source import Source
from services.policy.gate.subset import check_subset, reaches_outside
from services.policy.gate.testing import Tested, check_presence, check_tests
from services.policy.gate.thresholds import check_thresholds
from services.policy.gate.verdicts import check_verdicts
from services.policy.model_problems import READING
from services.policy.policy_set import PolicySet
from services.policy.problems import Problem
from services.policy.questionnaire_file import FILE as QUESTIONNAIRE
from services.policy.rego_ast import Module, modules_in, place_in, reason_in
from services.policy.year import DATA, KIND, is_test, read_parts

INPUTS = ("year", "open_blocks", "answers")
"""What norms are given."""


def inspect(policy_set: PolicySet, earlier: Sequence[PolicySet], tell: Tell) -> None:
    """Look at everything, and tell what is about to be done, what is wrong, and at the end how much there was."""
    source, whole = read_source(policy_set, tell)
    for problems in check_source(source, earlier, whole=whole):
        tell(tuple(problems))
    tested = Tested()
    # What is not whole or reaches beyond the rules is not run.
    if whole and DATA in source.texts and not reaches_outside(source):
        for problem in check_verdicts(source, lambda what, file, line: tell(Running(what, file, line))):
            tell((problem,))
        tested = check_tests(source, tell)
    tell(Ended(len(source.stems), tested.count, tested.line_coverage_percent))


def read_source(policy_set: PolicySet, tell: Tell) -> tuple[Source, bool]:
    """Return what can be read of a policy set, and whether that is every rule and test; tell what is wrong."""
    tell(Running("het lezen", ".", 0))
    parts = read_parts(policy_set.year, policy_set.files)
    tell(parts.problems)
    tell(tuple(strangers(policy_set, (DATA, QUESTIONNAIRE))))
    modules, whole = parsed(policy_set, parts.texts, tell)
    policies = parts.policies
    source = Source(
        kind=KIND,
        year=policy_set.year,
        texts=parts.texts,
        modules=modules,
        stems=tuple(norm.stem for norm in policies.catalogue) if policies else (),
        inputs=INPUTS,
        data=policies.data if policies else {},
        policies=policies,
    )
    return source, whole


def parsed(policy_set: PolicySet, rules: Mapping[str, str], tell: Tell) -> tuple[tuple[Module, ...], bool]:
    """Return the modules of `rules` and of the tests that parse, and whether those are all; tell what is wrong."""
    tests = {name: content for name, content in sorted(policy_set.files.items()) if is_test(name)}
    texts = {name: text for name, text in rules.items() if name.endswith(".rego")}
    texts |= dict(_decoded(tests, tell))
    engine = regorus.Engine()
    count = sum(_parses(engine, name, text, tell) for name, text in texts.items())
    tell(Running("het nalezen van de regels", ".", 0))
    return tuple(modules_in(engine)), count == sum(name.endswith(".rego") for name in policy_set.files)


def check_source(source: Source, earlier: Sequence[PolicySet], *, whole: bool) -> Iterator[Iterable[Problem]]:
    """Yield what can be seen without running anything. Names only mean something when every file could be read."""
    yield check_metadata(source, earlier)
    yield check_presence(source)
    if whole:
        yield check_subset(source)
        yield check_thresholds(source)
        yield check_questions(source)


def strangers(policy_set: PolicySet, known: Collection[str]) -> Iterator[Problem]:
    """Yield the files that are no rules and not among those that are known."""
    for name in policy_set.files:
        if not name.endswith(".rego") and name not in known:
            yield Problem(name, 0, READING, "dit bestand hoort niet in de map van een jaar")


def _decoded(files: dict[str, bytes], tell: Tell) -> Iterator[tuple[str, str]]:
    for name, content in files.items():
        try:
            yield name, content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            tell((Problem(name, line, READING, "is geen UTF-8"),))


def _parses(engine: regorus.Engine, name: str, text: str, tell: Tell) -> bool:
    tell(Running("het lezen", name, 0))
    try:
        guarded(PolicyLoadError, lambda: engine.add_policy(name, text))
    except PolicyLoadError as error:
        _, line = place_in(str(error)) or (name, 0)
        tell((Problem(name, line, READING, f"is geen Rego: {reason_in(str(error))}"),))
        return False
    return True
