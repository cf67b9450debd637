"""A policy set: the files of one year, rules and tests, known by the digest of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services.policy.year import KIND, PolicyYear, UnknownYearError, is_rule, is_test, read_year

SHORT = 16
"""Hexadecimal digits of a digest that name a set."""


@dataclass(frozen=True)
class PolicySet:
    """The rules of a year with their tests. `files` maps the name of each file in the folder of the year to its
    content; `label` is a name that its authors gave it, as in `2028.1`, and no part of what it is."""

    year: int
    files: Mapping[str, bytes]
    label: str = ""

    @cached_property
    def digest(self) -> str:
        """`sha256:...`, equal exactly when the year and every file, rules and tests, are equal."""
        return _digest(self.year, self.files)

    @property
    def id(self) -> str:
        """What names it among the sets of a year: the first digits of the digest."""
        return self.digest.removeprefix("sha256:")[:SHORT]

    def read(self) -> PolicyYear:
        """Return the rules. Raises InvalidYearError with every problem when they cannot be used."""
        return read_year(self.year, self.files)


def load_policy_set(policies_dir: Path, year: int, label: str = "") -> PolicySet:
    """Return what is in `policies_dir/kwaliteitskader/<year>`. Raises UnknownYearError when there is no such folder."""
    folder = policies_dir / KIND / str(year)
    if not folder.is_dir():
        raise UnknownYearError(year)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    return PolicySet(year, {name: content for name, content in files.items() if is_rule(name) or is_test(name)}, label)


def years_in(policies_dir: Path) -> list[int]:
    """The years that have a folder, the first one first."""
    folders = (policies_dir / KIND).glob("[0-9][0-9][0-9][0-9]")
    return sorted(int(folder.name) for folder in folders if folder.is_dir())


def _digest(year: int, files: Mapping[str, bytes]) -> str:
    # Each part goes in with its length, so that no two different sets can run together to the same bytes.
    digest = hashlib.sha256()
    for part in (str(year).encode(), *(part for name in sorted(files) for part in (name.encode(), files[name]))):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return f"sha256:{digest.hexdigest()}"
