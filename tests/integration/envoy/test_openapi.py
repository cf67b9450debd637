"""The OpenAPI document is that of the contracts, says what is answered, and each operation leads to its method."""

import copy
import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30ReadValidator, OAS30Validator
from openapi_spec_validator import validate

from tests.integration.envoy.conftest import Door
from tests.support.bindings import bindings, methods

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "integrators" / "messages"
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "integrators" / "openapi.yaml").read_text("utf-8"))
OPERATIONS = [(verb, path, found) for path, verbs in DOCUMENT["paths"].items() for verb, found in verbs.items()]
BY_ID = {found["operationId"]: found for *_, found in OPERATIONS}
BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Some operations change their location; it is one that no other test looks at.
IDS = {"entry": "1", "provider": "-", "location": "L009", "policyYear": "2027", "round": "2027"}
METHODS = {f"{method.containing_service.name}_{method.name}": method for method in methods()}


def closed(schema: Any) -> Any:
    """A schema by which an object holds nothing that is not in it."""
    if isinstance(schema, list):
        return [closed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(inner) for key, inner in schema.items()}
    if found.get("type") == "object" and isinstance(found.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


COMPONENTS = closed(copy.deepcopy(DOCUMENT["components"]))


def faults(validator: Any, schema: dict[str, Any], value: Any) -> list[str]:
    """What of a value is not as a schema of the document says."""
    errors = validator({**closed(schema), "components": COMPONENTS}).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in errors]


def schema_of(answer: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


def examples() -> dict[str, tuple[Any, list[Any]]]:
    """By operation of one path, the request and the answers of a call that the pages of messages show as answered."""
    found = {}
    for page in PAGES.glob("*.md"):
        for service in re.split(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            for method in re.split(r"^### ", service, flags=re.MULTILINE)[1:]:
                operation = f"{service.split()[0]}_{method.split()[0]}"
                before, _, after = method.partition("\nis answered with")
                if operation in BY_ID and after:
                    request, answers = BLOCK.findall(before)[-1], BLOCK.findall(after)
                    shown_answers = answers[: 2 if after.startswith(" a stream") else 1]
                    found[operation] = shown(json.loads(request)), [shown(json.loads(text)) for text in shown_answers]
    return found


def shown(value: Any) -> Any:
    """What an example shows, without the mark that a list was cut."""
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value if not (isinstance(inner, str) and inner.startswith("… and "))]
    return value


EXAMPLES = examples()


def test_the_document_is_openapi() -> None:
    validate(DOCUMENT)


def test_the_document_is_that_of_the_contracts() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "openapi.py", "--check"], capture_output=True, text=True, check=False
    )
    if "is missing" in done.stderr and os.environ.get("CI") != "true":
        pytest.skip("protoc-gen-openapi is not installed: `make tools` builds it where Go is")
    assert done.returncode == 0, done.stderr


def test_every_path_of_the_contracts_is_an_operation() -> None:
    paths = sorted(name for name, method in METHODS.items() for _ in bindings(method))
    assert sorted("_".join(name.split("_")[:2]) for name in BY_ID) == paths


def test_dates_are_messages() -> None:
    stop = DOCUMENT["components"]["schemas"]["spoedkader.registry.v1.Stop"]["properties"]
    assert stop["startTime"]["allOf"] == [{"$ref": "#/components/schemas/google.type.DateTime"}]
    assert stop["updateTime"]["format"] == "date-time", "a moment is a text"


@pytest.mark.parametrize("operation", sorted(EXAMPLES))
def test_what_was_sent_and_answered_is_as_the_document_says(operation: str) -> None:
    described, (request, answers) = BY_ID[operation], EXAMPLES[operation]
    schema = schema_of(described["responses"]["200"])
    for answer in answers:
        assert faults(OAS30ReadValidator, schema.get("items", schema), answer) == []
    if "requestBody" in described:
        binding = next(bindings(METHODS[operation]))
        bound = set(re.findall(r"{(\w+)=", binding.path))
        rest = {key: value for key, value in request.items() if key not in bound}
        body = rest if binding.body == "*" else request[_json_name(binding.body)]
        assert faults(OAS30Validator, schema_of(described["requestBody"]), body) == []


def _json_name(field: str) -> str:
    head, *rest = field.split("_")
    return head + "".join(word.capitalize() for word in rest)


def test_the_examples_are_of_nearly_all_operations() -> None:
    assert len(EXAMPLES) > 100


@pytest.mark.parametrize(
    ("verb", "path", "operation"), OPERATIONS, ids=[found["operationId"] for *_, found in OPERATIONS]
)
def test_every_operation_leads_to_its_method(door: Door, verb: str, path: str, operation: dict[str, Any]) -> None:
    filled = re.sub(r"\{(\w+)\}", lambda found: IDS.get(found[1], "x"), path)
    call_id = uuid.uuid4().hex
    more = {"json": {}} if "requestBody" in operation else {}
    answer = door.call(verb.upper(), filled, headers={"x-call-id": call_id}, **more)
    assert answer.headers["content-type"] == "application/json", answer.text
    assert answer.headers["x-call-id"] == call_id
    assert answer.status_code < 500, answer.text
    said = operation["responses"]["200" if answer.status_code == 200 else "default"]
    assert faults(OAS30ReadValidator, schema_of(said), answer.json()) == []
    if answer.status_code != 200:
        assert answer.json()["details"], "the service refuses, not the door"
    method = METHODS["_".join(operation["operationId"].split("_")[:2])]
    package = method.containing_service.file.package.split(".")[1]
    line = door.logged(call_id)
    assert line["rpc"] == f"/{method.containing_service.full_name}/{method.name}"
    assert line["service"] == (path.split("/")[2] if package in {"audit", "feed"} else package)
