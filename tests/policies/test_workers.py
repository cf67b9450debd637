"""The engine in processes of its own: the same answers, side by side, and what does not end is ended."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from services.policy.assess import evaluate_norms
from services.policy.embedded import EmbeddedEngine
from services.policy.engine import EvaluationError, PolicyLoadError, UndefinedResultError
from services.policy.workers import WorkerEngine
from services.policy.year import PolicyYear

RULES = """package toets
import rego.v1

dubbel := input.getal * 2

nooit := 1 if input.getal == 99999

eindeloos := count([1 | some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a + b == -1])

traag := count([1 | some a in numbers.range(1, 1500); some b in numbers.range(1, 1500); a + b == -1])

kapot := numbers.range(input.getal, "x")
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[WorkerEngine]:
    found = WorkerEngine({"toets.rego": RULES}, {}, processes=2, seconds=1.0)
    yield found
    found.close()


def pids(engine: WorkerEngine) -> set[int]:
    return {worker._process.pid for worker in engine._workers}


def test_it_gives_the_findings_of_the_embedded_engine(year_2027: PolicyYear) -> None:
    year = year_2027
    embedded = EmbeddedEngine(year.modules, year.data)
    workers = WorkerEngine(year.modules, year.data, processes=1)
    try:
        answers = {"ic.beschikbaar": True, "arts.als_afgerond": {"anw": False}, "triage.systeem": "MTS"}
        for blocks in ([], ["anw"], ["anw", "kantooruren"]):
            expected = evaluate_norms(embedded, year, blocks, answers)
            assert evaluate_norms(workers, year, blocks, answers) == expected
    finally:
        workers.close()
    assert (workers.name, workers.version) == (embedded.name, embedded.version)


def test_many_callers_share_the_workers(engine: WorkerEngine) -> None:
    before = pids(engine)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: engine.evaluate("data.toets.dubbel", {"getal": n}).value, range(200)))
    assert found == [2 * n for n in range(200)]
    assert pids(engine) == before


def test_workers_give_way_to_their_service(engine: WorkerEngine) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert all(os.getpriority(os.PRIO_PROCESS, pid) > own for pid in pids(engine))


def test_a_rule_without_a_value_is_an_error(engine: WorkerEngine) -> None:
    with pytest.raises(UndefinedResultError):
        engine.evaluate("data.toets.nooit", {"getal": 1})


def test_a_rule_that_fails_is_an_error_and_the_worker_stays(engine: WorkerEngine) -> None:
    before = pids(engine)
    with pytest.raises(EvaluationError):
        engine.evaluate("data.toets.kapot", {"getal": 1})
    assert pids(engine) == before


def test_a_rule_that_does_not_end_is_ended_and_another_worker_takes_over(engine: WorkerEngine) -> None:
    before = pids(engine)
    with pytest.raises(EvaluationError, match="no result within 1 s"):
        engine.evaluate("data.toets.eindeloos", {})
    assert all(engine.evaluate("data.toets.dubbel", {"getal": n}).value == 2 * n for n in range(10))
    assert len(pids(engine) - before) == 1
    assert engine.evaluate("data.toets.dubbel", {"getal": 4}).value == 8


def test_a_worker_that_dies_is_replaced(engine: WorkerEngine) -> None:
    before = pids(engine)
    for worker in engine._workers:
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.wait()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda n: engine.evaluate("data.toets.dubbel", {"getal": n}).value, range(50)))
    assert found == [2 * n for n in range(50)]
    assert not pids(engine) & before


def test_who_loses_a_worker_at_work_is_judged_by_another() -> None:
    engine = WorkerEngine({"toets.rego": RULES}, {}, processes=1, seconds=60.0)
    with closing(engine), ThreadPoolExecutor(1) as pool:
        (before,) = pids(engine)
        running = pool.submit(engine.evaluate, "data.toets.traag", {})
        while engine._idle.qsize():
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(before, signal.SIGKILL)
        assert not running.done()
        assert running.result(timeout=60).value == 0
        assert pids(engine) != {before}


def test_an_evaluation_that_loses_two_workers_gives_an_error_and_no_result(engine: WorkerEngine) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(engine.evaluate, "data.toets.eindeloos", {})
        for _ in range(2):
            time.sleep(0.3)
            for worker in list(engine._workers):
                worker._process.kill()
        with pytest.raises(EvaluationError, match="died"):
            running.result(timeout=10)
    assert [engine.evaluate("data.toets.dubbel", {"getal": n}).value for n in range(4)] == [0, 2, 4, 6]


def test_policies_that_cannot_be_read_leave_no_process() -> None:
    with pytest.raises(PolicyLoadError, match=r"kapot\.rego"):
        WorkerEngine({"kapot.rego": "package x\nimport rego.v1\na := {"}, {}, processes=2)


def test_closing_ends_every_process() -> None:
    engine = WorkerEngine({"toets.rego": RULES}, {}, processes=2)
    processes = [worker._process for worker in engine._workers]
    engine.close()
    assert all(process.returncode is not None for process in processes)
