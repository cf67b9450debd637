"""A door that cannot be right does not start."""

import os
import re
import subprocess

import pytest

from tests.support.envoy import START, need_envoy


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SPOEDKADER_DOOR_ADDRESS", "0.0.0.0:8080", "alleen op loopback"),
        ("SPOEDKADER_DOOR_ADDRESS", "8080", "alleen op loopback"),
        ("SPOEDKADER_DOOR_CERTIFICATES", "certificaten", "geen volledig pad"),
        ("SPOEDKADER_QUALITY_ADDRESS", "unix:/quality.sock", "geen adres van de vorm host:poort"),
        ("SPOEDKADER_QUALITY_ADDRESS", "127.0.0.1", "geen adres van de vorm host:poort"),
        ("SPOEDKADER_CONTRACTS", "nergens.binpb", "de contracten zijn niet te lezen"),
        ("ENVOY", "geen-envoy", "envoy is niet gevonden"),
    ],
)
def test_a_door_that_cannot_be_is_not_started(variable: str, value: str, says: str) -> None:
    environment = {**os.environ, "ENVOY": need_envoy(), variable: value}
    done = subprocess.run([START], env=environment, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert says in done.stderr


def test_no_silence_ends_a_call_before_its_time() -> None:
    configuration = START.with_name("envoy.yaml").read_text("utf-8")
    longest = re.findall(r"max_stream_duration: (\d+)s", configuration)
    silent = re.findall(r"stream_idle_timeout: (\d+)s", configuration)
    assert max(map(int, longest)) < min(map(int, silent))
