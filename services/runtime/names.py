"""Resource names, as in `providers/06010101/locations/veenrode`, and the identifiers in them."""

import re
import uuid
from functools import lru_cache

ANY = "-"
"""Stands for any parent where a request allows it (AIP-159)."""

PROVIDER = "providers/{provider}"
APPROVAL = PROVIDER + "/approvals/{approval}"
ATTESTATION = PROVIDER + "/attestations/{attestation}"
LOCATION = PROVIDER + "/locations/{location}"
OPENING_HOURS = LOCATION + "/openingHours"
CLOSURE = LOCATION + "/closures/{event}"
STOP = LOCATION + "/stops/{event}"
ROUND = "rounds/{year}"
POLICY_YEAR = "policyYears/{year}"
QUESTIONNAIRE = POLICY_YEAR + "/questionnaire"
POLICY_SET = POLICY_YEAR + "/policySets/{policy_set}"
NORM = POLICY_YEAR + "/norms/{norm}"
SUBMISSION = LOCATION + "/submissions/{year}"
INDICATORS = LOCATION + "/indicators/{year}"
ASSESSMENT = LOCATION + "/assessments/{assessment}"
AVAILABILITY = LOCATION + "/availabilities/{year}"
OBLIGATIONS = LOCATION + "/obligations/{year}"
BUDGET = PROVIDER + "/budgets/{year}"
CALCULATION = BUDGET + "/calculations/{number}"
CASE = LOCATION + "/cases/{case}"
NOTICE = CASE + "/notices/{notice}"
CONDITIONS = PROVIDER + "/conditions/{year}"
APPLICATION = PROVIDER + "/applications/{application}"
OUTLOOK = PROVIDER + "/outlooks/{year}"
TARIFF = PROVIDER + "/tariffs/{year}"
SETTLEMENT = PROVIDER + "/settlements/{year}"
OVERLOOP = PROVIDER + "/overloops/{overloop}"
INSURER = "insurers/{insurer}"

_IDENTIFIER = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_FORMS = {
    "provider": "[0-9]{8}",
    "year": "[0-9]{4}",
    "number": "[1-9][0-9]{0,8}",
    "policy_set": "[0-9a-f]{16}",
    "insurer": "[0-9]{4}",
    "case": "[0-9]{4}-(?:herstel|verbeterplan)",
    "notice": "[1-9][0-9]{0,8}-(?:igj|nza)",
    "application": "[0-9]{4}-[1-9][0-9]{0,8}",
    "overloop": "[0-9]{4}-[0-9]{4}",
}
_OR_ANY = {"provider", "location", "case"}


def is_identifier(text: str) -> bool:
    """Whether a text can be the last part of a name: 1 to 63 letters, digits, `.`, `_` and `-`, the first a letter or
    digit."""
    return re.fullmatch(_IDENTIFIER, text) is not None


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its usual form, with four hyphens."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def parse(pattern: str, name: str) -> dict[str, str] | None:
    """The parts of a name by the names in the pattern, or None when the name does not fit. A parent can be `-`."""
    found = _compile(pattern).fullmatch(name)
    return found.groupdict() if found else None


def parts(pattern: str, name: str) -> tuple[str, ...]:
    """The parts of a name that is known to fit its pattern, in order.

    Raises:
        ValueError: it does not fit.
    """
    found = _compile(pattern).fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is not {pattern}")
    return found.groups()


@lru_cache
def _compile(pattern: str) -> re.Pattern[str]:
    def group(match: re.Match[str]) -> str:
        part = match[1]
        form = _FORMS.get(part, _IDENTIFIER)
        return f"(?P<{part}>{form}|-)" if part in _OR_ANY else f"(?P<{part}>{form})"

    return re.compile(re.sub(r"\{(\w+)\}", group, pattern), re.ASCII)
