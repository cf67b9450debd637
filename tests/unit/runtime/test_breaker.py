"""The breaker, with time in hand."""

from concurrent.futures import ThreadPoolExecutor

from services.runtime.breaker import Breaker, BreakerState


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def breaker_after(failures: int) -> tuple[Breaker, Time]:
    time = Time()
    breaker = Breaker("registry", 3, 5.0, time)
    for _ in range(failures):
        assert breaker.wait() == 0
        breaker.failed()
    return breaker, time


def test_it_opens_after_failures_in_a_row_and_says_how_long_to_wait() -> None:
    breaker, time = breaker_after(2)
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    time.now += 2
    assert breaker.wait() == 3


def test_an_answer_in_between_begins_the_count_anew() -> None:
    breaker, _ = breaker_after(2)
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert breaker.state is BreakerState.OPEN


def test_one_call_finds_out_and_an_answer_closes_it() -> None:
    breaker, time = breaker_after(3)
    time.now += 5
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.wait() == 0
    assert breaker.wait() == 5
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    assert breaker.wait() == 0


def test_a_try_that_fails_keeps_it_open_as_long_again() -> None:
    breaker, time = breaker_after(3)
    time.now += 5
    assert breaker.wait() == 0
    time.now += 4
    breaker.failed()
    assert breaker.wait() == 5


def test_a_try_of_which_nothing_is_heard_makes_room_for_another() -> None:
    breaker, time = breaker_after(3)
    time.now += 5
    assert breaker.wait() == 0
    time.now += 5
    assert breaker.wait() == 0


def test_of_many_at_once_one_finds_out() -> None:
    breaker, time = breaker_after(3)
    time.now += 5
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda _: breaker.wait(), range(200)))
    assert waits.count(0) == 1
