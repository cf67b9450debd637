"""What a command says: a JSON document or readable text on standard output, and progress on standard error."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn, TypeVar

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Item = TypeVar("Item")
_WIDTH = 110
"""Where there is no terminal to tell."""


class Output:
    """Where a command's words go."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._answered = False
        self._text = _console(stderr=False)
        self._side = _console(stderr=True)

    def result(self, document: Any, *readable: RenderableType) -> None:
        """The result: the document as JSON, or the readable parts."""
        self._answered = True
        if self.as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        else:
            self._text.print(*readable, sep="\n")

    @property
    def on_terminal(self) -> bool:
        """Whether a person looks at what goes wrong."""
        return self._side.is_terminal

    def note(self, message: str) -> None:
        """One line on standard error."""
        self._side.print(message, markup=False, soft_wrap=True)

    def fail(self, document: Any, message: str, *readable: RenderableType) -> NoReturn:
        """Ends the command with status 1: the document as JSON, or one line and what belongs to it.

        Standard output holds one document; when the result is already there, this goes to standard error.
        """
        if self.as_json and not self._answered:
            self.result(document)
        else:
            self._side.print(message, style="bold red", markup=False, soft_wrap=True)
            for part in readable:
                self._side.print(part, markup=False, soft_wrap=isinstance(part, str))
        raise typer.Exit(1)

    @contextmanager
    def progress(self) -> Iterator["Steps"]:
        """Progress on standard error; only a terminal sees it move."""
        bar = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._side,
            disable=not self._side.is_terminal,
        )
        with bar:
            yield Steps(bar)


class Steps:
    """The phases of a command, each with a bar."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar

    def each(self, description: str, items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
        """The items, while the bar follows."""
        if total is None and isinstance(items, Sequence):
            total = len(items)
        task = self._bar.add_task(description, total=total)
        done = 0
        for item in items:
            yield item
            done += 1
            self._bar.update(task, completed=done)
        self._bar.update(task, total=max(done, 1), completed=max(done, 1))

    def follow(self, description: str, responses: Iterable[Any]) -> Iterator[Any]:
        """The responses of a stream that tells how far it is."""
        task = self._bar.add_task(description, total=None)
        known = False
        for response in responses:
            self._bar.update(task, total=response.total_count, completed=response.done_count)
            yield response
            known = True
        if not known:
            self._bar.update(task, total=1, completed=1)

    @contextmanager
    def suite(self, starting: AbstractContextManager[Item]) -> Iterator[Item]:
        """What is started for as long as the `with` lasts; the bar follows until it is there."""
        task = self._bar.add_task("Diensten starten", total=None)
        with starting as started:
            self._bar.update(task, total=1, completed=1)
            yield started

    @contextmanager
    def phase(self, description: str) -> Iterator[None]:
        """A phase of unknown length."""
        task = self._bar.add_task(description, total=None)
        yield
        self._bar.update(task, total=1, completed=1)


def plain(message: Message) -> Any:
    """A message as JSON, with the names of the contract."""
    return MessageToDict(message, preserving_proto_field_name=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH
    return console
