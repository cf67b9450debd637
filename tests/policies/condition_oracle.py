"""The conditions once more, written apart from the rules: for each what is missing and what is remarked.

An entry is the location (empty: the provider), who has to act, and the last day (empty: none).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Entry = tuple[str, str, str]
PROVIDER, INSURERS, TOGETHER = "ZORGAANBIEDER", "VERZEKERAARS", "SAMEN"


@dataclass
class Expected:
    """What a condition must say; `applies` is false when it is NIET_VAN_TOEPASSING."""

    unmet: list[Entry] = field(default_factory=list)
    unknown: list[Entry] = field(default_factory=list)
    remarks: list[Entry] = field(default_factory=list)
    applies: bool = True

    @property
    def status(self) -> str:
        if not self.applies:
            return "NIET_VAN_TOEPASSING"
        return "NIET_VOLDAAN" if self.unmet else "ONBEKEND" if self.unknown else "VOLDAAN"

    @property
    def shortfalls(self) -> list[Entry]:
        return sorted(self.unmet + self.unknown)


def expected(document: dict[str, Any]) -> dict[str, Expected]:
    """What each condition must say of a document."""
    return {
        "transparantie": transparency(document),
        "kwaliteit": quality(document),
        "schoning": attested(document, "SCHONING", with_document=True),
        "overloop_dbc": overloop(document),
        "afwijken": deviation(document),
        "tijdlijn": timeline(document),
        "nieuwe_aanbieders": newness(document),
    }


def attested(document: dict[str, Any], kind: str, *, with_document: bool) -> Expected:
    found = document["attestations"][kind]
    good = found is not None and found["attested_on"] <= document["as_of"] and (found["document"] or not with_document)
    return Expected(unmet=[] if good else [("", PROVIDER, "")])


def overloop(document: dict[str, Any]) -> Expected:
    if document["budget_year"] != 2027:
        return Expected(applies=False)
    return attested(document, "OVERLOOP_DBC", with_document=True)


def transparency(document: dict[str, Any]) -> Expected:
    found = attested(document, "RIVM_UITVRAAG", with_document=False)
    due = document["delivered_on"]
    asked_of_any = False
    for location in document["locations"]:
        name, answers, assessment = location["name"], location["answers"], location["assessment"]
        if location["opened_on"] <= due:
            asked_of_any = True
            if answers is None or answers["delivered_on"] > due:
                found.unmet.append((name, PROVIDER, due))
            if answers is not None:
                if assessment is None or assessment["submission_revision"] != answers["revision"]:
                    found.unknown.append((name, INSURERS, ""))
                elif "ONVOLLEDIG" in assessment["routes"]:
                    found.unmet.append((name, PROVIDER, ""))
        if location["opened_on"][:4] <= "2025":
            asked_of_any = True
            if not shared(location["indicators"]):
                found.unmet.append((name, PROVIDER, ""))
    found.applies = asked_of_any
    return found


def shared(indicators: dict[str, Any] | None) -> bool:
    if indicators is None:
        return False
    counts = [indicators["seh_visits"], indicators["ehh_visits"], indicators["seh_stops"]]
    stays = [value for part, value in indicators.items() if "length" in part]
    return None not in counts and (indicators["seh_visits"] == 0 or None not in stays)


def quality(document: dict[str, Any]) -> Expected:
    found = Expected()
    applied_for = [location for location in document["locations"] if not location["excluded"]]
    found.applies = bool(applied_for)
    for location in applied_for:
        name, assessment = location["name"], location["assessment"]
        revision = location["answers"]["revision"] if location["answers"] else 0
        if assessment is None or assessment["submission_revision"] != revision:
            found.unknown.append((name, INSURERS, ""))
            continue
        if "ONVOLLEDIG" in assessment["routes"]:
            found.unknown.append((name, PROVIDER, ""))
        for route, track in (("HERSTELTERMIJN", "HERSTEL"), ("VERBETERPLAN", "VERBETERPLAN")):
            if route in assessment["routes"]:
                weigh_case(found, name, location["cases"][track], document["as_of"])
    return found


def weigh_case(found: Expected, name: str, case: dict[str, str] | None, as_of: str) -> None:
    if case is None:
        found.unmet.append((name, INSURERS, ""))
        return
    state, due = case["state"], case["due_on"]
    late = due != "" and due < as_of
    if state == "TIJDELIJKE_UITZONDERING":
        until = case["exception_until"]
        (found.remarks if as_of <= until else found.unmet).append((name, TOGETHER, until))
    elif state == "VERBETERPLAN_LOOPT" and not late:
        return
    elif state == "VERBETERPLAN_INGEDIEND":
        (found.unmet if late else found.remarks).append((name, INSURERS, due))
    elif late and state.startswith(("HERSTELTERMIJN", "VERBETERPLAN")):
        found.unmet.append((name, TOGETHER, due))
    else:
        actors = {"HERSTELTERMIJN": PROVIDER, "VERBETERPLAN_OPSTELLEN": PROVIDER, "AFWEGING": TOGETHER}
        found.unmet.append((name, actors.get(state, INSURERS), due))


def deviation(document: dict[str, Any]) -> Expected:
    found = Expected()
    applied_for = [location for location in document["locations"] if not location["excluded"]]
    found.applies = bool(applied_for)
    for location in applied_for:
        for duty in location["duties"]:
            late = duty["due_on"] < document["as_of"]
            (found.unmet if late else found.remarks).append((location["name"], PROVIDER, duty["due_on"]))
    return found


def timeline(document: dict[str, Any]) -> Expected:
    found = attested(document, "TIJDLIJN", with_document=False)
    deadline = document["filing_deadline"]
    if not deadline:
        found.remarks.append(("", INSURERS, ""))
    elif not document["submitted_on"]:
        late = deadline < document["as_of"]
        (found.unmet if late else found.remarks).append(("", TOGETHER, deadline))
    return found


def newness(document: dict[str, Any]) -> Expected:
    decisions = [each["decision"] for each in document["representatives"]]
    return Expected(
        unmet=[("", INSURERS, "") for decision in decisions if decision != "AKKOORD"], applies=document["new_provider"]
    )


def faults(document: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The path of every fact in a document, for what happens when it is not there."""
    yield from _paths(document, ())


def _paths(value: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, str(key))
        yield from _paths(inner, (*above, str(key)))
