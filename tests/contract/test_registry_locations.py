"""The location service over a real socket."""

import uuid
from typing import Any

import grpc
import pytest
from google.type import timeofday_pb2

from services.runtime.server import Application
from spoedkader.registry.v1 import location_pb2 as pb
from tests.support.clients import RegistryClient, location
from tests.support.messages import day, mask, time_of_day
from tests.support.refusals import refusal

grpc_max_workers = 8


@pytest.fixture(scope="module")
def grpc_servicer(registry_application: Application) -> Application:
    return registry_application


def period(**fields: Any) -> pb.OpeningHours.Period:
    return pb.OpeningHours.Period(
        **{
            "valid_from_date": day("2027-01-01"),
            "weekdays": [1, 2, 3, 4, 5],
            "opens": time_of_day("08:00"),
            "closes": time_of_day("23:00"),
            **fields,
        }
    )


def agb_of(name: str) -> str:
    return name.split("/")[1]


def id_of(name: str) -> str:
    return name.split("/")[3]


def anywhere(name: str) -> str:
    return name.replace(f"providers/{agb_of(name)}", "providers/-")


# Registering and reading


def test_a_location_is_registered_and_found_with_and_without_its_provider(registry: RegistryClient) -> None:
    made = registry.new_location(closed_date=day("2027-07-01"))
    assert made.closed_date == day("2027-07-01")
    assert registry.locations.GetLocation(pb.GetLocationRequest(name=made.name)) == made
    assert registry.locations.GetLocation(pb.GetLocationRequest(name=anywhere(made.name))) == made
    other = f"providers/{registry.unused_agb()}/locations/{id_of(made.name)}"
    assert refusal(registry.locations.GetLocation, pb.GetLocationRequest(name=other)).reason == "NOT_FOUND"


def test_every_wrong_field_of_a_new_location_is_named(registry: RegistryClient) -> None:
    wrong = location(
        agb_location="123",
        display_name="",
        roaz_region="oost",
        care_type=9,
        opened_date=day("2027-02-01"),
        closed_date=day("2027-01-31"),
    )
    found = refusal(registry.locations.CreateLocation, pb.CreateLocationRequest(location_id="../x", location=wrong))
    assert sorted(found.fields) == [
        "location.agb_location",
        "location.care_type",
        "location.closed_date",
        "location.display_name",
        "location.roaz_region",
        "location_id",
        "parent",
    ]
    assert "is verplicht" in found.violations["parent"]
    assert found.violations["location.care_type"] == "heeft geen betekenis: 9"


def test_a_location_may_close_on_the_day_it_opens(registry: RegistryClient) -> None:
    made = registry.new_location(opened_date=day("2027-02-01"), closed_date=day("2027-02-01"))
    assert made.closed_date == made.opened_date


@pytest.mark.parametrize("text", ["1899-12-31", "2200-01-01"])
def test_days_outside_the_calendar_of_the_suite_are_refused(registry: RegistryClient, text: str) -> None:
    request = pb.CreateLocationRequest(
        parent=registry.new_provider().name, location_id="x1", location=location(opened_date=day(text))
    )
    found = refusal(registry.locations.CreateLocation, request)
    assert found.violations == {"location.opened_date": "moet van 1900 tot 2200 zijn"}


def test_a_location_of_a_provider_that_is_not_there_is_refused(registry: RegistryClient) -> None:
    request = pb.CreateLocationRequest(parent="providers/99999999", location_id="x2", location=location())
    found = refusal(registry.locations.CreateLocation, request)
    assert (found.reason, found.metadata["resource"]) == ("NOT_FOUND", "providers/99999999")


def test_an_identifier_is_taken_once_and_for_one_provider(registry: RegistryClient) -> None:
    made = registry.new_location()
    parent = made.name.rpartition("/locations/")[0]
    request = pb.CreateLocationRequest(parent=parent, location_id=id_of(made.name), location=location())
    assert refusal(registry.locations.CreateLocation, request).reason == "ALREADY_EXISTS"
    request.parent = registry.new_provider().name
    found = refusal(registry.locations.CreateLocation, request)
    assert found.code is grpc.StatusCode.ALREADY_EXISTS
    assert (found.reason, found.metadata) == ("IDENTIFIER_TAKEN", {"identifier": id_of(made.name)})


def test_validate_only_registers_no_location(registry: RegistryClient) -> None:
    request = pb.CreateLocationRequest(
        parent=registry.new_provider().name,
        location_id=registry.unused_id(),
        location=location(),
        validate_only=True,
    )
    name = registry.locations.CreateLocation(request).name
    assert refusal(registry.locations.GetLocation, pb.GetLocationRequest(name=name)).reason == "NOT_FOUND"


def test_locations_are_listed_by_provider_and_for_all_in_pages(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    made = [registry.new_location(parent).name for _ in range(5)]
    registry.new_location()
    found: list[str] = []
    request = pb.ListLocationsRequest(parent=parent, page_size=2)
    sizes = []
    while True:
        page = registry.locations.ListLocations(request)
        sizes.append(len(page.locations))
        found += [one.name for one in page.locations]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert (found, sizes) == (made, [2, 2, 1])
    everywhere = registry.locations.ListLocations(pb.ListLocationsRequest(parent="providers/-", page_size=5000))
    assert [one.name for one in everywhere.locations if one.name in made] == made
    assert refusal(registry.locations.ListLocations, pb.ListLocationsRequest(parent="providers/99999999")).reason == (
        "NOT_FOUND"
    )


def test_a_page_token_belongs_to_its_parent(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    for _ in range(2):
        registry.new_location(parent)
    token = registry.locations.ListLocations(pb.ListLocationsRequest(parent=parent, page_size=1)).next_page_token
    found = refusal(registry.locations.ListLocations, pb.ListLocationsRequest(parent="providers/-", page_token=token))
    assert found.violations == {"page_token": "hoort bij een ander verzoek"}


def test_the_regions_are_listed_in_alphabetical_order(registry: RegistryClient) -> None:
    regions = list(registry.locations.ListRoazRegions(pb.ListRoazRegionsRequest()).regions)
    assert regions == sorted(set(regions))
    assert "Noord-Holland/Flevoland" in regions


# Changing


def test_a_mask_changes_only_its_fields_and_can_clear_one(registry: RegistryClient) -> None:
    before = registry.new_location(closed_date=day("2027-07-01"))
    request = pb.UpdateLocationRequest(
        location=pb.Location(name=before.name, etag=before.etag, display_name="x"), update_mask=mask("closed_date")
    )
    after = registry.locations.UpdateLocation(request)
    assert not after.HasField("closed_date")
    assert after.display_name == before.display_name
    assert after.opened_date == before.opened_date
    assert refusal(registry.locations.UpdateLocation, request).reason == "ETAG_MISMATCH"


@pytest.mark.parametrize("path", ["name", "update_time", "etag", "nergens", ""])
def test_a_field_that_cannot_be_written_is_refused_in_a_mask(registry: RegistryClient, path: str) -> None:
    wanted = location(name=registry.new_location().name)
    request = pb.UpdateLocationRequest(location=wanted, update_mask=mask(path))
    found = refusal(registry.locations.UpdateLocation, request)
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["update_mask"])


def test_a_change_is_checked_against_what_stays(registry: RegistryClient) -> None:
    made = registry.new_location(opened_date=day("2027-05-01"))
    wanted = pb.Location(name=made.name, closed_date=day("2027-04-30"))
    request = pb.UpdateLocationRequest(location=wanted, update_mask=mask("closed_date"))
    assert refusal(registry.locations.UpdateLocation, request).fields == ["location.closed_date"]


def test_a_location_stays_with_its_provider(registry: RegistryClient) -> None:
    made, other = registry.new_location(), registry.new_provider()
    wanted = location(name=f"{other.name}/locations/{id_of(made.name)}")
    request = pb.UpdateLocationRequest(location=wanted, allow_missing=True)
    assert refusal(registry.locations.UpdateLocation, request).reason == "IDENTIFIER_TAKEN"


def test_a_missing_location_is_registered_by_an_update_only_when_asked(registry: RegistryClient) -> None:
    parent = registry.new_provider().name
    wanted = location(name=f"{parent}/locations/{registry.unused_id()}")
    request = pb.UpdateLocationRequest(location=wanted, update_mask=mask("display_name"))
    assert refusal(registry.locations.UpdateLocation, request).reason == "NOT_FOUND"
    request.allow_missing = True
    assert registry.locations.UpdateLocation(request).name == wanted.name
    wanted.name = f"providers/99999999/locations/{registry.unused_id()}"
    request.location.CopyFrom(wanted)
    assert refusal(registry.locations.UpdateLocation, request).metadata["resource"] == "providers/99999999"


# Opening hours


def test_a_location_without_opening_hours_has_no_periods_and_no_version(registry: RegistryClient) -> None:
    made = registry.new_location()
    found = registry.locations.GetOpeningHours(pb.GetOpeningHoursRequest(name=f"{anywhere(made.name)}/openingHours"))
    assert found == pb.OpeningHours(name=f"{made.name}/openingHours")


def test_opening_hours_are_replaced_as_a_whole(registry: RegistryClient) -> None:
    name = f"{registry.new_location().name}/openingHours"
    periods = [
        period(valid_until_date=day("2027-07-01"), closes=time_of_day("24:00")),
        period(weekdays=[7, 6], opens=time_of_day("22:00"), closes=time_of_day("06:30")),
    ]
    first = registry.locations.UpdateOpeningHours(
        pb.UpdateOpeningHoursRequest(opening_hours=pb.OpeningHours(name=anywhere(name), periods=periods))
    )
    assert first.name == name
    assert first.periods[0] == periods[0]
    assert list(first.periods[1].weekdays) == [6, 7]
    assert registry.locations.GetOpeningHours(pb.GetOpeningHoursRequest(name=name)) == first
    again = registry.locations.UpdateOpeningHours(pb.UpdateOpeningHoursRequest(opening_hours=first))
    assert again == first
    emptied = pb.OpeningHours(name=name, etag=first.etag)
    second = registry.locations.UpdateOpeningHours(pb.UpdateOpeningHoursRequest(opening_hours=emptied))
    assert not second.periods
    assert second.etag != first.etag
    found = refusal(registry.locations.UpdateOpeningHours, pb.UpdateOpeningHoursRequest(opening_hours=emptied))
    assert found.reason == "ETAG_MISMATCH"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"valid_from_date": None}, "valid_from_date"),
        ({"valid_until_date": day("2027-01-01")}, "valid_until_date"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": [1, 1]}, "weekdays"),
        ({"weekdays": [0]}, "weekdays"),
        ({"weekdays": [8]}, "weekdays"),
        ({"weekdays": [-(2**31)]}, "weekdays"),
        ({"opens": None}, "opens"),
        ({"closes": None}, "closes"),
        ({"opens": time_of_day("24:00")}, "opens"),
        ({"closes": timeofday_pb2.TimeOfDay(hours=24, minutes=1)}, "closes"),
        ({"closes": timeofday_pb2.TimeOfDay(hours=-1)}, "closes"),
        ({"closes": timeofday_pb2.TimeOfDay(hours=1, minutes=60)}, "closes"),
        ({"opens": timeofday_pb2.TimeOfDay(hours=1, seconds=1)}, "opens"),
        ({"opens": timeofday_pb2.TimeOfDay(hours=1, nanos=-1)}, "opens"),
        ({"opens": timeofday_pb2.TimeOfDay(hours=2**31 - 1, minutes=-(2**31))}, "opens"),
    ],
)
def test_a_wrong_period_is_refused_at_its_field(registry: RegistryClient, fields: dict[str, Any], wrong: str) -> None:
    hours = pb.OpeningHours(name=f"{registry.new_location().name}/openingHours", periods=[period(), period(**fields)])
    found = refusal(registry.locations.UpdateOpeningHours, pb.UpdateOpeningHoursRequest(opening_hours=hours))
    assert found.fields == [f"opening_hours.periods[1].{wrong}"]


def test_too_many_periods_are_refused(registry: RegistryClient) -> None:
    hours = pb.OpeningHours(name=f"{registry.new_location().name}/openingHours", periods=[period()] * 201)
    found = refusal(registry.locations.UpdateOpeningHours, pb.UpdateOpeningHoursRequest(opening_hours=hours))
    assert found.fields == ["opening_hours.periods"]


def test_opening_hours_of_a_location_that_is_not_there_are_not_found(registry: RegistryClient) -> None:
    name = "providers/-/locations/nergens/openingHours"
    assert refusal(registry.locations.GetOpeningHours, pb.GetOpeningHoursRequest(name=name)).reason == "NOT_FOUND"
    request = pb.UpdateOpeningHoursRequest(opening_hours=pb.OpeningHours(name=name))
    assert refusal(registry.locations.UpdateOpeningHours, request).reason == "NOT_FOUND"
    request.opening_hours.name = "providers/-/locations/-/openingHours"
    assert refusal(registry.locations.UpdateOpeningHours, request).reason == "NOT_FOUND"


def test_a_repeated_change_of_opening_hours_counts_once(registry: RegistryClient) -> None:
    hours = pb.OpeningHours(name=f"{registry.new_location().name}/openingHours", periods=[period()])
    request = pb.UpdateOpeningHoursRequest(opening_hours=hours, request_id=str(uuid.uuid4()))
    first = registry.locations.UpdateOpeningHours(request)
    registry.locations.UpdateOpeningHours(pb.UpdateOpeningHoursRequest(opening_hours=pb.OpeningHours(name=hours.name)))
    assert registry.locations.UpdateOpeningHours(request) == first
    assert not registry.locations.GetOpeningHours(pb.GetOpeningHoursRequest(name=hours.name)).periods
