"""The engine of a real OPA server, which pulls its policies from the quality service.

What to know about it:
- OPA leaves out what depends on a builtin that fails, unless it is told to be strict. Here it always is.
- OPA moves to another policy set by itself. So every answer says which sets it was made with, and an answer of another
  set than the one that was asked for is no answer.
- The client never repeats a POST. An evaluation changes nothing, so here it is asked once more when OPA did not answer,
  if there is time.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from opa_client.opa import OpaClient  # type: ignore[import-untyped]
from urllib3 import Timeout

from services.policy.bundle import digest_in
from services.policy.engine import (
    EngineUnavailableError,
    Evaluation,
    EvaluationError,
    JsonValue,
    NoAnswerError,
    OtherPolicySetError,
    UndefinedResultError,
)
from services.policy.year import KIND
from services.runtime.tracing import trace_headers

BUNDLE = KIND
"""The name of the bundle with every year's rules in the configuration of OPA."""
PARAMETERS = {"strict-builtin-errors": "true", "provenance": "true"}
TRACE_HEADERS = ("traceparent", "tracestate")
PASSING = (500, 502, 503, 504)
"""Statuses that say nothing about the next try."""


class OpaEngine:
    """One policy set of one year in an OPA server. May be called from any thread."""

    name = "opa"

    def __init__(self, url: str, digest: str, year: int, seconds: float = 5.0) -> None:
        """Asks the server at `url` (`http://127.0.0.1:8181`) for the policy set with a digest, which is one of `year`.

        `seconds` is how long one try may take. Nothing is asked yet: the server may come later. Raises ValueError for a
        URL that is none of a server.
        """
        self._url = url
        client_of(url).close_connection()
        self._digest = digest
        self._year = year
        self._seconds = seconds
        self._idle: deque[_Client] = deque()
        self._closed = False

    def evaluate(self, path: str, document: JsonValue, *, seconds: float | None = None) -> Evaluation:
        """Return the value of the rule at `path` with `document` as its input; see PolicyEngine.evaluate.

        Raises OtherPolicySetError too, when the server holds another policy set or none. An EvaluationError does not
        tell which set it is about, for OPA does not say so.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            body = self._ask(path, document, self._left(deadline))
        except NoAnswerError:
            left = self._left(deadline)
            if left <= 0:
                raise
            body = self._ask(path, document, left)
        return self._read(path, body)

    def close(self) -> None:
        """Close the connections; that of a running evaluation closes when it is done."""
        self._closed = True
        while self._idle:
            self._idle.pop().close_connection()

    def _left(self, deadline: float | None) -> float:
        """How long a try that starts now may take."""
        return self._seconds if deadline is None else min(self._seconds, deadline - time.monotonic())

    def _ask(self, path: str, document: JsonValue, seconds: float) -> Any:
        """What the server answers with status 200."""
        if seconds <= 0:
            raise EngineUnavailableError("no time left to ask OPA")
        try:
            with self._client() as client:
                # The client has one limit for all its calls, as an attribute; this client is ours until we give it
                # back. The limit is on connecting and on every wait for bytes, and OPA sends its answer in one piece.
                client.timeout = Timeout(total=seconds)
                client.part_of(trace_headers())
                return client.query_rule(document, path.removeprefix("data."), query_params=PARAMETERS)
        except requests.HTTPError as reason:
            raise _refusal(reason.response) from reason
        except requests.JSONDecodeError as reason:
            raise EngineUnavailableError("OPA answered with something that is no JSON") from reason
        except requests.exceptions.InvalidJSONError as reason:
            raise EvaluationError(f"the input is no JSON: {reason}") from reason
        except requests.RequestException as reason:
            raise NoAnswerError(f"OPA did not answer: {reason}") from reason
        except RecursionError as reason:
            raise EngineUnavailableError("OPA answered with JSON that is nested too deep") from reason

    @contextmanager
    def _client(self) -> Iterator[_Client]:
        """A client that nobody else uses meanwhile, with a connection that is still open when there is one."""
        try:
            client = self._idle.pop()
        except IndexError:
            client = client_of(self._url)
        try:
            yield client
        finally:
            if self._closed:
                client.close_connection()
            else:
                self._idle.append(client)

    def _read(self, path: str, body: Any) -> Evaluation:
        if not isinstance(body, Mapping):
            raise EngineUnavailableError("OPA answered with something that is no object")
        provenance = self._provenance(body)
        if "result" not in body:
            raise UndefinedResultError(path)
        value = body["result"]
        try:
            # Python reads NaN, Infinity and 1e999, which are no JSON or no number that a rule can give.
            json.dumps(value, allow_nan=False)
        except ValueError as reason:
            raise EngineUnavailableError("OPA answered with a number that is none") from reason
        return Evaluation(
            value,
            self.name,
            str(provenance.get("version", "")),
            str(body.get("decision_id", "")),
            json.dumps(provenance, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        )

    def _provenance(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the answer says that it was made with, once it is sure that this is the set that was asked for."""
        try:
            provenance: Mapping[str, Any] = body["provenance"]
            digest = digest_in(provenance["bundles"][BUNDLE]["revision"], self._year)
        except (KeyError, TypeError, AttributeError) as reason:
            raise OtherPolicySetError(f"OPA holds no policy sets, and not {self._digest}") from reason
        if digest != self._digest:
            raise OtherPolicySetError(f"OPA holds {digest or 'no policy set'} for {self._year}, not {self._digest}")
        return provenance


class _Client(OpaClient):  # type: ignore[misc]
    """The client, whatever the environment of this process says about proxies and passwords for other servers."""

    def _init_session(self) -> requests.Session:
        session: requests.Session = super()._init_session()
        # With TLS the server may be elsewhere, and its certificate of an authority that only the environment knows.
        session.trust_env = bool(self.ssl)
        return session

    def part_of(self, headers: Mapping[str, str]) -> None:
        """Tells OPA with the requests from now on which span they are part of, by W3C `traceparent`."""
        for name in TRACE_HEADERS:
            self._session.headers.pop(name, None)
        self._session.headers.update(headers)


def bundle_held(url: str, seconds: float) -> str:
    """The revision of the bundle that the server at `url` judges by, empty when it has none.

    Raises EngineUnavailableError when it does not answer within `seconds`.
    """
    client = client_of(url)
    client.timeout = seconds
    try:
        # What is asked does not matter, and this costs nothing.
        body = client.query_rule({}, "system.log.drop", query_params={"provenance": "true"})
        return str(body["provenance"]["bundles"][BUNDLE]["revision"])
    except (requests.RequestException, ValueError) as reason:
        raise EngineUnavailableError(f"OPA did not answer: {reason}") from reason
    except (KeyError, TypeError):
        return ""
    finally:
        client.close_connection()


def client_of(url: str) -> _Client:
    """A client of the server at a URL, which tries once. Raises ValueError for a URL that is none of a server."""
    host, port, tls = _server(url)
    return _Client(host=host, port=port, ssl=tls, retries=0)


def _server(url: str) -> tuple[str, int, bool]:
    """The host, the port and whether it is spoken to over TLS."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"{url!r} is no URL of an OPA server, such as http://127.0.0.1:8181")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    tls = parts.scheme == "https"
    return host, parts.port or (443 if tls else 80), tls


def _refusal(response: requests.Response) -> EngineUnavailableError | EvaluationError:
    """The error that a status other than 200 stands for."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, Mapping):
        problem = _evaluation_problem(response.status_code, body)
        if problem:
            return EvaluationError(problem)
    message = f"OPA answered with status {response.status_code}"
    return NoAnswerError(message) if response.status_code in PASSING else EngineUnavailableError(message)


def _evaluation_problem(status: int, body: Mapping[str, Any]) -> str:
    """What OPA says that went wrong in an evaluation, empty when it says something else."""
    if status == requests.codes.bad_request and isinstance(body.get("code"), str):
        return f"{body['code']}: {body.get('message', '')}"
    errors = body.get("errors")
    for error in errors if isinstance(errors, list) else []:
        code = error.get("code") if isinstance(error, Mapping) else None
        # A cancelled evaluation is one that OPA did not finish, and not one that failed.
        if isinstance(code, str) and code.startswith("eval_") and code != "eval_cancel_error":
            return f"{code}: {error.get('message', '')}"
    return ""
