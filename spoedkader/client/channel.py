"""A channel to a service, with the retry policy that lies beside its contracts."""

import json
from importlib.resources import files

import grpc

MAX_MESSAGE_BYTES = 16 * 1024 * 1024


def open_channel(address: str, package: str) -> grpc.Channel:
    """A channel to `host:port` or `unix:/path` of the service of a package, as in `registry`.

    What is UNAVAILABLE is tried again by gRPC itself, as `<package>_grpc_service_config.json` says. Nothing is
    connected until the first call.
    """
    config = files(f"spoedkader.{package}.v1") / f"{package}_grpc_service_config.json"
    return grpc.insecure_channel(
        address,
        options=[
            ("grpc.service_config", json.dumps(json.loads(config.read_text("utf-8")))),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            # Services are peers in one network; a proxy of the environment is for other traffic.
            ("grpc.enable_http_proxy", 0),
            # A peer that restarts is found again quickly.
            ("grpc.max_reconnect_backoff_ms", 2000),
        ],
    )
