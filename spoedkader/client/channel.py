"""A channel to a service, with the retry policy that lies beside its contracts."""

import json
from importlib.resources import files

import grpc

from spoedkader.client.credentials import Credentials
from spoedkader.client.renewing import RenewingChannel

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
PING_SECONDS = 30
"""A connection that was silent for so long is asked whether it is there, also between calls."""
PING_TIMEOUT_SECONDS = 10


def open_channel(address: str, package: str, credentials: Credentials | None = None) -> grpc.Channel:
    """A channel to `host:port` or `unix:/path` of the service of a package, as in `registry`; over TLS with
    `credentials`.

    What did not get through is tried again by gRPC itself, as `<package>_grpc_service_config.json` says, which also
    spreads calls over every address that the name of the host has. Nothing is connected until the first call.

    Raises:
        OSError: a file of the credentials can't be read.
        ValueError: such a file makes no sense.
    """
    config = files(f"spoedkader.{package}.v1") / f"{package}_grpc_service_config.json"
    options = [
        ("grpc.service_config", json.dumps(json.loads(config.read_text("utf-8")))),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        # Services are peers in one network; a proxy of the environment is for other traffic.
        ("grpc.enable_http_proxy", 0),
        # A peer that restarts is found again quickly, also under another address.
        ("grpc.max_reconnect_backoff_ms", 2000),
        ("grpc.dns_min_time_between_resolutions_ms", 5000),
        ("grpc.keepalive_time_ms", PING_SECONDS * 1000),
        ("grpc.keepalive_timeout_ms", PING_TIMEOUT_SECONDS * 1000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    ]
    if credentials is None:
        return grpc.insecure_channel(address, options)
    return RenewingChannel(lambda tls: grpc.secure_channel(address, tls, options), credentials)
