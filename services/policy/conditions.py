"""The conditions of the Inkoopkader in one year, as people see them and as an engine judges by them.

They lie in `inkoopkader/<year>/`, beside the parameters, in the layout that `purchasing` tells. METADATA above each is
the single source of its title, number and source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.policy.catalogue import METADATA, incomplete, read_metadata
from services.policy.engine import JsonValue
from services.policy.marked_yaml import InvalidYamlError
from services.policy.model_problems import READING
from services.policy.parameters import KIND
from services.policy.problems import Problem
from services.policy.year import (
    GATHERER,
    SHARED,
    InvalidYearError,
    decoded,
    is_rule,
    misplaced,
    read_data,
    without_shared,
)

INPUTS = (
    *("budget_year", "as_of", "survey_year", "reference_year", "reference_end", "delivered_on", "filing_deadline"),
    *("submitted_on", "new_provider", "representatives", "attestations", "locations"),
)
"""What conditions are given: facts of one provider, dates as ISO texts and empty when there is none."""
_CUSTOM: Mapping[str, type] = {"number": int, "source": str, "quotation": str, "remedy": str}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as people see it. `stem` is the name of its file and package, `number` that in the Inkoopkader;
    `description` tells how its words are read, `quotation` gives them."""

    stem: str
    number: int
    title: str
    description: str
    source: str
    quotation: str
    remedy: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.stem}.rego"


@dataclass(frozen=True)
class ConditionRules:
    """The conditions of one year, in the order of their numbers.

    `modules` is Rego text by file name, without tests; `data` is the root of `data` in the engine.
    """

    year: int
    conditions: tuple[Condition, ...]
    modules: Mapping[str, str]
    data: Mapping[str, JsonValue]

    @property
    def judgements_path(self) -> str:
        """The path of the rule that holds the judgement of every condition, by stem."""
        return f"data.{KIND}.{GATHERER}.y{self.year}.judgements"


@dataclass(frozen=True)
class ConditionParts:
    """What could be read of the conditions of a year, and every problem; `rules` lacks what has one.

    `texts` are the rules and the parameters by the name of their file.
    """

    texts: Mapping[str, str]
    rules: ConditionRules
    problems: tuple[Problem, ...]


def read_conditions(year: int, files: Mapping[str, bytes]) -> ConditionRules:
    """Return the conditions in `files`, which maps the name of each file in the folder of a year to its content.

    Raises InvalidYearError with every problem when they cannot be used.
    """
    parts = read_condition_parts(year, files)
    if parts.problems:
        raise InvalidYearError(year, parts.problems)
    return parts.rules


def read_condition_parts(year: int, files: Mapping[str, bytes]) -> ConditionParts:
    """Return what can be read in `files`, as in `read_conditions`."""
    texts, problems = decoded({name: content for name, content in sorted(files.items()) if is_rule(name)})
    found: list[Condition] = []
    for name, text in texts.items():
        if not name.endswith(".rego"):
            continue
        problems += misplaced(KIND, year, name, text)
        if name not in SHARED:
            condition, wrong = _read_condition(name.removesuffix(".rego"), text)
            problems += wrong
            found += [condition] if condition else []
    problems += without_shared(texts)
    conditions = tuple(sorted(found, key=lambda condition: (condition.number, condition.stem)))
    if not conditions:
        problems.append(Problem(".", 0, READING, "er is geen enkele voorwaarde"))
    numbers = [condition.number for condition in conditions]
    if not problems and numbers != list(range(1, len(numbers) + 1)):
        # The Inkoopkader counts from 1 and leaves none out.
        said = (
            f"de voorwaarden zijn genummerd {', '.join(map(str, numbers))}; dat moet 1 tot en met {len(numbers)} zijn"
        )
        problems.append(Problem(".", 0, METADATA, said))
    modules = {name: text for name, text in texts.items() if name.endswith(".rego")}
    rules = ConditionRules(year, conditions, modules, read_data(KIND, year, texts, problems))
    return ConditionParts(texts, rules, tuple(problems))


def _read_condition(stem: str, text: str) -> tuple[Condition | None, list[Problem]]:
    """The condition that the METADATA of a module describes, and everything that is wrong with it."""
    file = f"{stem}.rego"
    try:
        source = read_metadata(text)
    except InvalidYamlError as error:
        return None, [Problem(file, error.line, METADATA, str(error))]
    metadata = source.value
    custom = metadata["custom"] if isinstance(metadata.get("custom"), dict) else {}
    wrong = list(incomplete(metadata, custom, _CUSTOM))
    if wrong:
        return None, [Problem(file, source.line(*path), METADATA, message) for path, message in wrong]
    condition = Condition(
        stem=stem,
        number=custom["number"],
        title=metadata["title"].strip(),
        description=metadata["description"].strip(),
        source=custom["source"].strip(),
        quotation=custom["quotation"].strip(),
        remedy=custom["remedy"].strip(),
    )
    return condition, []
