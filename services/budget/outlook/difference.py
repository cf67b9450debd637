"""Why two calculations of one provider and year differ: the facts that changed, put through one at a time.

After each the budget is worked out again, so that the effects add up to the difference exactly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from services.budget.availability.model import period_in_words
from services.budget.facts import UNKNOWN, Approval, Assessment, Closure, Exclusion, Location, Standing, Stop
from services.budget.norm_budget.basis import Basis
from services.budget.norm_budget.model import eligibility, provider_budget
from services.budget.trace import cents_text, date_text, moment_text, value_text
from services.policy.parameters import Parameters
from spoedkader.wallclock.opening import OpeningPeriod


class Cause(StrEnum):
    """What kind of fact changed, in the order in which they are put through."""

    NORM_AMOUNT = auto()
    PARAMETERS = auto()
    LOCATIONS = auto()
    OPENING = auto()
    CLOSURES = auto()
    DECISIONS = auto()
    ELIGIBILITY = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class State:
    """What a calculation rests on."""

    basis: Basis
    parameters: Parameters

    @property
    def budget_cents(self) -> int:
        """What comes out."""
        basis = self.basis
        return provider_budget(basis.provider, basis.round, basis.standings, self.parameters).budget_cents


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed, what in Dutch, and what it does to the budget; `location_id` is empty when it is about
    the provider."""

    location_id: str
    cause: Cause
    description: str
    effect_cents: int


@dataclass(frozen=True, slots=True)
class _Move:
    """A change that was put through, and the state that it led to."""

    location_id: str
    cause: Cause
    description: str
    state: State


def changes(before: State, after: State, from_cents: int, to_cents: int) -> list[Change]:
    """What changed between two calculations, that gave these amounts, with effects that add up to their difference.

    The amounts are those of then: when this version of the software works out others from the same facts, the last
    change says so.
    """
    found = []
    amount = before.budget_cents
    for move in _moves(before, after):
        next_amount = move.state.budget_cents
        found.append(Change(move.location_id, move.cause, move.description, next_amount - amount))
        amount = next_amount
    rest = to_cents - from_cents - sum(change.effect_cents for change in found)
    if rest:
        found.append(Change("", Cause.OTHER, "De software rekende bij een van beide nog anders.", rest))
    return found


def _moves(before: State, after: State) -> Iterator[_Move]:
    state = before
    for put_through in (
        _norm_amount,
        _parameters,
        _locations,
        _opening,
        _closures,
        _decisions,
        _eligibility,
        _assessments,
    ):
        for move in put_through(state, after):
            state = move.state
            yield move


def _norm_amount(state: State, after: State) -> Iterator[_Move]:
    old, new = state.basis.round.norm_amount_cents, after.basis.round.norm_amount_cents
    if old != new:
        changed = replace(state.basis, round=replace(state.basis.round, norm_amount_cents=new))
        description = _was("Normbedrag", cents_text(old), cents_text(new))
        yield _Move("", Cause.NORM_AMOUNT, description, replace(state, basis=changed))


def _parameters(state: State, after: State) -> Iterator[_Move]:
    for (name, old), (_, new) in zip(state.parameters.named(), after.parameters.named(), strict=True):
        if old.value == new.value:
            continue
        state = replace(state, parameters=state.parameters.model_copy(update={name: new}))
        if name == "stops_count_as_closed":
            # Facts only have stops when these count, so they come and go with the choice.
            stops = {location.location_id: location.stops for location in after.basis.provider.locations}
            locations = state.basis.provider.locations
            state = _with_locations(state, [replace(each, stops=stops.get(each.location_id, ())) for each in locations])
        description = _was(f"Parameter {name} ({new.code})", value_text(old.value), value_text(new.value))
        yield _Move("", Cause.PARAMETERS, description, state)
    old_year, new_year = state.basis.round.policy_year, after.basis.round.policy_year
    if old_year == new_year and state.parameters.revision == after.parameters.revision:
        return
    description = "De toelichting bij parameters is anders; hun waarden zijn gelijk."
    if old_year != new_year:
        description = _was("Beleidsjaar van de regels", str(old_year), str(new_year))
    changed = replace(state.basis, round=replace(state.basis.round, policy_year=new_year))
    yield _Move("", Cause.PARAMETERS, description, State(changed, after.parameters))


def _locations(state: State, after: State) -> Iterator[_Move]:
    wanted = _by_id(after.basis.provider.locations)
    for location in state.basis.provider.locations:
        where, new = location.location_id, wanted.get(location.location_id)
        if new is None:
            rest = [each for each in state.basis.provider.locations if each.location_id != where]
            state = _with_locations(state, rest)
            yield _Move(where, Cause.LOCATIONS, f"Locatie {where} hoort er niet meer bij.", state)
        elif new.care_type is not location.care_type:
            state = _with_location(state, replace(location, care_type=new.care_type))
            description = _was("Zorgsoort", location.care_type.value, new.care_type.value)
            yield _Move(where, Cause.LOCATIONS, description, state)
    known = _by_id(state.basis.provider.locations)
    for where, location in wanted.items():
        if where in known:
            continue
        state = _with_locations(state, [*state.basis.provider.locations, location])
        state = _with_standing(state, where, after.basis.standings.get(where, UNKNOWN))
        description = f"Locatie {where} kwam erbij: {location.care_type.value}, geopend op {location.opened_on}."
        yield _Move(where, Cause.LOCATIONS, description, state)


def _opening(state: State, after: State) -> Iterator[_Move]:
    for old, new in _pairs(state, after):
        said = _changed(
            ("Geopend op", date_text(old.opened_on), date_text(new.opened_on)),
            ("Gesloten met ingang van", date_text(old.closed_on), date_text(new.closed_on)),
            ("Openingstijden", _hours_text(old.periods), _hours_text(new.periods)),
        )
        if said:
            opened = replace(old, opened_on=new.opened_on, closed_on=new.closed_on, periods=new.periods)
            state = _with_location(state, opened)
            yield _Move(new.location_id, Cause.OPENING, said, state)


def _closures(state: State, after: State) -> Iterator[_Move]:
    for old, new in _pairs(state, after):
        old_closures, new_closures = ({each.closure_id: each for each in where.closures} for where in (old, new))
        old_stops, new_stops = ({each.stop_id: each for each in where.stops} for where in (old, new))
        said = [*_events("Sluiting", old_closures, new_closures), *_events("Stop", old_stops, new_stops)]
        if said:
            state = _with_location(state, replace(old, closures=new.closures, stops=new.stops))
            yield _Move(new.location_id, Cause.CLOSURES, " ".join(said), state)


def _decisions(state: State, after: State) -> Iterator[_Move]:
    for where, old, new in _standings(state, after):
        said = [
            *(
                f"Besluit {_exclusion_text(each)} geldt niet meer."
                for each in old.exclusions
                if each not in new.exclusions
            ),
            *(f"Besluit {_exclusion_text(each)} geldt nu." for each in new.exclusions if each not in old.exclusions),
        ]
        if old.exclusions != new.exclusions:
            state = _with_standing(state, where, replace(old, exclusions=new.exclusions))
            yield _Move(where, Cause.DECISIONS, " ".join(said) or "De volgorde van besluiten is anders.", state)


def _eligibility(state: State, after: State) -> Iterator[_Move]:
    old, new = state.basis.provider, after.basis.provider
    said = _changed(
        ("Levert SEH-zorg sinds", date_text(old.provides_seh_since), date_text(new.provides_seh_since)),
        ("Representerende zorgverzekeraars", ", ".join(old.representatives), ", ".join(new.representatives)),
        ("Besluiten", _approvals_text(old.approvals), _approvals_text(new.approvals)),
        ("Aanspraak", eligibility(old, after.parameters).value, eligibility(new, after.parameters).value),
    )
    if said:
        provider = replace(new, locations=old.locations)
        yield _Move("", Cause.ELIGIBILITY, said, replace(state, basis=replace(state.basis, provider=provider)))


def _assessments(state: State, after: State) -> Iterator[_Move]:
    for where, old, new in _standings(state, after):
        said = _changed(("Toets", _assessment_text(old.assessment), _assessment_text(new.assessment)))
        if said:
            state = _with_standing(state, where, new)
            yield _Move(where, Cause.OTHER, said, state)


def _was(label: str, old: str, new: str) -> str:
    return f"{label}: {old}, nu {new}."


def _changed(*values: tuple[str, str, str]) -> str:
    return " ".join(_was(label, old, new) for label, old, new in values if old != new)


def _events(kind: str, before: Mapping[str, Closure | Stop], after: Mapping[str, Closure | Stop]) -> Iterator[str]:
    """What became of closures or stops, by identifier."""
    for identifier in sorted(before.keys() | after.keys()):
        old, new = before.get(identifier), after.get(identifier)
        if old == new:
            continue
        if old is None and new is not None:
            yield f"{kind} {identifier} kwam erbij: {_event_text(new)}."
        elif old is not None and new is None:
            yield f"{kind} {identifier} is ingetrokken: {_event_text(old)}."
        elif old is not None and new is not None:
            ended = old.end is None and new.end is not None and replace(old, end=new.end) == new
            what = "is geëindigd" if ended else "is gewijzigd"
            yield f"{kind} {identifier} {what}: {_event_text(old)}, nu {_event_text(new)}."


def _event_text(event: Closure | Stop) -> str:
    end = "zonder einde" if event.end is None else f"tot {moment_text(event.end)}"
    what = event.department.value if isinstance(event, Stop) else "voorzien" if event.foreseen else "onvoorzien"
    return f"{moment_text(event.start)} {end} ({what})"


def _hours_text(periods: Sequence[OpeningPeriod]) -> str:
    return "; ".join(map(period_in_words, periods)) or "dag en nacht"


def _approvals_text(approvals: Sequence[Approval]) -> str:
    return "; ".join(f"{each.insurer} {each.decision.value} op {each.decided_on}" for each in approvals) or "geen"


def _exclusion_text(exclusion: Exclusion) -> str:
    return f"{exclusion.decision.value} van {exclusion.decided_on} ({exclusion.case})"


def _assessment_text(assessment: Assessment | None) -> str:
    return f"{assessment.name} ({', '.join(assessment.routes) or 'geen route'})" if assessment else "geen"


def _by_id(locations: Sequence[Location]) -> dict[str, Location]:
    return {location.location_id: location for location in locations}


def _pairs(state: State, after: State) -> list[tuple[Location, Location]]:
    """Each location as it is and as it has to become."""
    now = _by_id(state.basis.provider.locations)
    return [(now[each.location_id], each) for each in after.basis.provider.locations]


def _standings(state: State, after: State) -> list[tuple[str, Standing, Standing]]:
    """Where each location stands, and where it has to stand."""
    old, new = state.basis.standings, after.basis.standings
    ids = [location.location_id for location in after.basis.provider.locations]
    return [(where, old.get(where, UNKNOWN), new.get(where, UNKNOWN)) for where in ids]


def _with_locations(state: State, locations: Sequence[Location]) -> State:
    provider = replace(state.basis.provider, locations=tuple(locations))
    return replace(state, basis=replace(state.basis, provider=provider))


def _with_location(state: State, changed: Location) -> State:
    locations = state.basis.provider.locations
    return _with_locations(state, [changed if each.location_id == changed.location_id else each for each in locations])


def _with_standing(state: State, location_id: str, standing: Standing) -> State:
    standings = {**state.basis.standings, location_id: standing}
    return replace(state, basis=replace(state.basis, standings=standings))
