"""The engine that judges in a quality service under test: `pytest --engine=regorus` or `--engine=opa`."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.opa import Opa

ENGINES = ("regorus", "opa")


@contextmanager
def judging_by(engine: str) -> Iterator[dict[str, Any]]:
    """The settings of a quality service that judges by an engine; for `opa` a server of its own runs beside it."""
    if engine == "regorus":
        yield {"engine": engine}
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        opa = Opa(f"http://{address}", Path(folder))
        try:
            # It has its bundle as soon as the service serves one; until then the service waits for it.
            opa.start()
            yield {"engine": engine, "opa_url": opa.url, "bundle_address": address}
        finally:
            opa.stop()
