"""Writes an example of every method for docs/integrators/messages; `--check` only says which pages are out of date.

`python docs/messages.py [--check]`
"""

from docs.examples import examples
from docs.message_pages import pages
from docs.publishing import publish

if __name__ == "__main__":
    written = {f"integrators/messages/{name}": text for name, text in pages(examples()).items()}
    raise SystemExit(publish(written, "make docs"))
