"""A population compared by processes: the same as worked out plainly, in order, and never out of hand."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.policy.engine import EvaluationError, PolicyLoadError
from services.policy.policy_set import PolicySet
from services.policy.routes import Route
from services.policy.whatif import comparison
from services.policy.whatif.comparison import (
    AHEAD,
    CHUNK,
    Case,
    Compared,
    Limits,
    Refusal,
    UndeclaredReadingError,
    compare,
)
from services.policy.whatif.differences import Difference, NormChange
from services.policy.whatif.frames import (
    Setup,
    read_answers,
    read_chunk,
    read_setup,
    write_answers,
    write_chunk,
    write_setup,
)
from services.policy.whatif.process import Comparer
from tests.policies.answer_strategies import answers, open_blocks
from tests.policies.whatif.drafts import (
    AS_OF,
    BASE,
    Whole,
    edited,
    next_year,
    plain_difference,
    replaced,
    stricter,
    without,
)

QUESTIONNAIRE = BASE.read().questionnaire
EXAMPLES = Whole(BASE)


def text(filled: dict[str, Any]) -> str:
    return json.dumps({"year": 2027, **filled}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def filled_in(number: int) -> dict[str, Any]:
    """A questionnaire that differs from the next ones."""
    return {
        "open_blocks": ["anw", "kantooruren"][: 1 + number % 2],
        "answers": {
            "luchtweg.maximaal_minuten": number % 7,
            "triage.systeem": "geen" if number % 3 else "MTS",
            "huisarts.bericht_24_uur": "altijd",
        },
    }


def run(draft: PolicySet, population: list[dict[str, Any]], **options: Any) -> list[Compared[int]]:
    cases = (Case(number, 0, text(filled)) for number, filled in enumerate(population))
    settings_ = {"as_of": AS_OF, "processes": 2, **options}
    return list(compare([BASE], draft, cases, **settings_))


def setup(draft: PolicySet, **fields: Any) -> Setup:
    return Setup(
        **{
            "bases": (BASE,),
            "draft": draft,
            "as_of": AS_OF,
            "explained": 1000,
            "check_first": 1,
            "check_every": 1,
            "memory": 2**31,
            **fields,
        }
    )


def bare(found: Difference) -> Difference:
    return Difference(found.base_routes, found.draft_routes, tuple(change.without_facts() for change in found.changes))


# What comes out

DRAFTS = {"stricter": stricter(), "fewer": without("c24", "c8"), "2028": next_year(stricter())}
WHOLES = {name: Whole(draft) for name, draft in DRAFTS.items()}
COMPARERS = {name: Comparer(setup(draft, explained=2**31)) for name, draft in DRAFTS.items()}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(DRAFTS)),
    blocks=open_blocks(QUESTIONNAIRE),
    given_answers=answers(QUESTIONNAIRE),
    as_of=st.just(AS_OF),
)
def test_the_same_as_worked_out_plainly(
    name: str, blocks: list[str], given_answers: dict[str, Any], as_of: date
) -> None:
    filled = {"open_blocks": blocks, "answers": given_answers}
    (answer,) = COMPARERS[name].answers(0, [(0, text(filled))])
    assert answer.result == plain_difference(EXAMPLES, WHOLES[name], filled, as_of)
    assert answer.checked
    assert read_answers(write_answers([answer])) == [answer]


def test_a_population_in_its_order_with_the_facts_of_the_first_changes() -> None:
    population = [filled_in(number) for number in range(3 * CHUNK + 7)]
    found = run(DRAFTS["stricter"], population, explained=25)
    expected = [plain_difference(EXAMPLES, WHOLES["stricter"], filled) for filled in population]
    assert [compared.tag for compared in found] == list(range(len(population)))
    results = [compared.result for compared in found]
    assert [bare(result) for result in results if isinstance(result, Difference)] == [bare(e) for e in expected]
    changes = [change for result in results if isinstance(result, Difference) for change in result.changes]
    assert changes[:25] == [change for result in expected for change in result.changes][:25]
    assert all(change == change.without_facts() for change in changes[25:])
    assert [compared.tag for compared in found if compared.checked] == list(range(20))
    assert {route for result in expected for route in result.draft_routes} > {Route.ONVOLLEDIG}


def test_several_bases() -> None:
    cases = [Case("oud", 0, text(filled_in(3))), Case("nieuw", 1, text(filled_in(3)))]
    draft = DRAFTS["stricter"]
    first, second = compare([BASE, draft], draft, cases, as_of=AS_OF, processes=1)
    assert isinstance(first.result, Difference)
    assert isinstance(second.result, Difference)
    assert [change.norm for change in first.result.changes] == ["B1", "C8", "C24"]
    assert second.result.changes == ()


def test_nobody_to_compare() -> None:
    assert run(BASE, []) == []


def test_a_norm_that_only_warns_has_no_consequence_until_its_day() -> None:
    later = edited({"b1.rego": replaced("#   per_block", "#   effective_on: 2027-07-01\n#   per_block")})
    filled = {"open_blocks": ["anw"], "answers": {"arts.herkent_vitale_bedreiging": {"anw": False}}}
    (before,) = run(later, [filled])
    (after,) = run(later, [filled], as_of=date(2027, 7, 1))
    assert isinstance(before.result, Difference)
    assert isinstance(after.result, Difference)
    (change,) = before.result.changes
    assert (change.norm, change.base.warning, change.draft.warning) == ("B1", False, True)  # type: ignore[union-attr]
    assert before.result.base_routes - before.result.draft_routes == {Route.VERBETERPLAN}
    assert after.result == Difference(before.result.base_routes, before.result.base_routes, ())


def test_norms_on_one_side_only() -> None:
    (found,) = compare([without("c24")], without("c8"), [Case(0, 0, text(filled_in(0)))], as_of=AS_OF, processes=1)
    assert isinstance(found.result, Difference)
    c24, c8 = found.result.changes
    assert (c24.norm, c24.base) == ("C24", None)
    assert (c8.norm, c8.draft) == ("C8", None)


# What cannot be judged


def test_a_location_that_cannot_be_judged_does_not_stop_the_others() -> None:
    broken = edited({"data.json": replaced('"c4": {"minuten": 5}', '"c4": {}')})
    unknown_block = {"open_blocks": ["weekend"], "answers": {}}
    first, second = run(BASE, [unknown_block, filled_in(1)])
    assert first.result == Refusal(draft=False, blocks=("weekend",), problem="")
    assert isinstance(second.result, Difference)
    (found,) = run(broken, [filled_in(1)])
    assert isinstance(found.result, Refusal)
    assert found.result.draft
    assert "c4" in found.result.problem
    assert read_answers(write_answers([comparison.Answer(found.result, checked=False)]))[0].result == found.result


def test_a_norm_that_reads_what_it_does_not_name() -> None:
    def curious(text: str) -> str:
        both = 'lib.all_of([lib.altijd("huisarts.bericht_24_uur", lib.locatie), lib.ja("echo.afspraken", lib.locatie)])'
        return text.replace('lib.altijd("huisarts.bericht_24_uur", lib.locatie)', both)

    population = [{"open_blocks": ["anw"], "answers": {"echo.afspraken": True}}]
    with pytest.raises(UndeclaredReadingError) as caught:
        run(edited({"c24.rego": curious}), population)
    assert caught.value.norms == ("C24",)


def test_a_set_that_the_engine_does_not_take() -> None:
    with pytest.raises(PolicyLoadError, match=r"c24\.rego"):
        run(edited({"c24.rego": lambda text: text + "\nniet af :="}), [filled_in(0)])


# What gets out of hand


def running_away(numbers: int) -> Callable[[str], str]:
    """Makes a norm go through every three of so many numbers."""

    def changed(text: str) -> str:
        head, _, rule = text.rstrip().rpartition("\n\n")
        every_three = "nooit := [x | some x in veel; some y in veel; some z in veel; x + y + z < 0]"
        return f"{head}\n\nveel := numbers.range(1, {numbers})\n\n{every_three}\n\n{rule} if count(nooit) == 0\n"

    return changed


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started."""
    started: list[subprocess.Popen[bytes]] = []

    class Remembered(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(comparison.subprocess, "Popen", Remembered)
    return started


def test_a_rule_that_does_not_end_is_ended(processes: list[subprocess.Popen[bytes]]) -> None:
    draft = edited({"c4.rego": running_away(3000)})
    with pytest.raises(EvaluationError, match=r"no result within 1 s"):
        run(draft, [filled_in(1)], limits=Limits(seconds=1.0))
    assert [process.poll() is None for process in processes] == [False, False]


def test_a_rule_that_takes_too_much_memory_is_ended() -> None:
    draft = edited({"c4.rego": running_away(2**27)})
    with pytest.raises(EvaluationError, match=r"died"):
        run(draft, [filled_in(1)], limits=Limits(memory=2**29))


def test_a_reader_that_is_slow_holds_the_population_back(processes: list[subprocess.Popen[bytes]]) -> None:
    drawn = 0

    def population() -> Iterator[Case[int]]:
        nonlocal drawn
        for number in range(40 * CHUNK):
            drawn += 1
            yield Case(number, 0, text(filled_in(number)))

    found = compare([BASE], BASE, population(), as_of=AS_OF, processes=2)
    for done, _ in enumerate(found):
        assert drawn <= done + (2 * AHEAD + 1) * CHUNK
        if done == 10 * CHUNK:
            break
    assert drawn < 20 * CHUNK
    assert [process.poll() for process in processes] == [None, None]
    found.close()
    assert [process.poll() is None for process in processes] == [False, False]


def test_it_ends_when_nobody_waits(processes: list[subprocess.Popen[bytes]]) -> None:
    patience = iter([True, True])
    draft = edited({"c4.rego": running_away(3000)})
    assert run(draft, [filled_in(1)], going_on=lambda: next(patience, False)) == []
    assert [process.poll() is None for process in processes] == [False, False]


# What goes between the processes


def test_frames() -> None:
    wanted = setup(without("c24"))
    found = read_setup(write_setup(wanted))
    assert (found.draft.read().revision, found.as_of) == (wanted.draft.read().revision, AS_OF)
    assert not [name for name in found.draft.files if name.endswith("_test.rego")]
    cases = [(0, text({"answers": {"vraag": "regel\neinde é"}, "open_blocks": []})), (1, text(filled_in(2)))]
    assert read_chunk(write_chunk(7, cases)) == (7, cases)
    change = NormChange("A1", None, None)
    assert change.without_facts() == change
