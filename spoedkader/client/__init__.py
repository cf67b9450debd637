"""A client of the suite for other programs: retries, deadlines, request ids, refusals that tell what is wrong, a change
feed that goes on where it was, and a sender of closures and stops that does so too.

    with Client("registry", "127.0.0.1:50051", actor="epd@wulp") as registry:
        locations = location_pb2_grpc.LocationServiceStub(registry.channel)
        for page in registry.pages(locations.ListLocations, location_pb2.ListLocationsRequest(parent="providers/-")):
            ...

With `credentials=Credentials(ca, certificate, key, token_file)` the client shows who it is, over TLS.

It needs nothing of the services: stubs, this package, and the retry policy that lies beside each package of contracts.
"""

from spoedkader.client.calls import Client
from spoedkader.client.channel import open_channel
from spoedkader.client.credentials import Credentials
from spoedkader.client.feed import Changes, follow
from spoedkader.client.outbox import Outbox, Said, Sent
from spoedkader.client.refusals import NotAnswered, Refused, Wrong
from spoedkader.client.status import NumberingBehind, Patience, cursor_of, deliver, send

__all__ = [
    "Changes",
    "Client",
    "Credentials",
    "NotAnswered",
    "NumberingBehind",
    "Outbox",
    "Patience",
    "Refused",
    "Said",
    "Sent",
    "Wrong",
    "cursor_of",
    "deliver",
    "follow",
    "open_channel",
    "send",
]
