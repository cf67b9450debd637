"""What the benchmarks work on: a made-up provider of three locations with fifty closures, and a year full of events."""

import json
import random
from datetime import date, datetime, timedelta
from pathlib import Path

from google.protobuf.field_mask_pb2 import FieldMask
from google.type import date_pb2, money_pb2

from services.budget.facts import CareType, Closure, Department, Location, Stop
from services.quality.submissions.answers import write_answers
from services.runtime.wire import to_wall_clock
from spoedkader.quality.v1 import submission_pb2
from spoedkader.registry.v1 import closure_pb2, location_pb2, provider_pb2, round_pb2, snapshot_pb2
from spoedkader.wallclock.intervals import to_minute

YEAR = 2027
AGB = "06000001"
LOCATIONS = ("veenrode", "waterbeek", "zonnedam")
CLOSURES = 50
ANSWERS = Path(__file__).parents[2] / "data" / "voorbeeld-2027" / "answers" / "L003.json"


def answers() -> dict[str, object]:
    """One filled-in questionnaire of the example."""
    found: dict[str, object] = json.loads(ANSWERS.read_text("utf-8"))["answers"]
    return found


def facts() -> snapshot_pb2.ImportFactsRequest:
    """The round, the provider, its locations and their closures."""
    return snapshot_pb2.ImportFactsRequest(
        rounds=[
            round_pb2.Round(
                name=f"rounds/{YEAR}",
                survey_year=YEAR - 1,
                reference_year=YEAR - 2,
                policy_year=YEAR,
                rivm_preliminary_delivered_date=date_pb2.Date(year=YEAR - 1, month=6, day=15),
                norm_amount=money_pb2.Money(currency_code="EUR", units=4_600_000),
            )
        ],
        providers=[
            provider_pb2.Provider(
                name=f"providers/{AGB}",
                kvk="00000001",
                display_name="Stichting Ziekenhuis De Meetlat",
                provides_seh_since=date_pb2.Date(year=2000, month=1, day=1),
                representatives=["9101", "9102"],
            )
        ],
        locations=[
            location_pb2.Location(
                name=f"providers/{AGB}/locations/{location}",
                agb_location=f"0600001{index}",
                display_name=f"Ziekenhuis De Meetlat, {location.capitalize()}",
                roaz_region="Oost",
                care_type=location_pb2.Location.CARE_TYPE_SEH,
                opened_date=date_pb2.Date(year=2000, month=1, day=1),
            )
            for index, location in enumerate(LOCATIONS)
        ],
        closures=[_closure(index) for index in range(CLOSURES)],
    )


def correction(day: int) -> closure_pb2.UpdateClosureRequest:
    """The first closure with another end."""
    name = f"providers/{AGB}/locations/{LOCATIONS[0]}/closures/c0"
    end = to_wall_clock(datetime(YEAR, 1, day + 1, 6))
    return closure_pb2.UpdateClosureRequest(
        closure=closure_pb2.Closure(name=name, end_time=end), update_mask=FieldMask(paths=["end_time"])
    )


def submission(location: str) -> submission_pb2.Submission:
    """The answers of a location."""
    return submission_pb2.Submission(
        name=f"providers/{AGB}/locations/{location}/submissions/{YEAR - 1}",
        policy_year=YEAR,
        status=submission_pb2.Submission.STATUS_VOORLOPIG,
        delivered_date=date_pb2.Date(year=YEAR - 1, month=6, day=1),
        answers=write_answers(answers()),
    )


def locations(count: int, closures: int, stops: int) -> list[Location]:
    """Locations with so many closures and stops each, at random times of the year; the same ones each time."""
    chance = random.Random(YEAR)
    year = to_minute(datetime(YEAR, 1, 1))

    def interval(most: int) -> tuple[int, int]:
        start = year + chance.randrange(365 * 1440)
        return start, start + chance.randrange(1, most)

    return [
        Location(
            agb=AGB,
            location_id=f"l{index}",
            care_type=CareType.SEH,
            opened_on=date(2000, 1, 1),
            closed_on=None,
            closures=tuple(Closure(f"c{n}", *interval(600), foreseen=False) for n in range(closures)),
            stops=tuple(Stop(f"s{n}", Department.SEH, *interval(240)) for n in range(stops)),
        )
        for index in range(count)
    ]


def _closure(index: int) -> closure_pb2.Closure:
    start = datetime(YEAR, 1, 1, 20) + timedelta(days=7 * index)
    return closure_pb2.Closure(
        name=f"providers/{AGB}/locations/{LOCATIONS[index % len(LOCATIONS)]}/closures/c{index}",
        start_time=to_wall_clock(start),
        end_time=to_wall_clock(start + timedelta(hours=10)),
        foreseen=False,
        reason="personeelstekort",
    )
