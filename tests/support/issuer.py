"""An OpenID Connect issuer on loopback: its keys, which rotate, and tokens that it signs, right or wrong."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

URL = "https://inloggen.voorbeeld.test/realms/seh"
AUDIENCE = "spoedkader"


class TestIssuer:
    """Gives its public keys at `keys_url`; `asked` counts how often."""

    __test__ = False

    def __init__(self, port: int) -> None:
        self.keys_url = f"http://127.0.0.1:{port}/keys"
        self.asked = 0
        self.down = False
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate("eerste")

    def rotate(self, kid: str, *, keep: bool = False) -> None:
        """Signs with a new key from now on."""
        if not keep:
            self._keys.clear()
        self._kid = kid
        self._keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def key_set(self) -> dict[str, Any]:
        """The public keys (JWKS)."""
        keys = [(kid, RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)) for kid, key in self._keys.items()]
        return {"keys": [{**key, "kid": kid, "use": "sig"} for kid, key in keys]}

    def public_pem(self) -> bytes:
        """The public key that signatures are checked with."""
        return (
            self._keys[self._kid]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def token(
        self, *, kid: str | None = None, algorithm: str = "RS256", without: tuple[str, ...] = (), **claims: Any
    ) -> str:
        """A token of an insurer's user, with other claims, or without some."""
        now = int(time.time())
        content = {
            "iss": URL,
            "aud": AUDIENCE,
            "sub": "8f1c",
            "iat": now,
            "exp": now + 300,
            "preferred_username": "vera",
            "organisatie": "9101",
            "realm_access": {"roles": ["verzekeraar", "offline_access"]},
            **claims,
        }
        content = {name: value for name, value in content.items() if name not in without}
        key = self._keys[self._kid]
        return jwt.encode(content, key, algorithm=algorithm, headers={"kid": self._kid if kid is None else kid})


@contextmanager
def issuing() -> Iterator[TestIssuer]:
    """An issuer that answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            if issuer.down:
                self.send_error(503)
                return
            body = json.dumps(issuer.key_set).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = TestIssuer(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
