"""An OPA server that does not answer is left alone, and found again when it does."""

import json
import time
from collections.abc import Iterator

import pytest

from services.policy.engine import EngineUnavailableError, NoAnswerError, PolicyError
from services.policy.opa import BUNDLE, OpaEngine
from services.quality.spared_engine import SparedEngine
from services.runtime.breaker import Breaker, BreakerState
from tests.support.opa import FaultProxy, cut, fault_proxy, late, says

DIGEST = "sha256:a"
ANSWER = {
    "result": "VOLDOET",
    "provenance": {"version": "1", "bundles": {BUNDLE: {"revision": f"2027={DIGEST}"}}},
}
SECONDS = 0.3
ASK = "data.kwaliteitskader.norm"


@pytest.fixture
def server() -> Iterator[FaultProxy]:
    with fault_proxy() as found:
        found.always(says(ANSWER))
        yield found


@pytest.fixture
def breaker() -> Breaker:
    return Breaker("opa", 2, SECONDS)


@pytest.fixture
def engine(server: FaultProxy, breaker: Breaker) -> Iterator[SparedEngine]:
    found = SparedEngine(OpaEngine(server.url, DIGEST, 2027, seconds=0.5), breaker)
    yield found
    found.close()


def test_it_is_asked_no_more_until_it_may_answer_again(
    engine: SparedEngine, server: FaultProxy, breaker: Breaker
) -> None:
    assert engine.evaluate(ASK, {}).value == "VOLDOET"
    server.always(cut)
    for _ in range(2):
        with pytest.raises(NoAnswerError):
            engine.evaluate(ASK, {})
    asked = server.requests
    with pytest.raises(EngineUnavailableError) as caught:
        engine.evaluate(ASK, {})
    assert 0 < caught.value.retry_after <= SECONDS
    assert server.requests == asked
    server.always(says(ANSWER))
    time.sleep(SECONDS)
    assert engine.evaluate(ASK, {}).value == "VOLDOET"
    assert breaker.state is BreakerState.CLOSED


def test_whatever_it_answers_it_is_there(engine: SparedEngine, server: FaultProxy, breaker: Breaker) -> None:
    for answer in ({**ANSWER, "provenance": {}}, json.loads(json.dumps(ANSWER).replace(DIGEST, "sha256:b")), [], {}):
        server.always(says(answer))
        with pytest.raises(PolicyError):
            engine.evaluate(ASK, {})
    assert breaker.state is BreakerState.CLOSED


def test_who_gives_it_no_time_says_nothing_about_it(engine: SparedEngine, server: FaultProxy, breaker: Breaker) -> None:
    server.always(late(0.4))
    for _ in range(4):
        with pytest.raises(EngineUnavailableError):
            engine.evaluate(ASK, {}, seconds=0.1)
    assert breaker.state is BreakerState.CLOSED
