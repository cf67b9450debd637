"""Each drill, short; and that what is lost would be seen."""

import pytest

from tests.faults.certificates_expired import certificates_expired
from tests.faults.clock_jumps import clock_jumps, faketime
from tests.faults.disk_full import can_mount, disk_full
from tests.faults.killing import killed
from tests.faults.opa_gone import opa_gone
from tests.faults.restarting import database_restarted
from tests.faults.world import world
from tests.faults.writers import ClosuresWriter, EventsWriter, wait_for, writing
from tests.support.opa import need_opa
from tests.support.toolchains import need
from tests.support.whole import run

pytestmark = pytest.mark.timeout(300)


def test_processes_are_killed() -> None:
    report = killed(8, postgres=False, replicas=1)
    assert report.problems == []


def test_the_database_is_restarted() -> None:
    report = database_restarted(2, replicas=1)
    assert report.problems == []


def test_opa_is_gone() -> None:
    need_opa()
    report = opa_gone(1)
    assert report.problems == []


def test_the_disk_is_full() -> None:
    need(can_mount(), "this user may not mount a small file system")
    report = disk_full(1)
    assert report.problems == []


def test_the_clock_jumps() -> None:
    need(faketime() is not None, "libfaketime is not installed")
    report = clock_jumps(0.5)
    assert report.problems == []


def test_certificates_expire() -> None:
    report = certificates_expired(1)
    assert report.problems == []


def test_what_is_lost_or_doubled_is_seen() -> None:
    with world(services=("registry",)) as found:
        with writing(found, (EventsWriter, ClosuresWriter)) as writers:
            wait_for(writers, 2)
        events, closures = writers
        assert not events.problems()
        assert not closures.problems()
        assert found.problems() == []
        url = found.replicas.database_urls["registry"]
        run(url, "DELETE FROM status_event WHERE sequence = 2")
        assert any("events" in problem for problem in events.problems())
        run(url, "UPDATE event SET event_id = 'k0' WHERE event_id = 'k1'")
        assert any("lost [('providers" in problem for problem in closures.problems())
        run(url, "UPDATE change SET position = position + 1000 WHERE position = (SELECT max(position) FROM change)")
        wrong = found.problems()
        assert any(problem.startswith("ledger of registry") for problem in wrong)
        assert "feed of registry: positions do not follow each other" in wrong
