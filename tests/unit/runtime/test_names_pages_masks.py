"""Resource names, pages of a list and update masks."""

import base64
import json

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type import date_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.runtime import names
from services.runtime.errors import DomainError
from services.runtime.masks import merge
from services.runtime.pages import Page, read_page
from spoedkader.registry.v1 import closure_pb2, provider_pb2

identifiers = st.from_regex("[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True)
agbs = st.from_regex("[0-9]{8}", fullmatch=True)


@given(agbs, identifiers, identifiers)
def test_a_name_gives_back_its_parts(agb: str, location: str, event: str) -> None:
    name = names.CLOSURE.format(provider=agb, location=location, event=event)
    assert names.parts(names.CLOSURE, name) == (agb, location, event)
    assert names.parse(names.CLOSURE, name) == {"provider": agb, "location": location, "event": event}
    assert names.parse(names.STOP, name) is None


@given(st.text())
def test_no_text_but_a_name_is_a_name(text: str) -> None:
    found = names.parse(names.LOCATION, text)
    assert found is None or names.LOCATION.format(**found) == text


@pytest.mark.parametrize(
    "text",
    [
        "providers/0601010/locations/a",
        "providers/06010101/locations/a\n",
        "providers/٠٦٠١٠١٠١/locations/a",
        "providers/06010101/locations/.a",
        "providers/06010101/locations/a/closures/b",
        "/providers/06010101/locations/a",
        "Providers/06010101/locations/a",
    ],
)
def test_what_almost_fits_does_not_fit(text: str) -> None:
    assert names.parse(names.LOCATION, text) is None
    with pytest.raises(ValueError, match="is not providers"):
        names.parts(names.LOCATION, text)


def test_only_parents_can_be_left_open() -> None:
    assert names.parse(names.CLOSURE, "providers/-/locations/-/closures/a") is not None
    assert names.parse(names.CLOSURE, "providers/-/locations/-/closures/-") is None
    assert names.parse(names.ROUND, "rounds/-") is None


# Pages

items = list(range(1, 24))


def ask(page_size: int = 0, token: str = "", parent: str = "providers/-") -> Page:
    request = provider_pb2.ListApprovalsRequest(parent=parent, page_size=page_size, page_token=token)
    return read_page(request, default=5, most=10)


@given(st.lists(st.integers(0, 15), min_size=1, max_size=30))
def test_pages_of_any_sizes_hold_each_item_once(sizes: list[int]) -> None:
    found: list[int] = []
    token = ""
    for size in [*sizes, *[10] * 3]:
        page = ask(size, token)
        after = page.after[0] if page.after else 0
        shown, token = page.cut([item for item in items if item > after], lambda item: (item,))
        assert len(shown) == min(size or 5, 10) or not token
        found += shown
        if not token:
            break
    assert found == items


@given(st.text())
def test_no_text_but_a_token_is_a_token(text: str) -> None:
    if text:
        with pytest.raises(DomainError):
            ask(token=text)


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_token_that_was_changed_is_refused(position: int, character: str) -> None:
    _, token = ask(2).cut(items, lambda item: (item,))
    position %= len(token)
    changed = token[:position] + character + token[position + 1 :]
    try:
        ask(token=changed)
    except DomainError:
        return
    # The last character before the padding has bits that mean nothing.
    assert base64.urlsafe_b64decode(changed) == base64.urlsafe_b64decode(token)


@pytest.mark.parametrize("place", [[], ["x"], [2**70], [None], [{}], [1, 2]])
def test_a_place_of_another_shape_is_refused(place: list[object]) -> None:
    _, token = ask(2).cut(items, lambda item: (item,))
    binding = json.loads(base64.urlsafe_b64decode(token))[0]
    forged = base64.urlsafe_b64encode(json.dumps([binding, *place]).encode()).decode()
    with pytest.raises(DomainError) as refused:
        ask(token=forged)
    assert [violation.field for violation in refused.value.violations] == ["page_token"]


@pytest.mark.parametrize("place", [(2**31,), (-1,), (True,), ("\x00",), ("\ud800",), (1, 2)], ids=ascii)
def test_a_place_that_no_column_can_be_compared_with_is_refused(place: tuple[int | str, ...]) -> None:
    """Of a token that is bound as ours are: whoever read this can make one."""
    page = ask(2, ask(2).token(*place))
    with pytest.raises(DomainError) as refused:
        page.behind(str if isinstance(place[0], str) else int)
    assert [violation.field for violation in refused.value.violations] == ["page_token"]


@pytest.mark.parametrize("token", ["W10=", "e30=", "MQ==", "bnVsbA==", "W1tb" * 40_000])
def test_json_of_another_shape_is_no_token(token: str) -> None:
    with pytest.raises(DomainError):
        ask(2, token)


# Masks

WRITABLE = ("display_name", "representatives", "provides_seh_since")
FULL = provider_pb2.Provider(
    name="providers/06010101",
    display_name="een",
    representatives=["9101", "9102"],
    provides_seh_since=date_pb2.Date(year=2027, month=1, day=1),
    kvk="01234567",
)
OTHER = provider_pb2.Provider(display_name="twee", representatives=["9103"], kvk="9")


def test_a_mask_takes_its_fields_whole_and_leaves_the_rest() -> None:
    merged = merge(FULL, OTHER, FieldMask(paths=["representatives", "provides_seh_since"]), WRITABLE)
    assert list(merged.representatives) == ["9103"]
    assert not merged.HasField("provides_seh_since")
    assert (merged.display_name, merged.kvk, merged.name) == ("een", "01234567", "providers/06010101")


@pytest.mark.parametrize("paths", [[], ["*"], list(WRITABLE), [*WRITABLE, "display_name"]])
def test_no_mask_means_every_field_that_can_be_written(paths: list[str]) -> None:
    merged = merge(FULL, OTHER, FieldMask(paths=paths), WRITABLE)
    assert (merged.display_name, list(merged.representatives), merged.kvk) == ("twee", ["9103"], "01234567")
    assert not merged.HasField("provides_seh_since")


def test_merging_changes_neither_message() -> None:
    before = FULL.SerializeToString(), OTHER.SerializeToString()
    merge(FULL, OTHER, FieldMask(), WRITABLE)
    assert (FULL.SerializeToString(), OTHER.SerializeToString()) == before


def test_a_field_that_may_be_absent_keeps_that_it_is_false() -> None:
    current = closure_pb2.Closure(foreseen=True)
    merged = merge(current, closure_pb2.Closure(foreseen=False), FieldMask(paths=["foreseen"]), ("foreseen",))
    assert merged.HasField("foreseen")
    assert not merged.foreseen


def test_every_field_that_cannot_be_written_is_named() -> None:
    with pytest.raises(DomainError) as refused:
        merge(FULL, OTHER, FieldMask(paths=["kvk", "display_name", "*", "x"]), WRITABLE)
    assert [violation.description for violation in refused.value.violations] == [
        f"{path} kan niet worden gewijzigd" for path in ("kvk", "*", "x")
    ]
