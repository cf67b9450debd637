"""Writes an example of every method for docs/integrators/messages; `--check` only says which pages are out of date.

`python docs/messages.py [--check]`. The examples are calls that were made: first the story of `spoedkader process` over
the example round, then the steps in docs/walk, which do what the story leaves out. Nothing in them is typed over.
"""

import base64
import csv
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.api import annotations_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from services.cli.clients import Services
from services.cli.output import Output
from services.cli.process.journal import Journal
from services.cli.process.simulation import SimulatedClock, simulated_suite
from services.cli.process.story import tell
from services.policy.bundle import pack
from services.policy.policy_set import PolicySet, load_policy_set
from spoedkader.client.calls import ACTOR_KEY

ROOT = Path(__file__).parents[1]
WALK = Path(__file__).parent / "walk"
PAGES = Path(__file__).parent / "integrators" / "messages"
CONTRACTS = ROOT / "build" / "contracts.binpb"
PACKAGES = ("registry", "quality", "budget", "feed")
SECONDS = 60.0
SHOWN = 2
"""Of a long list so many are shown."""
LONG = 400
"""Characters of a text that are shown."""

Json = Any


@dataclass(frozen=True)
class Example:
    """A call that was made: the request, and the answers or the refusal, as JSON."""

    request: Json
    answers: list[Json]
    refusal: Json = None
    note: str = ""


class Recorder(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamUnaryClientInterceptor):  # type: ignore[misc]
    """Keeps the first call of every method that was answered."""

    def __init__(self) -> None:
        self.examples: dict[str, Example] = {}

    def intercept_unary_unary(self, call: Callable[..., Any], details: Any, request: Message) -> Any:
        """Keeps the request and the answer."""
        answered = call(details, request)
        if answered.exception() is None:
            self._keep(details.method, request, [answered.result()])
        return answered

    def intercept_unary_stream(self, call: Callable[..., Any], details: Any, request: Message) -> Any:
        """Keeps the request and every answer."""
        answers = list(call(details, request))
        self._keep(details.method, request, answers)
        return iter(answers)

    def intercept_stream_unary(self, call: Callable[..., Any], details: Any, requests: Iterator[Message]) -> Any:
        """Keeps the last part, which is marked as such, and the answer."""
        parts = list(requests)
        answered = call(details, iter(parts))
        self._keep(details.method, parts[-1], [answered.result()])
        return answered

    def _keep(self, method: str, request: Message, answers: list[Message]) -> None:
        name = method.rpartition(".")[2].replace("/", ".")
        self.examples.setdefault(name, Example(_json(request), [_json(answer) for answer in answers]))


def examples() -> dict[str, list[Example]]:
    """By method, as in `ClosureService.GetClosure`: first one that was answered, then those that were refused.

    Raises:
        RuntimeError: a step of the walk came to something else than it says.
    """
    recorder = Recorder()
    clock = SimulatedClock(date(2026, 6, 22))
    with (
        tempfile.TemporaryDirectory(prefix="spoedkader-") as folder,
        simulated_suite(clock) as addresses,
        Services(addresses) as services,
    ):
        for name in ("registry", "quality", "budget"):
            service = getattr(services, name)
            service.channel = grpc.intercept_channel(service.channel, recorder)
        with Output(as_json=True).progress() as steps:
            tell(ROOT / "data" / "voorbeeld-2027", services, clock, Journal(Path(folder)), steps)
        for name in ("registry", "quality", "budget"):
            service = getattr(services, name)
            service.channel.close()
        walked = walk(services)
    found = {method: [example] for method, example in recorder.examples.items()}
    for method, made in walked.items():
        answered = [example for example in made if example.refusal is None][:1] or found.get(method, [])
        found[method] = answered + [example for example in made if example.refusal is not None]
    return found


def walk(services: Services) -> dict[str, list[Example]]:
    """Makes the calls of docs/walk, in order. Raises RuntimeError with every step that came to something else."""
    made: dict[str, list[Example]] = {}
    kept = given()
    wrong: list[str] = []
    methods = {f"{service.name}.{method.name}": (package, method) for package, service, method in every_method()}
    for file in sorted(WALK.glob("*.yaml")):
        for number, step in enumerate(yaml.safe_load(file.read_text("utf-8")), start=1):
            package, method = methods[step["call"]]
            service = getattr(services, step.get("service", package))
            try:
                example = _call(service.address, method, step, kept)
                if (example.refusal or {}).get("reason", "") != step.get("refused", ""):
                    raise RuntimeError(f"came to {example.refusal}")
                for name, path in step.get("keep", {}).items():
                    kept[name] = _at(example.answers[0], path)
            except (RuntimeError, LookupError, json_format.ParseError) as error:
                wrong.append(f"{file.name}, step {number}, {step['call']}: {error!r}")
            else:
                made.setdefault(step["call"], []).append(example)
    if wrong:
        raise RuntimeError("\n".join(wrong))
    return made


def given() -> dict[str, Any]:
    """What the steps can name that no answer gives: a bundle, and representatives of some locations of the example."""
    shipped = load_policy_set(ROOT / "policies", 2027)
    data = json.loads(shipped.files["data.json"])
    data["kwaliteitskader"]["y2027"]["thresholds"]["c4"]["minuten"] = 4
    draft = PolicySet(2027, {**shipped.files, "data.json": json.dumps(data).encode()})
    rules = next(name for name in shipped.files if name.endswith("c4.rego"))
    explained = PolicySet(2027, {**shipped.files, rules: shipped.files[rules] + b"\n# Een toelichting.\n"})
    folder = ROOT / "data" / "voorbeeld-2027"
    with (folder / "providers.csv").open(encoding="utf-8") as file:
        representatives = {row["agb"]: row["representatives"].split(";")[0] for row in csv.DictReader(file)}
    with (folder / "locations.csv").open(encoding="utf-8") as file:
        owners = {row["location_id"]: row["agb"] for row in csv.DictReader(file)}
    return {
        "bundle": base64.b64encode(pack(draft, None)).decode(),
        "other_bundle": base64.b64encode(pack(explained, None)).decode(),
        **{f"uzovi{number}": representatives[owners[f"L{number:03}"]] for number in (6, 11, 13)},
    }


def _call(address: str, method: MethodDescriptor, step: Mapping[str, Any], kept: Mapping[str, Any]) -> Example:
    request = _filled(step.get("request", {}), kept)
    message = json_format.ParseDict(request, GetMessageClass(method.input_type)())
    actor, note = _filled(step.get("as", "inkoop@voorbeeld"), kept), step.get("note", "")
    with grpc.insecure_channel(address) as channel:
        kind = channel.unary_stream if method.server_streaming else channel.unary_unary
        call = kind(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda sent: sent.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        try:
            answered = call(message, timeout=SECONDS, metadata=((ACTOR_KEY, actor),))
            answers = list(answered) if method.server_streaming else [answered]
        except grpc.RpcError as error:
            return Example(_json(message), [], _refusal(error), note)
    return Example(_json(message), [_json(answer) for answer in answers], note=note)


def _refusal(error: grpc.RpcError) -> Json:
    assert isinstance(error, grpc.Call)
    info, wrong = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(wrong)
    found = {
        "code": error.code().name,
        "message": error.details(),
        "reason": info.reason,
        "metadata": dict(sorted(info.metadata.items())),
    }
    if wrong.field_violations:
        found["fieldViolations"] = [_json(violation) for violation in wrong.field_violations]
    return found


def _json(message: Message) -> Json:
    return json_format.MessageToDict(message)


def _filled(value: Json, kept: Mapping[str, Any]) -> Json:
    """A request of the walk, with what earlier answers gave in the place of `${name}`."""
    if isinstance(value, dict):
        return {key: _filled(inner, kept) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, kept) for inner in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{(\w+)\}", value)
    return kept[whole[1]] if whole else re.sub(r"\$\{(\w+)\}", lambda found: str(kept[found[1]]), value)


def _at(document: Json, path: str) -> Json:
    for part in path.split("."):
        document = document[int(part)] if part.isdigit() else document[part]
    return document


# The pages


def every_method() -> Iterator[tuple[str, ServiceDescriptor, MethodDescriptor]]:
    """The methods of the contracts with their package and service."""
    for package in PACKAGES:
        for path in sorted((ROOT / "protos" / "spoedkader" / package / "v1").glob("*.proto")):
            module = import_module(f"spoedkader.{package}.v1.{path.stem}_pb2")
            for service in module.DESCRIPTOR.services_by_name.values():
                for method in service.methods:
                    yield package, service, method


def pages(found: Mapping[str, list[Example]]) -> dict[str, str]:
    """The pages by name."""
    comments = _comments()
    written: dict[str, str] = {}
    for package in PACKAGES:
        lines = [
            f"# Messages of {package}",
            "",
            "Generated by `make docs` from calls that were made to the services; nothing is typed over. Requests and",
            "answers are the JSON of proto3; over gRPC the fields are the same. Of a long list the first are shown.",
            "Digests and identifiers that differ from run to run are shown as zeros.",
        ]
        last = None
        for of, service, method in every_method():
            if of != package:
                continue
            if service is not last:
                lines += ["", f"## {service.name}", "", comments[service.full_name]]
                last = service
            lines += ["", f"### {method.name}", "", comments[method.full_name], "", *_paths(method)]
            for example in found.get(f"{service.name}.{method.name}", []):
                lines += _written(example)
        written[f"{package}.md"] = "\n".join(lines) + "\n"
    return written


def _paths(method: MethodDescriptor) -> list[str]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    bindings = [one for one in (rule, *rule.additional_bindings) if one.WhichOneof("pattern")]
    if not bindings:
        return ["Over gRPC only: it takes a stream."]
    words = []
    for one in bindings:
        verb = str(one.WhichOneof("pattern"))
        words.append(f"`{verb.upper()} {re.sub(r'=[^}]*', '', getattr(one, verb))}`")
    return [", ".join(words) + ("; it answers with a stream." if method.server_streaming else "")]


def _written(example: Example) -> list[str]:
    lines = ["", example.note] if example.note else []
    lines += ["", "```json", _text(example.request), "```", ""]
    if example.refusal is not None:
        return [*lines, "is refused:", "", "```json", _text(example.refusal), "```"]
    lines += ["is answered with" + (" a stream of" if len(example.answers) > 1 else "") + ":"]
    for answer in example.answers[:SHOWN]:
        lines += ["", "```json", _text(answer), "```"]
    if len(example.answers) > SHOWN:
        lines += ["", f"and {len(example.answers) - SHOWN} more."]
    return lines


def _text(document: Json) -> str:
    return _steady(json.dumps(_short(document), indent=2, ensure_ascii=False))


def _short(value: Json, shown: int = SHOWN) -> Json:
    """A document with the first of what is long; of a list in a list only one."""
    if isinstance(value, dict):
        return {key: _short(inner, shown) for key, inner in value.items()}
    if isinstance(value, list):
        more = [f"… and {len(value) - shown} more"] if len(value) > shown else []
        return [_short(inner, 1) for inner in value[:shown]] + more
    if isinstance(value, str) and len(value) > LONG:
        return f"{value[:40]}… ({len(value)} characters)"
    return value


def _steady(text: str) -> str:
    """A text without what differs from run to run, or whenever a rule changes."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "0" * 64, text)
    text = re.sub(r"(policySets/|\"policySet\": \")[0-9a-f]{16}", r"\g<1>" + "0" * 16, text)
    text = re.sub(r"(\d{4}-\d{2}-\d{2}T)\d{2}:\d{2}:\d{2}(\.\d+)?Z", r"\g<1>08:00:00Z", text)
    text = re.sub(r"(\"evaluationDuration\": \")[0-9.]+s", r"\g<1>0.003s", text)
    return re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b", _zeros, text)


def _zeros(found: re.Match[str]) -> str:
    return re.sub("[0-9a-f]", "0", found[0])


def _comments() -> dict[str, str]:
    """What the contracts say of each service and method, by full name, each paragraph on one line."""
    found: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(CONTRACTS.read_bytes()).file:
        texts = {
            tuple(place.path): " ".join(place.leading_comments.split()) for place in file.source_code_info.location
        }
        for number, service in enumerate(file.service):
            name = f"{file.package}.{service.name}"
            found[name] = texts.get((6, number), "")
            for place, method in enumerate(service.method):
                found[f"{name}.{method.name}"] = texts.get((6, number, 2, place), "")
    return found


def main() -> int:
    """Writes the pages, or with `--check` counts those that differ."""
    stale = 0
    for name, text in pages(examples()).items():
        page = PAGES / name
        if page.exists() and page.read_text("utf-8") == text:
            continue
        stale += 1
        if "--check" in sys.argv[1:]:
            print(f"docs/integrators/messages/{name} is out of date; run `make docs`", file=sys.stderr)
        else:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, "utf-8")
    return stale if "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    raise SystemExit(main())
