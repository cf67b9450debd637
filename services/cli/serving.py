"""`serve`: one service in this process, or all three as children that stop together."""

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import typer

from services.cli import service
from services.cli.failures import Failure
from services.cli.output import Output
from services.cli.processes import ServiceProcess, start, stop, wait_until_serving
from services.cli.tables import new_table

_LOOK_SECONDS = 0.2


def serve(which: str, data_dir: Path, output: Output) -> None:
    """Runs one service, or all of them, until Ctrl-C or SIGTERM.

    Raises:
        Failure: a service does not start, or ends by itself.
    """
    if which == "all":
        _serve_all(data_dir, output)
    elif which in service.SERVICES:
        _serve_one(which, data_dir)
    else:
        raise typer.BadParameter(f"kies uit {', '.join(service.SERVICES)}, all", param_hint="dienst")


def _serve_one(name: str, data_dir: Path) -> None:
    os.environ.update(service.complete(name, os.environ, data_dir))
    try:
        service.run(name)
    except (OSError, ValueError) as error:
        raise Failure(f"De dienst {name} startte niet: {service.describe(error)}.") from error


def _serve_all(data_dir: Path, output: Output) -> None:
    stopping = threading.Event()
    before = {number: signal.signal(number, _setting(stopping)) for number in (signal.SIGINT, signal.SIGTERM)}
    children: list[ServiceProcess] = []
    try:
        for name in service.SERVICES:
            address = os.environ.get(service.variable(name, "address"), service.DEFAULT_ADDRESSES[name])
            children.append(start(name, address, service.complete(name, os.environ, data_dir)))
        wait_until_serving(children, stopping)
        if not stopping.is_set():
            _announce(children, output)
        _watch(children, stopping)
    finally:
        killed = stop(children)
        for number, handler in before.items():
            signal.signal(number, handler)
    if killed:
        raise Failure(f"Niet op tijd gestopt, en daarom afgebroken: {', '.join(killed)}.")
    output.note("Alle diensten zijn gestopt.")


def _announce(children: list[ServiceProcess], output: Output) -> None:
    table = new_table("Diensten", "dienst", "adres", "proces")
    for child in children:
        table.add_row(child.name, child.address, str(child.process.pid))
    services = [{"name": child.name, "address": child.address, "pid": child.process.pid} for child in children]
    output.result({"services": services}, table, "Stoppen met Ctrl-C.")
    # Whoever started this reads the addresses from a pipe while it goes on.
    sys.stdout.flush()


def _watch(children: list[ServiceProcess], stopping: threading.Event) -> None:
    while not stopping.wait(_LOOK_SECONDS):
        for child in children:
            if child.ended is not None:
                raise Failure(f"De dienst {child.name} stopte vanzelf (status {child.ended}); de andere stoppen ook.")


def _setting(event: threading.Event) -> Any:
    def handle(number: int, _: FrameType | None) -> None:
        event.set()

    return handle
