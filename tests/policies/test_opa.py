"""The adapter of OPA, against a server that answers whatever a test wants: each is a value or the right error."""

import json
import math
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from services.policy.engine import (
    EngineUnavailableError,
    EvaluationError,
    JsonValue,
    OtherPolicySetError,
    UndefinedResultError,
)
from services.policy.opa import OpaEngine
from tests.support.opa import FaultProxy, cut, cut_halfway, fault_proxy, no_http, says, silence, status

DIGEST = "sha256:abc"
REVISION = f"2027={DIGEST},2028=sha256:def"
PATH = "data.kwaliteitskader.uitkomst.y2027.findings"


def answered(revision: str = REVISION, **more: Any) -> dict[str, Any]:
    """What OPA answers, without a result unless there is more."""
    provenance = {"version": "1.20.2", "bundles": {"kwaliteitskader": {"revision": revision}}}
    return {"provenance": provenance, "decision_id": "4711", **more}


@pytest.fixture
def server() -> Iterator[FaultProxy]:
    with fault_proxy() as proxy:
        yield proxy


@pytest.fixture
def engine(server: FaultProxy) -> Iterator[OpaEngine]:
    found = OpaEngine(server.url, DIGEST, 2027)
    yield found
    found.close()


def test_value_with_its_decision_id_and_provenance(server: FaultProxy, engine: OpaEngine) -> None:
    server.then(says(answered(result={"a1": [1, "é"]})))
    found = engine.evaluate(PATH, {"year": 2027})
    assert (found.value, found.engine, found.engine_version) == ({"a1": [1, "é"]}, "opa", "1.20.2")
    assert found.decision_id == "4711"
    expected = f'{{"bundles":{{"kwaliteitskader":{{"revision":"{REVISION}"}}}},"version":"1.20.2"}}'
    assert found.provenance == expected


def test_it_asks_strictly_and_with_provenance(server: FaultProxy, engine: OpaEngine) -> None:
    server.then(says(answered(result=True)))
    engine.evaluate(PATH, {"answers": {"vraag": "ë"}})
    path, _, parameters = server.paths[0].partition("?")
    assert path == "/v1/data/kwaliteitskader/uitkomst/y2027/findings"
    assert set(parameters.split("&")) == {"strict-builtin-errors=true", "provenance=true"}
    assert json.loads(server.bodies[0]) == {"input": {"answers": {"vraag": "ë"}}}


def test_no_decision_id_is_an_empty_one(server: FaultProxy, engine: OpaEngine) -> None:
    body = answered(result=1)
    del body["decision_id"]
    server.then(says(body))
    assert engine.evaluate(PATH, {}).decision_id == ""


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}])
def test_a_value_that_is_nothing_much_is_a_value(server: FaultProxy, engine: OpaEngine, value: JsonValue) -> None:
    server.then(says(answered(result=value)))
    found = engine.evaluate(PATH, {}).value
    assert found == value
    assert type(found) is type(value)


def test_no_result_is_an_error(server: FaultProxy, engine: OpaEngine) -> None:
    server.then(says(answered()))
    with pytest.raises(UndefinedResultError) as caught:
        engine.evaluate(PATH, {})
    assert caught.value.path == PATH
    assert server.requests == 1


@pytest.mark.parametrize(
    "provenance",
    [
        {"bundles": {"kwaliteitskader": {"revision": "2027=sha256:other"}}},
        {"bundles": {"kwaliteitskader": {"revision": f"2028={DIGEST}"}}},
        {"bundles": {"kwaliteitskader": {"revision": f"2027={DIGEST}0"}}},
        {"bundles": {"kwaliteitskader": {"revision": ""}}},
        {"bundles": {"kwaliteitskader": {"revision": None}}},
        {"bundles": {"kwaliteitskader": {}}},
        {"bundles": {"elders": {"revision": REVISION}}},
        {"bundles": {}},
        {"bundles": None},
        {"revision": REVISION},
        {},
        None,
        [],
        "x",
    ],
)
@pytest.mark.parametrize("more", [{"result": {"a1": "VOLDOET"}}, {}])
def test_an_answer_of_another_policy_set_is_no_answer(
    server: FaultProxy, engine: OpaEngine, provenance: object, more: dict[str, object]
) -> None:
    server.then(says({"provenance": provenance, **more}))
    with pytest.raises(OtherPolicySetError):
        engine.evaluate(PATH, {})


def test_without_provenance_it_is_not_known_whose_answer_it_is(server: FaultProxy, engine: OpaEngine) -> None:
    server.then(says({"result": True}))
    with pytest.raises(OtherPolicySetError):
        engine.evaluate(PATH, {})


def refused(code: str, errors: object = None) -> bytes:
    return json.dumps({"code": code, "message": "er ging iets mis", "errors": errors}).encode()


@pytest.mark.parametrize("code", ["eval_builtin_error", "eval_conflict_error", "eval_type_error"])
def test_a_failed_evaluation_is_asked_once(server: FaultProxy, engine: OpaEngine, code: str) -> None:
    errors = [{"code": code, "message": "deling door nul", "location": {"row": 3}}]
    server.then(status(500, refused("internal_error", errors)))
    with pytest.raises(EvaluationError, match=f"{code}: deling door nul"):
        engine.evaluate(PATH, {})
    assert server.requests == 1


def test_what_opa_cannot_read_is_a_failed_evaluation(server: FaultProxy, engine: OpaEngine) -> None:
    server.then(status(400, refused("invalid_parameter")))
    with pytest.raises(EvaluationError, match="invalid_parameter: er ging iets mis"):
        engine.evaluate(PATH, {})
    assert server.requests == 1


PASSING = [
    status(500),
    status(500, refused("internal_error")),
    status(500, refused("internal_error", [{"code": "eval_cancel_error", "message": "caller cancelled"}])),
    status(500, refused("internal_error", "eval_builtin_error")),
    status(500, b"[" * 200_000),
    status(502, b"<html>Bad gateway</html>"),
    status(503),
    status(504),
    cut,
    cut_halfway,
    no_http,
]


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_asked_once_more(server: FaultProxy, engine: OpaEngine, fault: Any) -> None:
    server.then(fault, says(answered(result="ja")))
    assert engine.evaluate(PATH, {}).value == "ja"
    assert server.requests == 2


@pytest.mark.parametrize("fault", PASSING)
def test_what_does_not_pass_is_asked_no_third_time(server: FaultProxy, engine: OpaEngine, fault: Any) -> None:
    server.always(fault)
    with pytest.raises(EngineUnavailableError):
        engine.evaluate(PATH, {})
    assert server.requests == 2


@pytest.mark.parametrize("code", [401, 403, 404, 405, 429, 501])
def test_a_server_that_is_no_opa_or_does_not_want_us(server: FaultProxy, engine: OpaEngine, code: int) -> None:
    server.then(status(code, b"<html></html>"))
    with pytest.raises(EngineUnavailableError, match=str(code)):
        engine.evaluate(PATH, {})
    assert server.requests == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Welkom</html>",
        b'{"result": ',
        b"\xff\xfe\x00",
        b"[]",
        b'"ja"',
        b"null",
        b"[" * 200_000,
        json.dumps(answered(result=math.nan)).encode(),
        json.dumps(answered(result={"diep": [math.inf]})).encode(),
        json.dumps(answered(result=1)).replace('"result": 1', '"result": 1e999').encode(),
    ],
)
def test_garbage_is_no_answer(server: FaultProxy, engine: OpaEngine, body: bytes) -> None:
    server.then(says(body))
    with pytest.raises(EngineUnavailableError):
        engine.evaluate(PATH, {})
    assert server.requests == 1


def test_a_status_without_content_is_no_answer(server: FaultProxy, engine: OpaEngine) -> None:
    server.then(status(204))
    with pytest.raises(EngineUnavailableError):
        engine.evaluate(PATH, {})


def test_silence_is_asked_once_more_when_the_caller_has_time(server: FaultProxy) -> None:
    engine = OpaEngine(server.url, DIGEST, 2027, seconds=0.2)
    server.then(silence, says(answered(result=3)))
    assert engine.evaluate(PATH, {}).value == 3
    server.then(silence, silence)
    with pytest.raises(EngineUnavailableError):
        engine.evaluate(PATH, {}, seconds=60)
    assert server.requests == 4
    engine.close()


def test_silence_is_not_asked_again_when_the_time_is_over(server: FaultProxy, engine: OpaEngine) -> None:
    server.then(silence, says(answered(result=3)))
    with pytest.raises(EngineUnavailableError):
        engine.evaluate(PATH, {}, seconds=0.2)
    assert server.requests == 1


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_without_time_nothing_is_asked(server: FaultProxy, engine: OpaEngine, seconds: float) -> None:
    with pytest.raises(EngineUnavailableError):
        engine.evaluate(PATH, {}, seconds=seconds)
    assert server.requests == 0


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    engine = OpaEngine(f"http://127.0.0.1:{port}", DIGEST, 2027)
    with pytest.raises(EngineUnavailableError):
        engine.evaluate(PATH, {})
    engine.close()


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_an_input_that_is_no_json_is_not_sent(server: FaultProxy, engine: OpaEngine, number: float) -> None:
    with pytest.raises(EvaluationError):
        engine.evaluate(PATH, {"getal": number})
    assert server.requests == 0


def test_connections_are_used_again(server: FaultProxy, engine: OpaEngine) -> None:
    callers = set()

    def remember(exchange: Any) -> None:
        callers.add(exchange.client_address)
        says(answered(result=1))(exchange)

    server.always(remember)
    for _ in range(5):
        engine.evaluate(PATH, {})
    assert len(callers) == 1
    engine.close()
    assert engine.evaluate(PATH, {}).value == 1
    assert len(callers) == 2
    assert not engine._idle


def test_proxies_of_the_environment_are_not_for_us(
    server: FaultProxy, engine: OpaEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.then(says(answered(result=1)))
    assert engine.evaluate(PATH, {}).value == 1


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8181", "ftp://127.0.0.1", "http://", "http://127.0.0.1/x", "http://a?b"]
)
def test_what_is_no_url_of_a_server(url: str) -> None:
    with pytest.raises(ValueError):
        OpaEngine(url, DIGEST, 2027)
