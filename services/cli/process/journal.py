"""What happened in the story: a line for each event, and the files that came of it."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: when, what, by whom, and what came of it."""

    day: date
    what: str
    who: str
    outcome: str


@dataclass
class Journal:
    """The events in order, and the documents in `folder`."""

    folder: Path
    entries: list[Entry] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def note(self, day: date, what: str, who: str, outcome: str) -> None:
        """Adds an event."""
        self.entries.append(Entry(day, what, who, outcome))

    def keep(self, name: str, content: bytes) -> Path:
        """Writes a document."""
        path = self.folder / name
        path.write_bytes(content)
        self.files.append(path)
        return path
