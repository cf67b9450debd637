"""Random facts of the budget rules, around the years 2027 and 2028."""

from datetime import date

from hypothesis import strategies as st

from services.budget.facts import (
    Approval,
    Assessment,
    CareType,
    Closure,
    Decision,
    Department,
    Exclusion,
    Location,
    Negative,
    Provider,
    Round,
    Standing,
    Stop,
)
from services.budget.norm_budget.basis import Basis
from spoedkader.wallclock.intervals import day_start
from spoedkader.wallclock.opening import OpeningPeriod

from .samples import DAY, EVERY_DAY

YEARS = st.sampled_from([2027, 2028])
START, END = day_start(date(2026, 12, 1)), day_start(date(2029, 2, 1))

days = st.dates(date(2026, 6, 1), date(2029, 6, 1))
spans = st.tuples(st.integers(START, END), st.none() | st.integers(1, 40 * DAY)).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
)
some_closures = st.lists(st.tuples(spans, st.sampled_from([True, False, None])), max_size=12).map(
    lambda found: tuple(Closure(f"C{n}", *span, foreseen) for n, (span, foreseen) in enumerate(found))
)
some_stops = st.lists(st.tuples(spans, st.sampled_from(Department)), max_size=12).map(
    lambda found: tuple(Stop(f"S{n}", department, *span) for n, (span, department) in enumerate(found))
)
some_periods = st.lists(
    st.builds(
        OpeningPeriod,
        valid_from=days,
        valid_until=st.none() | days,
        weekdays=st.frozensets(st.sampled_from(sorted(EVERY_DAY)), min_size=1),
        opens=st.integers(0, 1439),
        closes=st.integers(0, 1440),
    ),
    max_size=4,
).map(tuple)
locations = st.builds(
    Location,
    agb=st.just("06010101"),
    location_id=st.just("veenrode"),
    care_type=st.just(CareType.SEH),
    opened_on=days | st.just(date(1990, 1, 1)),
    closed_on=st.none() | days,
    periods=some_periods,
    closures=some_closures,
    stops=some_stops,
)


decisions = st.builds(
    Approval,
    insurer=st.sampled_from(["9101", "9102", "9999"]),
    decision=st.sampled_from(Decision),
    decided_on=st.dates(date(2026, 9, 1), date(2026, 9, 20)),
)
standings = st.builds(
    Standing,
    assessment=st.none() | st.builds(Assessment, name=st.sampled_from(["a1", "a2"]), routes=st.just(("VOLDOET",))),
    exclusions=st.lists(
        st.builds(
            Exclusion,
            case=st.sampled_from(["2026-herstel", "2026-verbeterplan"]),
            decision=st.sampled_from(Negative),
            decided_on=days,
        ),
        max_size=2,
        unique_by=lambda found: found.case,
    ).map(tuple),
)
LOCATION_IDS = ("veenrode", "kerkwerf", "merelstade")
some_locations = st.lists(
    st.tuples(st.sampled_from(LOCATION_IDS), st.sampled_from(CareType), locations), max_size=3, unique_by=lambda e: e[0]
).map(
    lambda found: tuple(
        Location(
            each.agb,
            location_id,
            care_type,
            each.opened_on,
            each.closed_on,
            each.periods,
            each.closures,
            each.stops,
        )
        for location_id, care_type, each in found
    )
)
providers = st.builds(
    Provider,
    agb=st.just("06010101"),
    provides_seh_since=st.sampled_from([date(1990, 1, 1), date(2027, 1, 1)]),
    representatives=st.sampled_from([("9101",), ("9101", "9102")]),
    approvals=st.lists(decisions, max_size=4).map(tuple),
    locations=some_locations,
)
bases = st.builds(
    Basis,
    provider=providers,
    round=st.builds(
        Round,
        budget_year=st.just(2027),
        policy_year=st.sampled_from([2027, 2028]),
        norm_amount_cents=st.sampled_from([460_000_000, 470_000_001, 1]),
    ),
    standings=st.dictionaries(st.sampled_from(LOCATION_IDS), standings),
)
