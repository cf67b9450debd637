"""Random answers to a questionnaire, close to the thresholds and with gaps of every kind."""

from typing import Any

from hypothesis import strategies as st

from services.policy.questionnaire import Question, Questionnaire, QuestionType

MINUTES = st.one_of(st.sampled_from([0, 4, 5, 6, 9, 10, 11, 29, 30, 31, 59, 60, 61]), st.integers(0, 2**31 - 1))
NUMBERS = st.one_of(st.sampled_from([0, 1, 2, 3, 5, 6, 7, 11, 12, 13, 14, 15]), MINUTES)


def values(question: Question, questionnaire: Questionnaire) -> st.SearchStrategy[Any]:
    match question.type:
        case QuestionType.ALTIJD:
            return st.sampled_from(["altijd", "niet_altijd"])
        case QuestionType.BOOLEAN:
            return st.booleans()
        case QuestionType.INTEGER:
            return NUMBERS
        case QuestionType.CHOICE:
            return st.sampled_from(question.options)
    arrival = st.fixed_dictionaries(
        {}, optional={"minuten": st.none() | MINUTES, "onderbouwde_afwijking": st.none() | st.booleans()}
    )
    on_time = st.just({"minuten": 30})
    one = st.one_of(on_time, on_time, on_time, arrival, st.none())
    return st.fixed_dictionaries(dict.fromkeys(questionnaire.specialisms, one)) | st.dictionaries(
        st.sampled_from(questionnaire.specialisms), one
    )


def answers(questionnaire: Questionnaire) -> st.SearchStrategy[dict[str, Any]]:
    """Answers that fit the questionnaire; any of them may be absent or null, whole or in one block."""
    every: dict[str, st.SearchStrategy[Any]] = {}
    for question in questionnaire.questions:
        value = values(question, questionnaire)
        if question.per_block:
            value = st.fixed_dictionaries(
                {}, optional=dict.fromkeys(questionnaire.block_ids, st.one_of(value, value, value, st.none()))
            )
        every[question.id] = st.one_of(value, value, value, st.none())
    return st.fixed_dictionaries({}, optional=every)


def open_blocks(questionnaire: Questionnaire) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(questionnaire.block_ids), unique=True)
