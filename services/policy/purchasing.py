"""The purchasing rules of one year: a self-contained folder `inkoopkader/<year>/`.

It holds the choices that the Inkoopkader leaves open, and its seven conditions in Rego:

    <stem>.rego          a condition, package inkoopkader.y<year>.<stem>, with its METADATA
    <stem>_test.rego     its tests; no part of the rules
    lib.rego             what the conditions are made of, package inkoopkader.y<year>.lib
    uitkomst.rego        gathers every condition, package inkoopkader.uitkomst.y<year>
    data.json            the thresholds of the conditions
    parameters.yaml      the choices

`conditions` reads the Rego in it, `parameters` the choices.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.policy.parameters import FILE, KIND, Parameters, read_parameters
from services.policy.year import UnknownYearError, is_rule


@dataclass(frozen=True)
class PurchasingYear:
    """The rules of one year. `files` maps the name of each file to its content, without tests; `revision` is the digest
    of all of it, `sha256:` and 64 hexadecimal digits."""

    year: int
    files: Mapping[str, bytes]
    parameters: Parameters
    revision: str


def load_purchasing_year(policies_dir: Path, year: int) -> PurchasingYear:
    """The rules in `policies_dir/inkoopkader/<year>`.

    Raises UnknownYearError when the year has none, InvalidYearError with every problem when they cannot be used.
    """
    folder = policies_dir / KIND / str(year)
    if not (folder / FILE).is_file():
        raise UnknownYearError(year)
    return read_purchasing_year(
        year, {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    )


def read_purchasing_year(year: int, files: Mapping[str, bytes]) -> PurchasingYear:
    """The rules in `files`, which maps the name of each file in the folder of a year to its content.

    Raises UnknownYearError without parameters, InvalidYearError with every problem when they cannot be used.
    """
    rules = {name: content for name, content in sorted(files.items()) if is_rule(name)}
    if FILE not in rules:
        raise UnknownYearError(year)
    digest = hashlib.sha256()
    for name, content in rules.items():
        # Each part goes in with its length, so that no two different sets can run together to the same bytes.
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return PurchasingYear(year, rules, read_parameters(year, rules[FILE]), f"sha256:{digest.hexdigest()}")
