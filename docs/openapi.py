"""Writes the OpenAPI document of the JSON door from the contracts; `--check` only says whether it is out of date.

`python docs/openapi.py [--check]`. Needs `protoc-gen-openapi`, which `make tools` builds where Go is. What that makes
of the contracts is put right where it is not what the door does: dates and wall-clock times are messages, a stream
comes as an array, a refusal has the details that ours have, a name in the path is not in the body as well, what
corrects something need not be whole, and every operation has an id of its own.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from docs.publishing import publish

ROOT = Path(__file__).parents[1]
PROTOS = ROOT / "protos"
CONTRACTS = ROOT / "build" / "contracts.binpb"
PLUGIN = "protoc-gen-openapi"
_PARTS = {
    "google.type.Date": (("year", "month", "day"), "A whole date."),
    "google.type.DateTime": (
        ("year", "month", "day", "hours", "minutes"),
        "A wall-clock time in Europe/Amsterdam, in whole minutes.",
    ),
}
"""Of messages that the plugin takes for texts, the fields that the services use."""

_REFUSAL: dict[str, Any] = {
    "google.rpc.Status": {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"type": "integer", "format": "int32", "description": "The code of gRPC, as in 5 for NOT_FOUND."},
            "message": {"type": "string", "description": "What is wrong, in Dutch, for people."},
            "details": {
                "type": "array",
                "description": "What a program needs; absent when the door itself refuses.",
                "items": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/google.rpc.ErrorInfo"},
                        {"$ref": "#/components/schemas/google.rpc.BadRequest"},
                    ],
                    "discriminator": {
                        "propertyName": "@type",
                        "mapping": {
                            f"type.googleapis.com/google.rpc.{name}": f"#/components/schemas/google.rpc.{name}"
                            for name in ("ErrorInfo", "BadRequest")
                        },
                    },
                },
            },
        },
        "description": "A refusal.",
    },
    "google.rpc.ErrorInfo": {
        "type": "object",
        "required": ["@type", "reason", "domain"],
        "properties": {
            "@type": {"type": "string", "enum": ["type.googleapis.com/google.rpc.ErrorInfo"]},
            "reason": {"type": "string", "description": "One of docs/errors.md, as in `ETAG_MISMATCH`."},
            "domain": {"type": "string", "description": "`spoedkader`."},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "description": "Why, for a program.",
    },
    "google.rpc.BadRequest": {
        "type": "object",
        "required": ["@type", "fieldViolations"],
        "properties": {
            "@type": {"type": "string", "enum": ["type.googleapis.com/google.rpc.BadRequest"]},
            "fieldViolations": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "description"],
                    "properties": {
                        "field": {"type": "string", "description": "Its path in the request, as in `stop.start_time`."},
                        "description": {"type": "string", "description": "What is wrong with it, in Dutch."},
                    },
                },
            },
        },
        "description": "Every wrong field.",
    },
}
"""What a refusal looks like, which no contract says."""

Json = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads YAML 1.2, as the plugin writes it: there is a field `yes`, which is no boolean."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in the class above
        first: [(tag, form) for tag, form in forms if not tag.endswith(":bool") or first in "tfTF"]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def plugin() -> str | None:
    """Where the plugin is: on the PATH, or where Go puts what it builds."""
    return shutil.which(PLUGIN, path=os.pathsep.join([os.environ.get("PATH", ""), str(Path.home() / "go" / "bin")]))


def document() -> str:
    """The OpenAPI document, as YAML.

    Raises:
        RuntimeError: the plugin is missing, or the contracts are wrong.
    """
    found: Json = yaml.load(_generated(), _Loader)  # noqa: S506 - as safe as the one that it comes from
    found["info"] = {
        "title": "Spoedkader",
        "version": tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"],
        "description": "The JSON door of the registry, quality and budget services; docs/integrators/json.md says how "
        "to use it. In a path the id of a provider, and often that of a location, may be `-` for any.",
        "license": {"name": "Apache-2.0"},
    }
    found["servers"] = [{"url": "http://127.0.0.1:8080", "description": "`make door`."}]
    pool = DescriptorPool()
    files = FileDescriptorSet.FromString(CONTRACTS.read_bytes())
    for file in files.file:
        pool.Add(file)  # type: ignore[no-untyped-call]
    ours = [pool.FindFileByName(file.name) for file in files.file if file.package.startswith("spoedkader.")]
    services = [service for file in ours for service in file.services_by_name.values()]
    messages = [message for file in ours for top in file.message_types_by_name.values() for message in _within(top)]
    _unique_ids(found["paths"])
    _streams_as_arrays(found["paths"], services)
    _names_in_paths_only(found["components"]["schemas"], services)
    _corrections_in_part(found)
    _moments_as_messages(found["components"]["schemas"], messages)
    found["components"]["schemas"].update(_REFUSAL)
    del found["components"]["schemas"]["google.protobuf.Any"]
    found["components"]["schemas"] = dict(sorted(found["components"]["schemas"].items()))
    _flowing(found)
    return "# Generated by `make openapi` from the contracts.\n" + yaml.safe_dump(
        found, sort_keys=False, allow_unicode=True, width=120
    )


def _generated() -> str:
    from grpc_tools import protoc  # noqa: F401, PLC0415 - the child below needs it

    program = plugin()
    if program is None:
        raise RuntimeError(f"{PLUGIN} is missing; `make tools` builds it where Go is")
    files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    # The plugin wants the name of a Go package for every file, though it makes no Go.
    packages = [f"M{file}=example.invalid/{Path(file).parent};v1" for file in files]
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder:
        command = [
            *(sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"-I{ROOT / 'build' / 'googleapis'}"),
            *(f"--plugin={program}", f"--openapi_out={folder}"),
            "--openapi_opt=" + ",".join(["fq_schema_naming=true", "enum_type=string", *packages]),
            *files,
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return (Path(folder) / "openapi.yaml").read_text("utf-8")


def _within(message: Descriptor) -> Iterator[Descriptor]:
    """A message and those that are declared in it."""
    yield message
    for nested in message.nested_types:
        yield from _within(nested)


def _operations(paths: Json) -> Iterator[tuple[str, Json]]:
    for path, operations in paths.items():
        for operation in operations.values():
            yield path, operation


def _unique_ids(paths: Json) -> None:
    """A method with several paths is several operations; what its path begins with tells them apart."""
    counts = Counter(operation["operationId"] for _, operation in _operations(paths))
    for path, operation in _operations(paths):
        if counts[operation["operationId"]] > 1:
            operation["operationId"] += "_" + path.split("/")[2]


def _streams_as_arrays(paths: Json, services: list[ServiceDescriptor]) -> None:
    streaming = {
        f"{service.name}_{method.name}" for service in services for method in service.methods if method.server_streaming
    }
    for _, operation in _operations(paths):
        # Behind the method may stand whose it is.
        if "_".join(operation["operationId"].split("_")[:2]) in streaming:
            content = operation["responses"]["200"]["content"]["application/json"]
            content["schema"] = {"type": "array", "items": content["schema"]}


def _names_in_paths_only(schemas: Json, services: list[ServiceDescriptor]) -> None:
    for method in (method for service in services for method in service.methods):
        rule = method.GetOptions().Extensions[annotations_pb2.http]
        if rule.body != "*":
            continue
        request = schemas[method.input_type.full_name]
        for name in re.findall(r"{(\w+)=", getattr(rule, rule.WhichOneof("pattern"))):
            del request["properties"][name]
            request["required"].remove(name)
        if not request.get("required", True):
            del request["required"]


def _corrections_in_part(found: Json) -> None:
    schemas = found["components"]["schemas"]
    for operations in found["paths"].values():
        # Without a mask an update takes the whole.
        if any(one["name"] == "updateMask" for one in operations.get("patch", {}).get("parameters", [])):
            body = operations["patch"]["requestBody"]["content"]["application/json"]["schema"]
            whole = body["$ref"].rpartition("/")[2]
            part = {key: value for key, value in schemas[whole].items() if key != "required"}
            # The name is in the path, and is taken in the body only when it is the same.
            schemas[f"{whole}_Correction"] = {**part, "description": "Of this, what `updateMask` names is taken over."}
            body["$ref"] += "_Correction"


def _moments_as_messages(schemas: Json, messages: Iterable[Descriptor]) -> None:
    for message in messages:
        # A message in a message is called after both here, however deep they are.
        outer = f"{message.containing_type.name}_" if message.containing_type else ""
        schema = schemas.get(f"{message.file.package}.{outer}{message.name}")
        for field in message.fields if schema else ():
            if _type(field) in _PARTS:
                schema["properties"][field.json_name] = _reference(field, schema["properties"][field.json_name])
    for name, (parts, description) in _PARTS.items():
        properties = {part: {"type": "integer", "format": "int32"} for part in parts}
        schemas[name] = {"type": "object", "properties": properties, "description": description}


def _reference(field: FieldDescriptor, before: Json) -> Json:
    reference = {"$ref": f"#/components/schemas/{_type(field)}"}
    schema: Json = {"type": "array", "items": reference} if field.is_repeated else {"allOf": [reference]}
    return schema | {key: before[key] for key in ("description", "readOnly") if key in before}


def _flowing(found: Any) -> None:
    """The lines of a comment of the contracts become one."""
    if isinstance(found, dict):
        if isinstance(found.get("description"), str):
            found["description"] = " ".join(found["description"].split())
        for inner in found.values():
            _flowing(inner)
    elif isinstance(found, list):
        for inner in found:
            _flowing(inner)


def _type(field: FieldDescriptor) -> str:
    return str(field.message_type.full_name) if field.message_type else ""


if __name__ == "__main__":
    sys.exit(publish({"integrators/openapi.yaml": document()}, "make openapi"))
