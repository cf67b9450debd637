"""Drill: certificates expire, and are renewed later, while callers write."""

import time
from collections.abc import Sequence
from datetime import timedelta

from tests.faults.world import Report, World, world
from tests.faults.writers import AnswersWriter, AssessmentsWriter, ClosuresWriter, Writer, figures, wait_for, writing
from tests.support.certificates import DAY, Issued

LEFT_SECONDS = 2.0
"""How long a certificate holds that is about to expire."""
CONNECTION_SECONDS = 1.0
"""Connections keep what they began with, so here they are short."""


def certificates_expired(seconds: float) -> Report:
    """Lets the certificate of the services expire, and that of a caller, and renews each after so long. Files are
    replaced and nothing is restarted."""
    report = Report(
        "certificates", f"the certificates of the services and of a caller expired for {seconds:.0f} s each"
    )
    settings = {name: {"max_connection_seconds": CONNECTION_SECONDS} for name in ("registry", "quality")}
    with world(services=("registry", "quality"), settings=settings) as found:
        with writing(found, (ClosuresWriter, AnswersWriter, AssessmentsWriter)) as writers:
            wait_for(writers, 2)
            for whose, files, common_name in (
                ("the services", found.replicas.own, "dienst"),
                ("a caller", found.replicas.issued["aanbieder"], "aanbieder"),
            ):
                recovered = _expired_and_renewed(found, writers, files, common_name, seconds)
                report.figures.append(f"{whose}: answered again {recovered:.1f} s after the renewal")
        report.problems += [problem for writer in writers for problem in writer.problems()]
        report.problems += found.problems() + found.ended_by_themselves()
    report.figures += figures(writers)
    return report


def _expired_and_renewed(
    found: World, writers: Sequence[Writer], files: Issued, common_name: str, seconds: float
) -> float:
    """Replaces a certificate by one that expires soon, and this by a good one; gives the seconds from then on until
    every caller had an answer."""
    hosts = ("localhost", "127.0.0.1")

    def put(ends_in: timedelta) -> None:
        files.replace_by(found.replicas.authority.issue("next", common_name=common_name, hosts=hosts, ends_in=ends_in))

    put(timedelta(seconds=LEFT_SECONDS))
    refused = {writer: writer.refused.total() for writer in writers}
    ends = time.monotonic() + 60
    while any(writer.refused.total() == before for writer, before in refused.items()):
        assert time.monotonic() < ends, "an expired certificate was taken"
        time.sleep(0.05)
    time.sleep(seconds)
    put(20 * DAY)
    renewed = time.monotonic()
    wait_for(writers, 2)
    return time.monotonic() - renewed
