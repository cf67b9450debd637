"""Judging again what was judged before, with the rules of then, to show that the same comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from os import cpu_count
from threading import Lock
from typing import Self

from services.policy.engine import PolicyEngine, PolicyError
from services.quality.assessments.judging import judge_again
from services.quality.assessments.messages import write_findings, write_routes
from services.quality.assessments.model import digest
from services.quality.assessments.store import Evidence
from services.quality.rulebook import Rulebook, Rules
from spoedkader.quality.v1 import assessment_pb2 as pb


class Replayer:
    """Judges again. Each policy set that is needed is loaded once, and let go of at the end of the `with`."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._open = ExitStack()
        self._pool = ThreadPoolExecutor(cpu_count(), thread_name_prefix="replay")
        self._engines: dict[str, tuple[Rules, PolicyEngine]] = {}
        self._loading = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._open.close()

    def replay_all(self, found: Sequence[Evidence]) -> Iterator[pb.Replay]:
        """What comes of each, in order; as many side by side as there are processors."""
        return self._pool.map(self.replay, found)

    def replay(self, evidence: Evidence) -> pb.Replay:
        """What comes of one: whether input, findings and routes are the same to the byte."""
        stored = pb.Assessment.FromString(evidence.summary)
        differences = []
        if digest(evidence.input) != evidence.input_digest:
            differences.append("de invoer is niet die van haar digest")
        policy = stored.policy
        try:
            rules, engine = self._held(evidence.policy_digest)
            evaluation, findings, routes = judge_again(engine, rules, evidence.input, evidence.as_of)
        except PolicyError as error:
            differences.append(f"de regels van toen geven geen oordeel: {error}")
        else:
            policy = rules.pin(evaluation.engine, evaluation.engine_version)
            again = write_findings(rules.policies.catalogue, findings, evidence.as_of)
            differences += _differences(evidence, again, stored, write_routes(routes))
        return pb.Replay(assessment=stored.name, same=not differences, differences=differences, policy=policy)

    def _held(self, policy_digest: str) -> tuple[Rules, PolicyEngine]:
        with self._loading:
            if policy_digest not in self._engines:
                rules = self._rulebook.of_digest(policy_digest)
                engine = self._open.enter_context(self._rulebook.pinned_engine(rules))
                self._engines[policy_digest] = rules, engine
            return self._engines[policy_digest]


def _differences(
    evidence: Evidence, again: pb.Assessment, stored: pb.Assessment, routes: list[pb.Route.ValueType]
) -> Iterator[str]:
    if list(stored.routes) != routes:
        yield "de routes zijn anders"
    if again.SerializeToString() == evidence.findings:
        return
    before = {finding.norm: finding for finding in pb.Assessment.FromString(evidence.findings).findings}
    after = {finding.norm: finding for finding in again.findings}
    for norm in sorted(before.keys() | after.keys()):
        if before.get(norm) != after.get(norm):
            yield f"{norm}: {_verdict(before.get(norm))} is nu {_verdict(after.get(norm))}"
    if before == after:
        yield "de bevindingen zijn anders geschreven"


def _verdict(finding: pb.Finding | None) -> str:
    return pb.Verdict.Name(finding.verdict).removeprefix("VERDICT_") if finding else "geen bevinding"
