"""The calls of an attack. Each follows from the seed, its method and its number, whatever went before."""

import base64
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from google.protobuf.message import Message

from spoedkader.client.calls import ACTOR_KEY
from tests.security.methods import Method
from tests.security.mutations import Mutator
from tests.security.pool import Pool, parse

Metadata = tuple[tuple[str, str | bytes], ...]


@dataclass(frozen=True)
class Case:
    """One call: the parts of its stream, or its one request, as they are sent."""

    method: Method
    number: int
    parts: tuple[bytes, ...]
    metadata: Metadata

    @property
    def size(self) -> int:
        """Bytes that it sends."""
        return sum(len(part) for part in self.parts)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], methods: Mapping[str, Method]) -> Self:
        """A case that was kept, of one of the methods by name."""
        parts = tuple(base64.b64decode(part) for part in kept["parts"])
        return cls(methods[kept["method"]], 0, parts, tuple((key, value) for key, value in kept["metadata"]))

    def as_json(self) -> dict[str, Any]:
        """As it is kept among the regressions."""
        return {
            "method": self.method.name,
            "parts": [base64.b64encode(part).decode() for part in self.parts],
            "metadata": [[key, value] for key, value in self.metadata if isinstance(value, str)],
        }


class Cases:
    """Makes the cases of a seed from the examples of every method."""

    def __init__(self, seed: int, pool: Pool, examples: Mapping[str, list[dict[str, Any]]]) -> None:
        self._seed = seed
        self._pool = pool
        self._examples = examples

    def example(self, method: Method) -> Case:
        """The call that was answered first, as it was made."""
        answered = next(made for made in self._examples[method.key] if made["refusal"] is None)
        parts = tuple(part.SerializeToString() for part in parse(method, answered["requests"]))
        return Case(method, 0, parts, ((ACTOR_KEY, answered["actor"]),))

    def make(self, method: Method, number: int) -> Case:
        """The case of a number."""
        rng = random.Random(f"{self._seed}/{method.name}/{number}")
        mutator = Mutator(rng, self._pool)
        parts, actor = self._begin(method, rng, mutator)
        metadata: Metadata = ((ACTOR_KEY, actor),)
        way = rng.random()
        if way < 0.05:
            metadata = mutator.metadata()
        elif way < 0.85:
            for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
                mutator.change(rng.choice(parts))
        if method.descriptor.client_streaming and rng.random() < 0.2:
            parts = rng.choice((parts[:-1], parts * 2, parts[::-1], parts + parts[:1]))
        encoded = [part.SerializeToString() for part in parts]
        if encoded and way >= 0.75:
            place = rng.randrange(len(encoded))
            encoded[place] = mutator.garble(encoded[place])
        return Case(method, number, tuple(encoded), metadata)

    def _begin(self, method: Method, rng: random.Random, mutator: Mutator) -> tuple[list[Message], str]:
        """A request that was made before, or one that is made up, and who makes it."""
        made = self._examples.get(method.key, ())
        if not made or rng.random() < 0.08:
            return [mutator.made_up(method.descriptor.input_type)], "inkoop@9101"
        example = rng.choice(made)
        parts = parse(method, example["requests"])
        if rng.random() < 0.8:
            for part in parts:
                mutator.freshen(part)
        return parts, example["actor"]
