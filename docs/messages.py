"""Writes an example of every method for docs/integrators/messages; `--check` only says which pages are out of date.

`python docs/messages.py [--check]`
"""

import sys
from pathlib import Path

from docs.examples import examples
from docs.message_pages import pages

PAGES = Path(__file__).parent / "integrators" / "messages"


def main() -> int:
    """Writes the pages, or with `--check` counts those that differ."""
    stale = 0
    for name, text in pages(examples()).items():
        page = PAGES / name
        if page.exists() and page.read_text("utf-8") == text:
            continue
        stale += 1
        if "--check" in sys.argv[1:]:
            print(f"docs/integrators/messages/{name} is out of date; run `make docs`", file=sys.stderr)
        else:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, "utf-8")
    return stale if "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    raise SystemExit(main())
