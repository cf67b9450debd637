"""Open blocks, terms and words of an assessment."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy.parameters import Parameters, load_parameters
from services.policy.questionnaire import Block, Period
from services.policy.routes import Route
from services.policy.year import PolicyYear, load_year
from services.quality.assessments.model import canonical, digest, open_blocks, terms
from spoedkader.wallclock.opening import OpeningPeriod

POLICIES = Path(__file__).parents[3] / "policies"
OFFICE = Block("kantooruren", "", (Period((1, 2, 3, 4, 5), 480, 1080),))
REST = Block("anw", "", ())
BLOCKS = (OFFICE, REST)
EVERY_DAY = frozenset(range(1, 8))


@pytest.fixture(scope="module")
def year() -> PolicyYear:
    return load_year(POLICIES, 2027)


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return load_parameters(POLICIES, 2027)


@st.composite
def periods(draw: st.DrawFn) -> OpeningPeriod:
    valid_from = date(2027, 1, 1) + timedelta(days=draw(st.integers(-3, 370)))
    length = draw(st.none() | st.integers(1, 9))
    hour = st.integers(0, 23).map(lambda hour: hour * 60)
    return OpeningPeriod(
        valid_from=valid_from,
        valid_until=None if length is None else valid_from + timedelta(days=length),
        weekdays=frozenset(draw(st.sets(st.integers(1, 7), min_size=1))),
        opens=draw(hour),
        closes=draw(hour | st.just(1440)),
    )


def naive(found: tuple[OpeningPeriod, ...]) -> set[str]:
    """The blocks of every hour of 2027 that lies in a session; every time above is on the hour."""
    blocks: set[str] = set()
    for period in found:
        day = max(period.valid_from, date(2026, 12, 31))
        while day.year < 2028 and (period.valid_until is None or day < period.valid_until):
            if day.isoweekday() in period.weekdays:
                length = period.closes - period.opens
                for hour in range((length if length > 0 else length + 1440) // 60):
                    days, minute = divmod(period.opens + hour * 60, 1440)
                    at = day + timedelta(days=days)
                    if at.year == 2027:
                        office = at.isoweekday() <= 5 and 480 <= minute < 1080
                        blocks.add("kantooruren" if office else "anw")
            if blocks == {"kantooruren", "anw"}:
                break
            day += timedelta(days=1)
    return blocks


@settings(deadline=None)
@given(st.lists(periods(), min_size=1, max_size=3).map(tuple))
def test_a_block_is_open_when_a_session_holds_any_of_its_minutes(found: tuple[OpeningPeriod, ...]) -> None:
    assert open_blocks(BLOCKS, found, 2027) == tuple(sorted(naive(found)))


def test_a_location_without_opening_hours_is_open_in_every_block(year: PolicyYear) -> None:
    assert open_blocks(year.questionnaire.blocks, (), 2027) == ("anw", "kantooruren")


@pytest.mark.parametrize(
    ("valid", "opens", "closes", "expected"),
    [
        ((date(2027, 3, 1), None), 480, 1080, ("anw", "kantooruren")),
        ((date(2027, 3, 1), date(2027, 3, 2)), 480, 1080, ("kantooruren",)),
        ((date(2027, 3, 1), date(2027, 3, 2)), 1079, 1080, ("kantooruren",)),
        ((date(2027, 3, 1), date(2027, 3, 2)), 1080, 480, ("anw",)),
        ((date(2027, 3, 1), date(2027, 3, 2)), 1080, 481, ("anw", "kantooruren")),
        # A session of the last day of the year before runs into the year.
        ((date(2026, 12, 31), date(2027, 1, 1)), 1380, 60, ("anw",)),
        ((date(2026, 12, 31), date(2027, 1, 1)), 1380, 1440, ()),
        ((date(2028, 1, 1), None), 0, 1440, ()),
        ((date(2020, 1, 1), date(2027, 1, 1)), 0, 1440, ()),
    ],
)
def test_open_blocks_at_the_edges(
    valid: tuple[date, date | None], opens: int, closes: int, expected: tuple[str, ...]
) -> None:
    assert open_blocks(BLOCKS, (OpeningPeriod(*valid, EVERY_DAY, opens, closes),), 2027) == expected


@pytest.mark.parametrize(
    ("delivered", "due"),
    [
        (date(2026, 6, 15), date(2026, 9, 15)),
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 3, 31)),
    ],
)
def test_a_plan_is_due_three_calendar_months_after_delivery(parameters: Parameters, delivered: date, due: date) -> None:
    found = terms(frozenset({Route.VERBETERPLAN, Route.ONVOLLEDIG}), parameters, delivered, 2026)
    assert found is not None
    assert (found.plan_due_on, found.comply_by) == (due, date(2027, 6, 1))


@pytest.mark.parametrize("route", [route for route in Route if route is not Route.VERBETERPLAN])
def test_without_a_plan_there_are_no_terms(parameters: Parameters, route: Route) -> None:
    assert terms(frozenset({route}), parameters, date(2026, 6, 15), 2026) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values))
def test_the_order_of_keys_does_not_matter_to_a_digest(document: dict[str, object]) -> None:
    turned = dict(reversed(document.items()))
    assert canonical(turned) == canonical(document)  # type: ignore[arg-type]


def test_a_digest_names_its_algorithm() -> None:
    assert digest("") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
