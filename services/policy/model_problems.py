"""What pydantic says about a file that people write, as problems in Dutch with their lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from services.policy.marked_yaml import MarkedYaml
from services.policy.problems import Problem

READING = "leest"
"""The check whose problems these are: a file can be read, and holds what it must hold."""


def problems_of(error: ValidationError, file: str, source: MarkedYaml, *, below: tuple[str, ...] = ()) -> list[Problem]:
    """Return a problem for each thing that a model did not accept in a YAML file.

    `below` are the keys in the file that lead to what the model read.
    """
    return [
        Problem(file, source.line(*below, *found["loc"]), READING, f"{'.'.join(map(str, found['loc']))}: {said}")
        for found, said in _said(error)
    ]


def _said(error: ValidationError) -> Iterator[tuple[Any, str]]:
    for found in error.errors():
        context = found.get("ctx", {})
        if found["type"] == "value_error":
            # A validator of our own, which speaks Dutch.
            yield found, str(context["error"])
        else:
            yield found, _DUTCH.get(found["type"], found["msg"]).format(**context)


_DUTCH = {
    "missing": "ontbreekt",
    "extra_forbidden": "hoort hier niet",
    "int_type": "moet een geheel getal zijn",
    "bool_type": "moet true of false zijn",
    "string_type": "moet een tekst zijn",
    "list_type": "moet een lijst zijn",
    "date_type": "moet een datum zijn, zoals 2028-07-01",
    "model_type": "moet een object zijn",
    "model_attributes_type": "moet een object zijn",
    "dict_type": "moet een object zijn",
    "string_too_short": "mag niet leeg zijn",
    "too_short": "mag niet leeg zijn",
    "string_pattern_mismatch": "past niet bij {pattern}",
    "enum": "kies uit {expected}",
    "literal_error": "kies uit {expected}",
    "greater_than_equal": "moet ten minste {ge} zijn",
    "less_than_equal": "mag ten hoogste {le} zijn",
}
