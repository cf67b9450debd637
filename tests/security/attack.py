"""Sends cases to a target, one at a time, and keeps what came of them."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from sqlalchemy import create_engine

from tests.security.cases import Case, Cases
from tests.security.judging import Outcome, faults, is_slow
from tests.security.methods import offered
from tests.security.pool import harvest
from tests.security.target import Target
from tests.support.refusals import read_refusal

SECONDS = 120.0
"""What does not answer in this time hangs: a busy machine takes a while over the gate for policy sets."""


@dataclass(frozen=True)
class Fault:
    """Something that may not be, and the call that it came of."""

    case: Case
    text: str

    def __str__(self) -> str:
        return f"{self.case.method.name} #{self.case.number}: {self.text}"


@dataclass
class Tally:
    """What the calls of one method came to."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_number: int = 0
    slow: int = 0
    """Calls that took long for what they sent."""

    @property
    def calls(self) -> int:
        """How many there were."""
        return self.codes.total()

    def add(self, outcome: Outcome) -> None:
        """Counts a call."""
        self.codes[outcome.code] += 1
        self.seconds += outcome.seconds
        self.slow += is_slow(outcome)
        if outcome.seconds > self.slowest:
            self.slowest, self.slowest_number = outcome.seconds, outcome.case.number

    def merge(self, other: "Tally") -> None:
        """Counts what another counted too."""
        self.codes += other.codes
        self.seconds += other.seconds
        self.slow += other.slow
        if other.slowest > self.slowest:
            self.slowest, self.slowest_number = other.slowest, other.slowest_number


class Attack:
    """An attack on a target, for as long as that lives."""

    def __init__(self, target: Target, channels: dict[str, grpc.Channel], watches: "dict[str, Watch]") -> None:
        self._target = target
        self._channels = channels
        self._watches = watches
        self.methods = [method for server, channel in channels.items() for method in offered(server, channel)]
        self.pool = harvest(self.methods, target.examples)
        self.faults: list[Fault] = []
        self.tallies: dict[str, Tally] = {method.name: Tally() for method in self.methods}

    def cases(self, seed: int) -> Cases:
        """The cases of a seed."""
        return Cases(seed, self.pool, self._target.examples)

    def send(self, case: Case) -> Outcome:
        """Makes the call of a case, and notes every fault.

        Raises:
            RuntimeError: the target is gone.
        """
        watch = self._watches[case.method.server]
        watch.changed()
        begun = time.perf_counter()
        try:
            answers = self._call(case)
            refusal = None
        except grpc.RpcError as error:
            answers, refusal = [], read_refusal(error)
        outcome = Outcome(case, refusal, time.perf_counter() - begun, watch.changed())
        self.tallies[case.method.name].add(outcome)
        keeps_nothing = case.method.reads or _only_validates(case)
        self.faults += [Fault(case, text) for text in faults(outcome, keeps_nothing=keeps_nothing)]
        if refusal is not None and self._target.process.poll() is not None:
            self.faults.append(Fault(case, f"the service is gone (status {self._target.process.poll()})"))
            raise RuntimeError(f"{self.faults[-1]}\n{self._target.failures()[-4000:]}")
        for answer in answers:
            GetMessageClass(case.method.descriptor.output_type).FromString(answer)
        return outcome

    def _call(self, case: Case) -> list[bytes]:
        channel, path = self._channels[case.method.server], case.method.path
        method = case.method.descriptor
        keywords = {"timeout": SECONDS, "metadata": case.metadata}
        if method.client_streaming and method.server_streaming:
            return list(channel.stream_stream(path)(iter(case.parts), **keywords))
        if method.client_streaming:
            return [channel.stream_unary(path)(iter(case.parts), **keywords)]
        if method.server_streaming:
            call = channel.unary_stream(path)(case.parts[0], **keywords)
            if not path.startswith("/spoedkader."):
                # `Watch` of health answers for as long as somebody listens.
                found = [next(call)]
                call.cancel()
                return found
            return list(call)
        return [channel.unary_unary(path)(case.parts[0], **keywords)]


class Watch:
    """Sees from outside whether a database was changed."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        # SQLite counts what others commit, and any commit shows; what PostgreSQL has for it moves by itself too.
        self._question = (
            "PRAGMA data_version"
            if url.startswith("sqlite:")
            else "SELECT (SELECT max(number) FROM change_count) + (SELECT count(*) FROM request)"
        )
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        stack.callback(engine.dispose)
        self._connection = stack.enter_context(engine.connect())
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether anybody changed it since this was asked last."""
        before, self._seen = self._seen, self._version()
        return self._seen != before

    def _version(self) -> int:
        return int(self._connection.exec_driver_sql(self._question).scalar_one())


@contextmanager
def attacking(target: Target) -> Iterator[Attack]:
    """An attack on a running target."""
    with ExitStack() as stack:
        channels, watches = {}, {}
        for server, address in target.addresses.items():
            channels[server] = stack.enter_context(grpc.insecure_channel(address))
            watches[server] = Watch(target.databases[server], stack)
        yield Attack(target, channels, watches)


def _only_validates(case: Case) -> bool:
    """Whether the call asks for nothing to be kept."""
    if "validate_only" not in case.method.descriptor.input_type.fields_by_name:
        return False
    try:
        first = GetMessageClass(case.method.descriptor.input_type).FromString(case.parts[0])
    except (DecodeError, IndexError):
        return False
    return bool(first.validate_only)
