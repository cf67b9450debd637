"""The faults that a person makes in `data.json`: every threshold becomes another."""

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import json_source_map

from services.policy.engine import JsonValue
from services.policy.questionnaire import Questionnaire
from tests.mutation.mutants import Edit, Mutant, mutants_of

DATA = "data.json"
_KIND = "drempel"
_Places: TypeAlias = Mapping[str, tuple[int, int]]
"""Where each value starts and ends, by its JSON pointer."""


def threshold_mutants(text: str, questionnaire: Questionnaire) -> list[Mutant]:
    """Every mutant of the text of `data.json`, in the order of its lines."""
    places = {
        path: (entry.value_start.position, entry.value_end.position)
        for path, entry in json_source_map.calculate(text).items()
    }
    edits = _edits(json.loads(text), "", places, questionnaire)
    return list(mutants_of(DATA, text, sorted(edits, key=lambda edit: edit.start)))


def norm_of(mutant: Mutant, text: str) -> str:
    """The stem of the norm whose threshold differs between a mutant and the text it came from."""
    before, after = _thresholds(text), _thresholds(mutant.text)
    return next(stem for stem in before if before[stem] != after[stem])


def _thresholds(text: str) -> Mapping[str, JsonValue]:
    (years,) = json.loads(text).values()
    (year,) = years.values()
    return dict(year["thresholds"])


def _edits(value: JsonValue, path: str, places: _Places, questionnaire: Questionnaire) -> Iterator[Edit]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _edits(inner, f"{path}/{key}", places, questionnaire)
    elif isinstance(value, list):
        elements = [places[f"{path}/{index}"] for index in range(len(value))]
        yield from (Edit(_KIND, start, end, "") for start, end in _with_commas(elements))
    else:
        yield from (Edit(_KIND, *places[path], json.dumps(other)) for other in _others(value, questionnaire))


def _with_commas(elements: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Each element of an array with the comma that goes with it."""
    for index, (start, end) in enumerate(elements):
        if index + 1 < len(elements):
            yield start, elements[index + 1][0]
        else:
            yield elements[index - 1][1] if index else start, end


def _others(value: JsonValue, questionnaire: Questionnaire) -> list[JsonValue]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value - 1, value + 1]
    # An answer becomes another answer to the same question.
    for question in questionnaire.questions:
        if value in question.options:
            return [next(option for option in question.options if option != value)]
    return [f"{value}_anders"]
