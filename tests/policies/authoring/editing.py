"""Rules of 2027 with something changed, as the files of a folder or as they are read."""

from pathlib import Path

from services.policy.year import PolicyYear, read_year

YEAR_FOLDER = Path(__file__).parents[3] / "policies" / "kwaliteitskader" / "2027"
Files = dict[str, bytes]
Edit = tuple[str, str, str]
"""The name of a file, what stands there once, and what comes in its place."""


def files_of_2027() -> Files:
    return {path.name: path.read_bytes() for path in YEAR_FOLDER.iterdir()}


def edited(files: Files, *edits: Edit) -> Files:
    changed = dict(files)
    for name, old, new in edits:
        text = changed[name].decode()
        assert text.count(old) == 1, (name, old)
        changed[name] = text.replace(old, new).encode()
    return changed


def year_with(*edits: Edit, add: Files | None = None, remove: tuple[str, ...] = ()) -> PolicyYear:
    """The rules of 2027 after some edits, additions and removals."""
    files = edited(files_of_2027(), *edits) | (add or {})
    return read_year(2027, {name: content for name, content in files.items() if name not in remove})
