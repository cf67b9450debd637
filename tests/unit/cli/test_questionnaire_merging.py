"""Merging: what one changed is done, what another changed is kept, and what both changed is nobody's to lose."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.cli.questionnaire.contents import Form, assemble, leaves, new_form
from services.cli.questionnaire.merging import count_of_differences, merge
from services.policy.year import load_year

QUESTIONNAIRE = load_year(Path(__file__).parents[3] / "policies", 2027).questionnaire
# Few answers, so that both sides often mean the same one.
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        ("ic.beschikbaar",): st.booleans(),
        ("triage.gereed_minuten",): st.integers(0, 2),
        ("arts.cursussen_aantal", "anw"): st.integers(0, 2),
        ("arts.cursussen_aantal", "kantooruren"): st.integers(0, 1),
        ("specialismen.aankomst_minuten", "kno", "minuten"): st.integers(0, 1),
    },
).map(assemble)


def form(base: dict[str, Any], own: dict[str, Any]) -> Form:
    return replace(new_form(2027, "L001", QUESTIONNAIRE, "", base), answers=own)


@given(ANSWERS, ANSWERS, ANSWERS)
def test_nobody_loses_a_change(base: dict[str, Any], own: dict[str, Any], there: dict[str, Any]) -> None:
    merged = merge(form(base, own), there)
    before, wanted, now, after = map(leaves, (base, own, there, merged.answers))
    for keys in before.keys() | wanted.keys() | now.keys() | after.keys():
        mine, theirs = wanted.get(keys) != before.get(keys), now.get(keys) != before.get(keys)
        clash = mine and theirs and wanted.get(keys) != now.get(keys)
        assert (keys in merged.conflicts) == clash
        assert after.get(keys) == (wanted if mine and not clash else now).get(keys)
    assert assemble(leaves(there)) == there


@given(ANSWERS, ANSWERS)
def test_alone_a_merge_is_the_form(base: dict[str, Any], own: dict[str, Any]) -> None:
    assert merge(form(base, own), base).answers == own
    assert merge(form(base, base), own).answers == own
    assert (count_of_differences(base, own) == 0) == (base == own)
    assert count_of_differences(base, own) == count_of_differences(own, base)
