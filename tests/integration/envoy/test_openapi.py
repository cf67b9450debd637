"""The OpenAPI document is right, is that of the contracts, and every operation in it leads to its method."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from tests.integration.envoy.conftest import Door

ROOT = Path(__file__).parents[3]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "integrators" / "openapi.yaml").read_text("utf-8"))
OPERATIONS = [(verb, path, found) for path, verbs in DOCUMENT["paths"].items() for verb, found in verbs.items()]
IDS = {"provider": "-", "location": "L001", "policyYear": "2027", "round": "2027"}


def test_the_document_is_openapi() -> None:
    validate(DOCUMENT)


def test_the_document_is_that_of_the_contracts() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "openapi.py", "--check"], capture_output=True, text=True, check=False
    )
    if "is missing" in done.stderr and os.environ.get("CI") != "true":
        pytest.skip("protoc-gen-openapi is not installed: `make tools` builds it where Go is")
    assert done.returncode == 0, done.stderr


def test_dates_are_messages() -> None:
    stop = DOCUMENT["components"]["schemas"]["spoedkader.registry.v1.Stop"]["properties"]
    assert stop["startTime"]["allOf"] == [{"$ref": "#/components/schemas/google.type.DateTime"}]
    assert stop["updateTime"]["format"] == "date-time", "a moment is a text"


@pytest.mark.parametrize(
    ("verb", "path", "operation"), OPERATIONS, ids=[found["operationId"] for *_, found in OPERATIONS]
)
def test_every_operation_leads_to_its_method(door: Door, verb: str, path: str, operation: dict[str, Any]) -> None:
    filled = re.sub(r"\{(\w+)\}", lambda found: IDS.get(found[1], "x"), path)
    answer = door.call(verb.upper(), filled, **({"json": {}} if "requestBody" in operation else {}))
    # Envoy's own refusals are no JSON.
    assert answer.headers["content-type"] == "application/json", answer.text
    assert answer.status_code < 500, answer.text
    if answer.status_code == 200:
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert isinstance(answer.json(), list) == (schema.get("type") == "array")
    else:
        reasons = [detail.get("reason") for detail in answer.json()["details"]]
        assert any(reasons), "a refusal of the service itself"
