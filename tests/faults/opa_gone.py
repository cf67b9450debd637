"""Drill: the OPA server that judges is killed, and comes back."""

import tempfile
import time
from pathlib import Path

from tests.faults.world import Report, world
from tests.faults.writers import AnswersWriter, AssessmentsWriter, ClosuresWriter, figures, wait_for, writing
from tests.support.opa import Opa
from tests.support.ports import unused_port

REFUSED = "UNAVAILABLE ENGINE_UNAVAILABLE"


def opa_gone(seconds: float) -> Report:
    """Kills OPA and starts it again after so long. Assessments are refused meanwhile; everything else goes on."""
    report = Report("opa", f"OPA killed, and started again after {seconds:.0f} s")
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        bundles = f"127.0.0.1:{unused_port()}"
        opa = Opa(f"http://{bundles}", Path(folder))
        settings = {"quality": {"engine": "opa", "opa_url": opa.url, "bundle_address": bundles}}
        try:
            opa.start()
            with world(services=("registry", "quality"), settings=settings) as found:
                opa.wait_until_active()
                with writing(found, (AssessmentsWriter, AnswersWriter, ClosuresWriter)) as writers:
                    assessments, *others = writers
                    wait_for(writers, 2)
                    opa.kill()
                    gone = time.monotonic()
                    judged = len(assessments.moments)
                    wait_for(others, 2)
                    time.sleep(max(0.0, gone + seconds - time.monotonic()))
                    meanwhile = [len(writer.moments) for writer in others]
                    # What was being answered when it was killed may still have come.
                    late = len(assessments.moments) - judged
                    opa.start()
                    back = time.monotonic()
                    wait_for(writers, 2)
                    recovered = next(moment for moment in assessments.moments[judged + late :]) - back
                report.problems += [problem for writer in writers for problem in writer.problems()]
                report.problems += found.problems() + found.ended_by_themselves()
        finally:
            opa.stop()
    if late > 1:
        report.problems.append(f"{late} assessments without OPA")
    if set(assessments.refused) != {REFUSED}:
        report.problems.append(f"assessments were refused with {dict(assessments.refused)}")
    if any(writer.refused for writer in others):
        report.problems.append("what needs no engine was refused too")
    report.figures += figures(writers)
    report.figures.append(
        f"acknowledged by others meanwhile: {sum(meanwhile)}; assessments {recovered:.1f} s after OPA"
    )
    return report
