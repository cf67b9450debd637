"""What an assessment does to the cases of a location: it opens, closes and reopens them (bijlage A, stap 1 and 2).

Nobody else does. A case that opens again is where it was, with the clock that it had (AMB-38).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.policy.assess import Finding, Verdict
from services.policy.routes import counting
from services.policy.year import Level, Norm
from services.quality.enforcement.model import Case, DecisionKind, Outcome, Track
from services.quality.enforcement.steps import conclude

_LEVELS = {Track.HERSTEL: Level.VOORWAARDELIJK, Track.VERBETERPLAN: Level.NORM}
_NOT_MET = (Verdict.VOLDOET_NIET, Verdict.ONBEKEND)


@dataclass(frozen=True, slots=True)
class Result:
    """What an assessment says of the norms of one track, in the order of the catalogue.

    `missed` are the norms that are not met and count on the day of the assessment, `unsure` all that are not met or of
    which too little is known, whether they count or not.
    """

    missed: tuple[str, ...]
    unsure: tuple[str, ...]
    catalogue: tuple[str, ...]


def result_of(track: Track, catalogue: Sequence[Norm], findings: Iterable[Finding], as_of: date) -> Result:
    """What the findings of a day say of the norms of a track."""
    own = {norm.code for norm in catalogue if norm.level is _LEVELS[track]}
    of_track = [finding for finding in findings if finding.norm in own]
    return Result(
        missed=tuple(
            finding.norm for finding in counting(catalogue, of_track, as_of) if finding.verdict is Verdict.VOLDOET_NIET
        ),
        unsure=tuple(finding.norm for finding in of_track if finding.verdict in _NOT_MET),
        catalogue=tuple(norm.code for norm in catalogue),
    )


def follow(case: Case, result: Result, day: date) -> Case:
    """The case after a later assessment.

    A norm that was ever missed is met only by a verdict that says so: not by one that is unknown, nor by a day on which
    it does not count yet. A norm that the rules no longer have on this level is no longer asked. When every norm is
    met, a proposal that is still open has nothing left to decide and is withdrawn, unless it is to revoke a decision.
    """
    ever = {*case.norms, *result.missed}
    known = [code for code in result.catalogue if code in ever]
    found = replace(
        case,
        norms=(*known, *(code for code in case.norms if code not in known)),
        unmet=tuple(code for code in result.unsure if code in ever),
    )
    proposal = found.proposal
    if not found.unmet and proposal is not None and proposal.kind is not DecisionKind.INTREKKING:
        return conclude(found, day, Outcome.INGETROKKEN)
    return found
