"""An example of every method: calls that were made to the services, of which nothing is typed over.

First comes the story of `spoedkader process` over the example round, of which the first call of every method is kept;
then the steps in docs/walk, in their order, which stand in the place of what the story did.
"""

import base64
import csv
import json
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.protobuf import json_format
from google.protobuf.message import Message

from docs.calls import ROOT, Example, Json, as_json, every_method, make
from services.cli.clients import Addresses, Services
from services.cli.output import Output
from services.cli.process.journal import Journal
from services.cli.process.simulation import SimulatedClock, in_file, simulated_suite
from services.cli.process.story import tell
from services.policy.bundle import pack
from services.policy.policy_set import PolicySet, load_policy_set
from spoedkader.client.calls import ACTOR_KEY

WALK = Path(__file__).parent / "walk"
ROUND = ROOT / "data" / "voorbeeld-2027"
BEGINS = date(2026, 6, 22)
ACTOR = "inkoop@voorbeeld"
"""Who makes a step of the walk that does not say so."""
SERVICES = ("registry", "quality", "budget")


class Recorder(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Keeps the first call of every method that was answered."""

    def __init__(self) -> None:
        self.examples: dict[str, Example] = {}

    def intercept_unary_unary(self, call: Callable[..., Any], details: Any, request: Any) -> Any:
        """Keeps the request and the answer."""
        answered = call(details, request)
        if answered.exception() is None:
            self._keep(details, request, [answered.result()])
        return answered

    def intercept_unary_stream(self, call: Callable[..., Any], details: Any, request: Any) -> Any:
        """Keeps the request and every answer."""
        answers = list(call(details, request))
        self._keep(details, request, answers)
        return iter(answers)

    def _keep(self, details: Any, request: Message, answers: list[Message]) -> None:
        name = details.method.rpartition(".")[2].replace("/", ".")
        if name in self.examples:
            return
        sent = as_json(request)
        if "requestId" in sent:
            # The client made it up, and another one in each run.
            sent["requestId"] = str(uuid.uuid5(uuid.NAMESPACE_OID, details.method))
        actor = dict(details.metadata)[ACTOR_KEY]
        self.examples[name] = Example(actor, [sent], [as_json(answer) for answer in answers])


def examples() -> dict[str, list[Example]]:
    """By method, as in `ClosureService.GetClosure`, in the order in which the calls were made: the first one that was
    answered, those that were refused, and every other one that has a note.

    Raises:
        RuntimeError: a step of the walk came to something else than it says.
    """
    with walked_suite() as (_, found):
        return found


@contextmanager
def walked_suite(
    database_url: Callable[[Path], str] = in_file,
) -> Iterator[tuple[Addresses, dict[str, list[Example]]]]:
    """The services after the story and the walk, and the examples that came of it, as `examples` gives them.

    `database_url` is that of `simulated_suite`.

    Raises:
        RuntimeError: a step of the walk came to something else than it says.
    """
    recorder = Recorder()
    clock = SimulatedClock(BEGINS)
    with tempfile.TemporaryDirectory(prefix="spoedkader-") as folder, simulated_suite(clock, database_url) as addresses:
        with Services(addresses) as services:
            for name in SERVICES:
                service = getattr(services, name)
                service.channel = grpc.intercept_channel(service.channel, recorder)
            with Output(as_json=True).progress() as steps:
                tell(ROUND, services, clock, Journal(Path(folder)), steps)
            for name in SERVICES:
                getattr(services, name).channel.close()
        yield addresses, _shown(recorder.examples, walk({name: getattr(addresses, name) for name in SERVICES}))


def _shown(told: Mapping[str, Example], walked: Mapping[str, list[Example]]) -> dict[str, list[Example]]:
    found = {method: [example] for method, example in told.items()}
    for method, made in walked.items():
        answered = [example for example in made if example.refusal is None]
        first = answered[:1] or found.get(method, [])
        before = [] if answered else first
        found[method] = before + [each for each in made if each in first or each.refusal is not None or each.note]
    return found


def walk(addresses: Mapping[str, str]) -> dict[str, list[Example]]:
    """Makes the calls of docs/walk, in order; the calls by method.

    Raises:
        RuntimeError: names every step that came to something else than it says.
    """
    made: dict[str, list[Example]] = {}
    kept = given()
    wrong: list[str] = []
    methods = {f"{service.name}.{method.name}": (package, method) for package, service, method in every_method()}
    for file in sorted(WALK.glob("*.yaml")):
        for number, step in enumerate(yaml.safe_load(file.read_text("utf-8")), start=1):
            package, method = methods[step["call"]]
            address = addresses[step.get("service", package)]
            try:
                requests = filled(step.get("requests", [step.get("request", {})]), kept)
                actor = filled(step.get("as", ACTOR), kept)
                example = make(address, method, requests, actor, step.get("note", ""))
                if (example.refusal or {}).get("reason", "") != step.get("refused", ""):
                    raise RuntimeError(f"came to {example.refusal or example.answers}")
                kept |= {name: at(example.answers[0], path) for name, path in step.get("keep", {}).items()}
            except (RuntimeError, LookupError, json_format.ParseError) as error:
                wrong.append(f"{file.name}, step {number}, {step['call']}: {error!r}")
            else:
                made.setdefault(step["call"], []).append(example)
    if wrong:
        raise RuntimeError("\n".join(wrong))
    return made


def given() -> dict[str, Any]:
    """What the steps can name that no answer gives: bundles, and representatives of some locations of the example."""
    shipped = load_policy_set(ROOT / "policies", 2027)
    data = json.loads(shipped.files["data.json"])
    data["kwaliteitskader"]["y2027"]["thresholds"]["c4"]["minuten"] = 4
    draft = PolicySet(2027, {**shipped.files, "data.json": json.dumps(data).encode()})
    rules = next(name for name in shipped.files if name.endswith("c4.rego"))
    explained = PolicySet(2027, {**shipped.files, rules: shipped.files[rules] + b"\n# Een toelichting.\n"})
    with (ROUND / "providers.csv").open(encoding="utf-8") as file:
        representatives = {row["agb"]: row["representatives"].split(";")[0] for row in csv.DictReader(file)}
    with (ROUND / "locations.csv").open(encoding="utf-8") as file:
        owners = {row["location_id"]: row["agb"] for row in csv.DictReader(file)}
    return {
        "bundle": base64.b64encode(pack(draft, None)).decode(),
        "other_bundle": base64.b64encode(pack(explained, None)).decode(),
        **{f"uzovi{number}": representatives[owners[f"L{number:03}"]] for number in (6, 11, 13)},
    }


def filled(value: Json, kept: Mapping[str, Any]) -> Json:
    """A request of the walk, with what earlier answers gave in the place of `${name}`."""
    if isinstance(value, dict):
        return {key: filled(inner, kept) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, kept) for inner in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{(\w+)\}", value)
    return kept[whole[1]] if whole else re.sub(r"\$\{(\w+)\}", lambda found: str(kept[found[1]]), value)


def at(document: Json, path: str) -> Json:
    """What stands at a path of names and numbers, as in `calculations.0.name`. Raises LookupError."""
    for part in path.split("."):
        document = document[int(part)] if part.isdigit() else document[part]
    return document
