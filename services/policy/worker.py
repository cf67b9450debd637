"""One evaluating process: loads a policy set, then answers evaluations until its input ends.

It is started by `workers`. A frame is its length in four bytes, and so many bytes. The first frame in holds modules and
data; each next one a path, a line end, and the input as JSON. Each frame out is a letter and a text: `A` with what the
engine answered, `L` or `E` with why it could not be loaded or evaluated.
"""

from __future__ import annotations

import json
import signal
import struct
import sys
from typing import BinaryIO

from services.policy.embedded import ask, new_engine
from services.policy.engine import PolicyError

_LENGTH = struct.Struct(">I")


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Writes a frame and sends it off."""
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, or None when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None


def main() -> None:
    """Answers on standard output until standard input ends."""
    # Ctrl-C is for the service, which ends this process by ending its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(source)
    if first is None:
        return
    setup = json.loads(first)
    try:
        engine = new_engine(setup["modules"], setup["data"])
    except PolicyError as error:
        write_frame(target, b"L" + str(error).encode())
        return
    write_frame(target, b"A")
    while (frame := read_frame(source)) is not None:
        path, _, document = frame.decode().partition("\n")
        try:
            answer = ask(engine, path, document)
        except PolicyError as error:
            write_frame(target, b"E" + str(error).encode())
        else:
            write_frame(target, b"A" + answer.encode())


if __name__ == "__main__":
    main()
