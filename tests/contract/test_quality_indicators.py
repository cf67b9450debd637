"""The indicator service over a real socket, with a real registry behind it."""

import uuid
from typing import Any

import grpc
import pytest

from services.runtime.server import Application
from spoedkader.quality.v1 import indicator_pb2 as pb
from tests.support.clients import QualityClient, RegistryClient
from tests.support.refusals import refusal

grpc_max_workers = 8


@pytest.fixture(scope="module")
def grpc_servicer(quality_application: Application) -> Application:
    return quality_application


@pytest.fixture
def place(registry_peer: RegistryClient) -> str:
    return registry_peer.new_location().name


def indicators(place: str, **fields: Any) -> pb.Indicators:
    return pb.Indicators(**{"name": f"{place}/indicators/2025", "seh_visits": 12_690, "seh_stops": 115, **fields})


def update(quality: QualityClient, wanted: pb.Indicators, **fields: Any) -> pb.Indicators:
    return quality.indicators.UpdateIndicators(pb.UpdateIndicatorsRequest(indicators=wanted, **fields), timeout=10)


def test_indicators_are_set_replaced_and_read_back(quality: QualityClient, place: str) -> None:
    first = update(quality, indicators(place, mean_length_of_stay_tenths=1831))
    assert (first.seh_visits, first.mean_length_of_stay_tenths) == (12_690, 1831)
    assert not first.HasField("median_length_of_stay_tenths")
    assert quality.indicators.GetIndicators(pb.GetIndicatorsRequest(name=first.name)) == first
    second = update(quality, indicators(place, median_length_of_stay_tenths=0, etag=first.etag))
    assert second.HasField("median_length_of_stay_tenths")
    assert not second.HasField("mean_length_of_stay_tenths")
    request = pb.UpdateIndicatorsRequest(indicators=indicators(place, etag=first.etag))
    found = refusal(quality.indicators.UpdateIndicators, request)
    assert (found.code, found.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")


def test_the_same_indicators_make_no_new_version(quality: QualityClient, place: str) -> None:
    assert update(quality, indicators(place)) == update(quality, indicators(place))


def test_the_provider_may_be_left_open(quality: QualityClient, place: str) -> None:
    unowned = "providers/-/" + place.split("/", 2)[2]
    made = update(quality, indicators(unowned))
    assert made.name == f"{place}/indicators/2025"
    assert quality.indicators.GetIndicators(pb.GetIndicatorsRequest(name=f"{unowned}/indicators/2025")) == made


@pytest.mark.parametrize("count", [-1, 2**31, 2**63 - 1, -(2**63)])
def test_every_count_that_cannot_be_is_named(quality: QualityClient, place: str, count: int) -> None:
    fields = ("seh_visits", "ehh_visits", "seh_stops", "mean_length_of_stay_tenths", "median_length_of_stay_tenths")
    request = pb.UpdateIndicatorsRequest(indicators=indicators(place, **dict.fromkeys(fields, count)))
    found = refusal(quality.indicators.UpdateIndicators, request)
    assert found.fields == [f"indicators.{field}" for field in fields]


def test_names_are_checked_and_looked_up(quality: QualityClient, place: str) -> None:
    request = pb.UpdateIndicatorsRequest(indicators=indicators("providers/-/locations/-"), request_id="x")
    assert set(refusal(quality.indicators.UpdateIndicators, request).fields) == {"indicators.name", "request_id"}
    request = pb.UpdateIndicatorsRequest(indicators=indicators("providers/-/locations/nergens"))
    assert refusal(quality.indicators.UpdateIndicators, request).reason == "NOT_FOUND"
    missing = pb.GetIndicatorsRequest(name=f"{place}/indicators/2024")
    found = refusal(quality.indicators.GetIndicators, missing)
    assert (found.code, found.metadata) == (grpc.StatusCode.NOT_FOUND, {"resource": missing.name})
    assert refusal(quality.indicators.GetIndicators, pb.GetIndicatorsRequest(name="x")).fields == ["name"]


def test_a_rehearsal_keeps_nothing_and_a_repeated_request_counts_once(quality: QualityClient, place: str) -> None:
    name = update(quality, indicators(place), validate_only=True).name
    assert refusal(quality.indicators.GetIndicators, pb.GetIndicatorsRequest(name=name)).reason == "NOT_FOUND"
    request_id = str(uuid.uuid4())
    first = update(quality, indicators(place), request_id=request_id)
    update(quality, indicators(place, seh_visits=1))
    assert update(quality, indicators(place), request_id=request_id) == first


def test_indicators_are_listed_by_parent_and_year_in_pages(
    quality: QualityClient, registry_peer: RegistryClient
) -> None:
    provider = registry_peer.new_provider().name
    places = [registry_peer.new_location(provider).name for _ in range(3)]
    made = [update(quality, indicators(place)) for place in places]
    earlier = update(quality, indicators(places[0], name=f"{places[0]}/indicators/2024"))
    request = pb.ListIndicatorsRequest(parent=f"{provider}/locations/-", page_size=3)
    first = quality.indicators.ListIndicators(request)
    request.page_token = first.next_page_token
    second = quality.indicators.ListIndicators(request)
    assert [*first.indicators, *second.indicators] == [*made, earlier]
    request.year = 2024
    assert refusal(quality.indicators.ListIndicators, request).fields == ["page_token"]
    request.ClearField("page_token")
    assert list(quality.indicators.ListIndicators(request).indicators) == [earlier]
    everywhere = pb.ListIndicatorsRequest(parent="providers/-/locations/-", page_size=1000)
    listed = [one for one in quality.indicators.ListIndicators(everywhere).indicators if one.name.startswith(provider)]
    assert listed == [*made, earlier]
    request.year, request.page_size = -1, -1
    assert sorted(refusal(quality.indicators.ListIndicators, request).fields) == ["page_size", "year"]
