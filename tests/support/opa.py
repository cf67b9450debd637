"""A real OPA for tests, started as people start it, and what can go wrong between it and us."""

import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

START = Path(__file__).parents[2] / "deploy" / "opa" / "start.sh"
PATIENCE_SECONDS = 40.0


# OPA itself


def opa_executable() -> str | None:
    """Where `opa` is: on the PATH, or where Go puts what it builds."""
    return shutil.which("opa") or next(
        (path for folder in _go_bins() if (path := shutil.which("opa", path=folder))), None
    )


def _go_bins() -> Iterator[str]:
    yield str(Path.home() / "go" / "bin")
    go = shutil.which("go")
    if go:
        found = subprocess.run([go, "env", "GOPATH"], capture_output=True, text=True, check=True).stdout.strip()
        yield str(Path(found) / "bin")


def need_opa() -> str:
    """Where `opa` is; without it the test is skipped, but in CI that is a failure."""
    found = opa_executable()
    if found:
        return found
    reason = "opa is not installed: not on the PATH and not where Go puts programs"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Opa:
    """An OPA server with the configuration and the start script that are shipped. Keeps its address and its folder when
    it is stopped and started again."""

    def __init__(self, bundle_url: str, folder: Path, public_key: Path | None = None, traces: str = "") -> None:
        """`folder` is its own: for the last good bundle and for what it logs. `public_key` is `<key id>.pem`; `traces`
        is `host:port` of who takes its spans."""
        self._folder = folder
        self._address = f"127.0.0.1:{_free_port()}"
        self._environment = {
            **os.environ,
            "OPA": need_opa(),
            "SPOEDKADER_BUNDLE_URL": bundle_url,
            "SPOEDKADER_OPA_ADDRESS": self._address,
            "SPOEDKADER_OPA_DIR": str(folder / "opa"),
            "SPOEDKADER_OPA_KEY": str(public_key or ""),
            "SPOEDKADER_OPA_TRACES": traces,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self._address}"

    @property
    def log(self) -> str:
        """Everything that it wrote until now."""
        return (self._folder / "opa.log").read_text("utf-8")

    def start(self) -> None:
        """Starts it, and comes back when it answers."""
        with (self._folder / "opa.log").open("ab") as log:
            self._process = subprocess.Popen([START], env=self._environment, stdout=log, stderr=log)
        self.wait_for("/health")

    def wait_until_active(self) -> None:
        """Comes back when it has a bundle."""
        self.wait_for("/health?bundles")

    def wait_for(self, path: str) -> None:
        """Comes back when it answers with status 200."""
        self.wait_until(lambda: self._answers(path), f"no {path}")

    def wait_until_it_says(self, text: str) -> None:
        """Comes back when it logged a text."""
        self.wait_until(lambda: text in self.log, f"never said {text!r}")

    def wait_until(self, true: Callable[[], bool], otherwise: str) -> None:
        """Comes back when something is true, and fails, with the log, when it stays false or OPA ends."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"OPA ended:\n{self.log}")
            if time.monotonic() > until:
                raise AssertionError(f"OPA: {otherwise}:\n{self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops it as an operator would."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process = None

    def kill(self) -> None:
        """Ends it as a power failure would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def _answers(self, path: str) -> bool:
        try:
            return requests.get(self.url + path, timeout=5).status_code == 200
        except requests.RequestException:
            return False


@contextmanager
def running_opa(bundle_url: str, folder: Path, public_key: Path | None = None) -> Iterator[Opa]:
    """An OPA server that has activated the bundle of the server at `bundle_url`; stopped afterwards."""
    opa = Opa(bundle_url, folder, public_key)
    try:
        opa.start()
        opa.wait_until_active()
        yield opa
    finally:
        opa.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def small_bundle(revision: str, modules: Mapping[str, str]) -> bytes:
    """A bundle with some Rego, which need not be that of a year."""
    manifest = {"revision": revision, "roots": ["kwaliteitskader"], "rego_version": 1}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in {".manifest": json.dumps(manifest), **modules}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


# What is in between


Fault = Callable[["Exchange"], None]
"""Answers a request, or does not."""
JSON = {"Content-Type": "application/json"}
PASSED_ON = {"content-type", "etag", "if-none-match", "prefer"}
"""The headers that matter, of requests and of answers."""


class Exchange(BaseHTTPRequestHandler):
    """One connection to the proxy."""

    protocol_version = "HTTP/1.1"
    server: "_ProxyServer"

    def do_GET(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def do_PUT(self) -> None:
        self._exchange()

    def do_DELETE(self) -> None:
        self._exchange()

    def _exchange(self) -> None:
        self.sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.proxy.next_fault(self)(self)

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] = JSON) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() in PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests say what went wrong."""


def ask(exchange: Exchange) -> requests.Response:
    """What the server behind the proxy answers."""
    url = exchange.server.proxy.upstream + exchange.path
    headers = {name: value for name, value in exchange.headers.items() if name.lower() in PASSED_ON}
    return requests.request(exchange.command, url, data=exchange.sent, headers=headers, timeout=PATIENCE_SECONDS)


def passed_on(exchange: Exchange) -> None:
    """No fault: what the server behind the proxy answers."""
    found = ask(exchange)
    exchange.answer(found.status_code, found.content, found.headers)


def truncated(exchange: Exchange) -> None:
    """The first half of what the server behind the proxy answers, as if it were all."""
    found = ask(exchange)
    exchange.answer(found.status_code, found.content[: len(found.content) // 2], found.headers)


def status(code: int, body: bytes = b"") -> Fault:
    """A status without an answer to what was asked."""
    return lambda exchange: exchange.answer(code, body)


def says(body: object) -> Fault:
    """Status 200 with a body: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status(200, content)


def cut(exchange: Exchange) -> None:
    """The connection is gone before an answer."""
    exchange.close_connection = True


def cut_halfway(exchange: Exchange) -> None:
    """The connection is gone halfway the answer."""
    exchange.send_response(200)
    exchange.send_header("Content-Type", "application/json")
    exchange.send_header("Content-Length", "1000")
    exchange.end_headers()
    exchange.wfile.write(b'{"result": {}')
    exchange.close_connection = True


def no_http(exchange: Exchange) -> None:
    """Bytes that are no HTTP."""
    exchange.wfile.write(b"\x00\x01\x02 hallo\r\n\r\n")
    exchange.close_connection = True


def silence(exchange: Exchange) -> None:
    """Nothing, until the proxy closes; the caller has to give up."""
    exchange.server.proxy.closing.wait(PATIENCE_SECONDS)
    exchange.close_connection = True


def late(seconds: float) -> Fault:
    """What the server behind the proxy answers, after a while."""

    def fault(exchange: Exchange) -> None:
        exchange.server.proxy.closing.wait(seconds)
        passed_on(exchange)

    return fault


class FaultProxy:
    """A proxy on a free loopback port that does what it is told with each request."""

    def __init__(self, upstream: str = "") -> None:
        """`upstream` is the URL of the server behind it, for what it passes on."""
        self.upstream = upstream
        self.closing = threading.Event()
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.preferences: list[str] = []
        self._next: deque[Fault] = deque()
        self._always: Fault = passed_on
        self._lock = threading.Lock()
        self._server = _ProxyServer(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> int:
        """How many it has had."""
        return len(self.paths)

    def then(self, *faults: Fault) -> None:
        """What happens to the next requests, one each, before `always` holds again."""
        with self._lock:
            self._next.extend(faults)

    def always(self, fault: Fault) -> None:
        """What happens to every request that nothing else was said about."""
        with self._lock:
            self._always = fault

    def next_fault(self, exchange: Exchange) -> Fault:
        with self._lock:
            self.paths.append(exchange.path)
            self.bodies.append(exchange.sent)
            self.preferences.append(exchange.headers.get("Prefer", ""))
            return self._next.popleft() if self._next else self._always

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _ProxyServer(ThreadingHTTPServer):
    daemon_threads = True
    # A hundred callers at once is a test, and no reason to refuse one.
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.proxy = proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a caller that has gone away is one of the faults."""


@contextmanager
def fault_proxy(upstream: str = "") -> Iterator[FaultProxy]:
    """A proxy, closed afterwards."""
    proxy = FaultProxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
