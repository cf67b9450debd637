"""A server that does nothing, on the same server set-up as the services: the baseline of every call.
from tests.support.access import DECIDE

`python -m tests.benchmarks.empty_server ADDRESS`
"""

import sys

import grpc
from google.protobuf.empty_pb2 import Empty

from services.runtime import logs
from services.runtime.server import Application, Server
from services.runtime.settings import ServiceSettings
from tests.support.access import DECIDE

SERVICE = "spoedkader.benchmark.Nothing"
METHOD = f"/{SERVICE}/Do"


def _register(server: grpc.Server) -> None:
    handler = grpc.unary_unary_rpc_method_handler(
        lambda request, context: request,
        request_deserializer=Empty.FromString,
        response_serializer=Empty.SerializeToString,
    )
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {"Do": handler})])


if __name__ == "__main__":
    logs.configure("WARNING")
    settings = ServiceSettings.read(address=sys.argv[1], database_url="sqlite://")
    Server(Application("nothing", _register, (), DECIDE), settings).run()
