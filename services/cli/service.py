"""Runs one service in this process: `python -m services.cli.service registry`.

Only the module of that one service is loaded. What the environment does not say follows from where the others are, and
from the folder for data.
"""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

SERVICES = ("registry", "quality", "budget")
"""In the order in which they depend on each other: a service calls only those before it."""

DEFAULT_ADDRESSES: Mapping[str, str] = {
    "registry": "127.0.0.1:50051",
    "quality": "127.0.0.1:50052",
    "budget": "127.0.0.1:50053",
}
DATA_DIR = Path("var")
FOLLOW_PARENT = "--stop-with-parent"


def variable(service: str, setting: str) -> str:
    """The environment variable of a service's setting, as in `SPOEDKADER_BUDGET_REGISTRY_ADDRESS`."""
    return f"SPOEDKADER_{service}_{setting}".upper()


def peers_of(service: str) -> tuple[str, ...]:
    """The services that a service calls."""
    return SERVICES[: SERVICES.index(service)]


def reachable(address: str) -> str:
    """The address at which this machine reaches a service that listens on all of its addresses."""
    host, _, port = address.rpartition(":")
    return f"localhost:{port}" if host in ("0.0.0.0", "[::]") else address  # noqa: S104 - looked at, not listened on


def complete(service: str, environment: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """The variables of a service that the environment leaves open: its database, and its peers where they listen."""
    found = {variable(service, "database_url"): f"sqlite:///{(data_dir / service).absolute()}.db"}
    for peer in peers_of(service):
        address = environment.get(variable(peer, "address"), DEFAULT_ADDRESSES[peer])
        found[variable(service, f"{peer}_address")] = reachable(address)
    return {name: value for name, value in found.items() if name not in environment}


def run(service: str) -> None:
    """Runs a service with the settings of the environment until SIGTERM or SIGINT.

    Raises:
        OSError: its address is taken.
        ValueError: a setting is wrong.
    """
    from services.runtime.logs import configure  # noqa: PLC0415 - the commands do without
    from services.runtime.server import Server  # noqa: PLC0415

    module = import_module(f"services.{service}.server")
    settings: Any = getattr(module, f"{service.capitalize()}Settings").read()
    configure(settings.log_level)
    application = module.build(settings)
    try:
        server = Server(application, settings)
    except OSError:
        application.close()
        raise
    server.run()


def _stop_with_parent() -> None:
    """Asks this process to stop when its standard input closes: the parent is gone, however it went."""

    def wait() -> None:
        # Straight from the descriptor: a buffered reader would be locked when the interpreter ends.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def main(arguments: list[str]) -> int:
    """Runs the service that the first argument names; one clear line and status 1 when it cannot."""
    service = arguments[0]
    if FOLLOW_PARENT in arguments:
        _stop_with_parent()
    try:
        run(service)
    except (OSError, ValueError) as error:
        print(f"{service}: {describe(error)}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def describe(error: Exception) -> str:
    """What is wrong, on one line."""
    from pydantic import ValidationError  # noqa: PLC0415

    if isinstance(error, ValidationError):
        wrong = (f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors(include_url=False))
        return "instelling " + "; ".join(wrong)
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
