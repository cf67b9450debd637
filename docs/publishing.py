"""Generated pages: written where they differ, or with `--check` on the command line only counted and named."""

import sys
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).parent


def publish(pages: Mapping[str, str], command: str) -> int:
    """Writes pages, by their path in this folder, or with `--check` says which ones differ and that `command` writes
    them; gives how many a check found."""
    check = "--check" in sys.argv[1:]
    stale = 0
    for name, text in pages.items():
        page = DOCS / name
        if page.exists() and page.read_text("utf-8") == text:
            continue
        if check:
            stale += 1
            print(f"docs/{name} is out of date; run `{command}`", file=sys.stderr)
        else:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, "utf-8")
    return stale
