"""A client of the suite for other programs: retries, deadlines, request ids, refusals that tell what is wrong, and a
change feed that goes on where it was.

    with Client("registry", "127.0.0.1:50051", actor="epd@wulp") as registry:
        locations = location_pb2_grpc.LocationServiceStub(registry.channel)
        for page in registry.pages(locations.ListLocations, location_pb2.ListLocationsRequest(parent="providers/-")):
            ...

It needs nothing of the services: stubs, this package, and the retry policy that lies beside each package of contracts.
"""

from spoedkader.client.calls import Client
from spoedkader.client.channel import open_channel
from spoedkader.client.feed import Changes, follow
from spoedkader.client.refusals import NotAnswered, Refused, Wrong

__all__ = ["Changes", "Client", "NotAnswered", "Refused", "Wrong", "follow", "open_channel"]
