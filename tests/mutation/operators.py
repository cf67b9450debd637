"""The faults that a person makes in a rule, each made once wherever it can be made."""

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise

from services.policy.assess import Outcome, Verdict
from services.policy.engine import JsonValue
from services.policy.questionnaire import Questionnaire
from services.policy.year import PolicyYear
from tests.mutation.mutants import Edit, Mutant, mutants_of
from tests.mutation.rego import RegoFile, Token

# Each comparison with its neighbour at the boundary and its opposite.
_COMPARISONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",)}
_CONSTANTS: tuple[tuple[str, ...], ...] = (tuple(Outcome), tuple(Verdict), ("altijd", "niet_altijd"))
# Functions that take the same arguments.
_ALIKE = (
    ("all_of", "any_of"),
    ("conjunction", "disjunction"),
    ("at_least", "at_most"),
    ("altijd", "ja"),
    ("one_of", "is_not"),
    ("per_block", "whole_location"),
    ("is_number", "is_string"),
    ("is_array", "is_object"),
)
# What gives a variable its value is no condition: without it, the variable is unsafe and the rule is no Rego.
_BINDING = {"AssignExpr", "SomeIn", "SomeVars"}
_PLAIN = {"Call", "Membership", "Var", "RefDot", "RefBrack"}
_END = Token("end", "", 0, 0)


def rego_mutants(name: str, text: str, year: PolicyYear) -> list[Mutant]:
    """Every mutant of one file with rules of a year, in the order of its lines."""
    file = RegoFile(name, text)
    edits = [
        *_words(file, year.questionnaire),
        *_other_thresholds(file, year.thresholds),
        *_conditions(file),
        *_calls(file),
        *(Edit("element weg", part.start, part.end, "") for part in file.array_elements()),
        *(Edit("else weg", part.start, part.end, "") for part in file.else_branches()),
        *(Edit("default weg", part.start, part.end, "") for part in file.defaults()),
    ]
    return list(mutants_of(name, text, sorted(edits, key=lambda edit: edit.start)))


def _words(file: RegoFile, questionnaire: Questionnaire) -> Iterator[Edit]:
    for token, after in pairwise([*file.tokens, _END]):
        for kind, new in _others(token, questionnaire):
            # Another name for a key is no fault that any test could miss.
            if kind != "tekst" or after.text != ":":
                yield Edit(kind, token.start, token.end, new)


def _others(token: Token, questionnaire: Questionnaire) -> Iterator[tuple[str, str]]:
    """What may stand in the place of a token, with the kind of fault that it is."""
    match token.kind:
        case "sign":
            yield from (("vergelijking", other) for other in _COMPARISONS.get(token.text, ()))
        case "word" if token.text in {"true", "false"}:
            yield "waar of niet", "false" if token.text == "true" else "true"
        case "number":
            number = json.loads(token.text)
            yield from (("getal", json.dumps(other)) for other in (number - 1, number + 1))
        case "string" if token.text.startswith('"'):
            yield from _other_strings(json.loads(token.text), questionnaire)


def _other_strings(value: str, questionnaire: Questionnaire) -> Iterator[tuple[str, str]]:
    others = [str(other) for constants in _CONSTANTS if value in constants for other in constants if other != value]
    if others:
        yield from (("uitkomst", json.dumps(other)) for other in others)
    elif value in questionnaire.by_id:
        yield from (("vraag", json.dumps(other)) for other in _other_question(value, questionnaire))
    else:
        yield "tekst", json.dumps(f"{value}_anders", ensure_ascii=False)


def _other_question(question: str, questionnaire: Questionnaire) -> list[str]:
    """The next question that is answered in the same way, when there is one."""
    asked = questionnaire.by_id[question]
    alike = [q.id for q in questionnaire.questions if (q.type, q.per_block) == (asked.type, asked.per_block)]
    after = alike[(alike.index(question) + 1) % len(alike)]
    return [after] if after != question else []


def _other_thresholds(file: RegoFile, thresholds: Mapping[str, JsonValue]) -> Iterator[Edit]:
    """Each `thresholds.<norm>.<name>` with another name that the norm has, of the same type."""
    tokens = file.tokens
    for root, _, norm, _, name in zip(tokens, tokens[1:], tokens[2:], tokens[3:], tokens[4:], strict=False):
        own = thresholds.get(norm.text) if root.text == "thresholds" else None
        if isinstance(own, Mapping) and name.text in own:
            for other, value in own.items():
                if other != name.text and type(value) is type(own[name.text]):
                    yield Edit("andere drempel", name.start, name.end, other)


def _conditions(file: RegoFile) -> Iterator[Edit]:
    for part in file.statements():
        if part.kind in _BINDING:
            continue
        yield Edit("voorwaarde weg", part.start, part.end, "true")
        if part.kind == "NotExpr":
            yield Edit("voorwaarde omgekeerd", part.start, part.start + len("not"), "")
        elif part.kind in _PLAIN:
            yield Edit("voorwaarde omgekeerd", part.start, part.start, "not ")


def _calls(file: RegoFile) -> Iterator[Edit]:
    for called in file.called():
        for alike in _ALIKE:
            for other in alike if called.text in alike else ():
                # A function that calls itself is no Rego.
                if other not in {called.text, file.rule_at(called.start)}:
                    yield Edit("functie", called.start, called.end, other)
