"""The engine in this process: values, errors and threads."""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.policy.assess import evaluate_norms
from services.policy.embedded import EmbeddedEngine, guarded
from services.policy.engine import EvaluationError, PolicyEngine, PolicyLoadError, UndefinedResultError
from services.policy.year import PolicyYear

POLICY = """package p

import rego.v1

doubled := input.number * 2

when_given := 1 if input.given

nothing := null

broken := to_number("a")

unsafe := missing_function(1) if input.reach
"""


@pytest.fixture
def small() -> PolicyEngine:
    return EmbeddedEngine({"p.rego": POLICY, "p_test.rego": "not even Rego"}, {"q": {"limit": 12}})


def test_value_and_data(small: PolicyEngine) -> None:
    assert small.evaluate("data.p.doubled", {"number": 21}).value == 42
    assert small.evaluate("data.q.limit", {}).value == 12


def test_null_is_a_value_and_undefined_is_an_error(small: PolicyEngine) -> None:
    assert small.evaluate("data.p.nothing", {}).value is None
    for path in ("data.p.when_given", "data.p.no_such_rule", "data.elsewhere.rule"):
        with pytest.raises(UndefinedResultError) as caught:
            small.evaluate(path, {})
        assert caught.value.path == path


def test_input_of_one_evaluation_is_gone_in_the_next(small: PolicyEngine) -> None:
    assert small.evaluate("data.p.when_given", {"given": True}).value == 1
    with pytest.raises(UndefinedResultError):
        small.evaluate("data.p.when_given", {})


@pytest.mark.parametrize("path", ["data.p.broken", "data.p.unsafe", "data.p.("])
def test_failed_evaluation(small: PolicyEngine, path: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        small.evaluate(path, {"reach": True})
    assert "backtrace" not in str(caught.value)


def test_names_itself(small: PolicyEngine) -> None:
    assert (small.name, small.version) == ("regorus", "0.13.0")


@pytest.mark.parametrize(
    ("modules", "data"), [({"bad.rego": "package p\nx := "}, {}), ({"ok.rego": "package p\nx := 1"}, 3)]
)
def test_what_cannot_be_loaded(modules: dict[str, str], data: int | dict[str, int]) -> None:
    with pytest.raises(PolicyLoadError):
        EmbeddedEngine(modules, data)


def test_a_load_error_names_the_file() -> None:
    with pytest.raises(PolicyLoadError, match=r"bad\.rego"):
        EmbeddedEngine({"bad.rego": "package p\nx := "}, {})


def test_panic_becomes_an_error_and_an_interrupt_does_not() -> None:
    class PanicException(BaseException):
        pass

    def throws(error: BaseException) -> Callable[[], None]:
        def call() -> None:
            raise error

        return call

    with pytest.raises(EvaluationError, match="panicked: sent to another thread"):
        guarded(EvaluationError, throws(PanicException("sent to another thread")))
    with pytest.raises(KeyboardInterrupt):
        guarded(EvaluationError, throws(KeyboardInterrupt()))


def test_threads_find_the_same(engine: EmbeddedEngine, year_2027: PolicyYear) -> None:
    here = evaluate_norms(engine, year_2027, ["anw"], {"ic.beschikbaar": True})
    start = threading.Barrier(4)

    def work(_: int) -> bool:
        start.wait(timeout=30)
        return all(
            evaluate_norms(engine, year_2027, ["anw"], {"ic.beschikbaar": True}) == here
            and evaluate_norms(engine, year_2027, [], {}) != here
            for _ in range(5)
        )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [True] * 4


def test_an_engine_may_go_while_threads_that_used_it_live_on() -> None:
    """Warnings are errors here: letting go of a regorus engine in another thread would be reported as one."""
    with ThreadPoolExecutor(1) as pool:
        for number in range(5):
            temporary = EmbeddedEngine({"p.rego": f"package p\nx := {number}"}, {})
            assert pool.submit(temporary.evaluate, "data.p.x", {}).result().value == number
            assert temporary.evaluate("data.p.x", {}).value == number
            del temporary
            gc.collect()
