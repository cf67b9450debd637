"""The bytes of a file as text: UTF-8, with every line that is not, and a byte-order mark tolerated."""

import codecs
from pathlib import Path

from services.cli.exchange.problems import Problem


def read_text(path: Path, name: str, problems: list[Problem]) -> str:
    """Return the text of a file, without a byte-order mark and with its line ends as they are.

    Each line that holds a byte outside UTF-8 is reported under `name`, and read with a replacement character so that
    the other problems of the file are found too. Raises OSError when the file cannot be read.
    """
    content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # No byte of a multi-byte UTF-8 character equals a line feed, so the lines can be judged one by one.
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            reason = f"geen geldige UTF-8: byte 0x{line[error.start]:02X} op plaats {error.start + 1} van de regel"
            problems.append(Problem(name, number, "", reason))
    return content.decode("utf-8", errors="replace")
