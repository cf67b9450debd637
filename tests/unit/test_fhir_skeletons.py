"""Entries of XML that are read by their skeleton give what each gives that is read by itself, however odd they are."""

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spoedkader import encounter_sources
from spoedkader.departments import Departments, read_departments
from spoedkader.encounter_sources import FileProblem, parts
from spoedkader.fhir import FhirVisits, entries, reading
from spoedkader.fhir.ways import NotPlain
from tests.support.fhir_files import ACT_CODE, MAPPING, SYSTEM, encounter, write_mapping, xml_of

KEYS = (
    MAPPING.replace('"Location/seh"', '"Location/seh", "|1", "x>y", "urn:oid|a|b"') + '  type: ["EMER|1", "_|_", "|é"]'
)
OPEN, SHUT = '<Bundle xmlns="http://hl7.org/fhir">', "</Bundle>"
HOLE = "\0"
"""Where each entry gets a value of its own."""

VALUES = [
    "EMER", "finished", "planned", SYSTEM, ACT_CODE, "Location/seh", "urn:afdeling", "EHH", "urn:oid", "urn:oid|a",
    "a|b", "|1", "1", "2025-01-01T10:00:00+01:00", "2025-01-01T11:00:00+01:00", "2025-01-01T12:00", "2026-01-01", "",
    "_", "é", "😀", "a&amp;b", "&#233;", "&quot;", "&lt;", "x>y", " ", "\n", "\t", "\\", "$1", "\ue000", "\ue0005",
    "&#xE000;5", "\x7f",
]  # fmt: skip
AT_TIMES = ["]]>", "--", "it's", "?>"]
"""No XML at some places."""
NEVER = ["<", "&", '"', "&lang;", "\x01", "\ufffe"]
NAMES = [
    "id", "identifier", "status", "class", "type", "serviceType", "subject", "period", "location", "reference",
    "system", "value", "code", "coding", "start", "end", "contained", "Encounter", "extension", "div", "resource",
    "entry",
]  # fmt: skip
ATTRIBUTES = [
    f' value="{HOLE}"', f' value="{HOLE}"', f' value="{HOLE}"', f" value='{HOLE}'", f' value = "{HOLE}"', ' value=""',
    "", f'\n  value="{HOLE}"', f' id="a" value="{HOLE}"', f' value="{HOLE}" url="u"', f' url=" value=" value="{HOLE}"',
    f' url="{HOLE}"', ' xmlns=""', ' xmlns="http://hl7.org/fhir"', f' xmlns:x="urn:x" x:value="{HOLE}"',
]  # fmt: skip
TEXTS = [
    "", "", "", "\n  ", "tekst", 'een "citaat" &amp; meer', HOLE, f' value="{HOLE}"', f"<!-- {HOLE} -->", "<?p x?>",
    "]]", f'<!-- <id value="{HOLE}"/> -->', f'<![CDATA[ <id value="{HOLE}"/> > a < ]]>',
]  # fmt: skip
EDITS = [
    "", "<", ">", '"', "'", "&", " ", "/", "=", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "</entry>", "<entry>",
    "\0", '<!DOCTYPE a [<!ENTITY b "c">]>', ' value="', SHUT, OPEN, "</resource>", "<div>", "</div>", "<x:y/>",
]  # fmt: skip


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    name, attribute, text = (draw(st.sampled_from(some)) for some in (NAMES, ATTRIBUTES, TEXTS))
    inner = "".join(draw(st.lists(elements(depth + 1), max_size=2))) if depth < 3 else ""
    return f"<{name}{attribute}>{text}{inner}</{name}>" if text + inner else f"<{name}{attribute}/>"


@st.composite
def shapes(draw: st.DrawFn) -> str:
    """An entry with holes: a usual Encounter with values that differ, in which a little more is changed."""
    times = ("2025-01-01T10:00:00+01:00", "2025-01-01T11:00:00+01:00")
    usual = encounter(1, ("1", draw(st.sampled_from(["SEH", "EHH"])), *times))
    differing = "[a-z]+" if draw(st.booleans()) else "id|value|start|end"
    inside = [
        re.sub(f'<({differing}) value="[^"]*"', rf'<\1 value="{HOLE}"', part)
        for name, value in usual.items()
        for part in re.findall("<X[^>]*>(.*)</X>", xml_of({"resourceType": "X", name: value}))
    ]
    inside.extend(draw(st.lists(elements() | st.sampled_from([*TEXTS, *inside]), max_size=3)))
    if draw(st.booleans()):
        inside = draw(st.permutations(inside))
    before, after = (draw(st.sampled_from(["", "", "", *TEXTS])) for _ in "12")
    content = "".join(inside)
    kind = draw(st.sampled_from(["Encounter", "Encounter", "Encounter", "Patient"]))
    return f"{before}<entry><resource><{kind}>{content}</{kind}></resource>{after}</entry>\n"


@st.composite
def bundles(draw: st.DrawFn) -> str:
    """A Bundle with several entries of each of a few shapes."""
    value = st.sampled_from([*VALUES, *AT_TIMES])
    found = [
        re.sub(HOLE, lambda _: draw(value), shape)
        for shape in draw(st.lists(shapes(), min_size=1, max_size=3))
        for _ in range(draw(st.integers(1, 4)))
    ]
    return f"{OPEN}{''.join(draw(st.permutations(found)))}{draw(st.sampled_from(['', *TEXTS]))}{SHUT}"


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A Bundle in which some texts are put, left out or moved, at any place."""
    text = draw(bundles())
    for _ in range(draw(st.integers(1, 3))):
        start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        moved = text[start : start + draw(st.integers(0, 200))]
        put = draw(st.sampled_from([*EDITS, *VALUES, *AT_TIMES, *NEVER]) | st.just(moved))
        text = text[:start] + put + text[start + length :]
    return text


def outcome(file: Path, departments: Departments, *, fast: bool) -> FhirVisits | str | None:
    """What a way of reading gives: the visits, what it says of the file, or nothing when that is left to the other."""
    try:
        return reading._read(file, departments, reading._ways("xml")[not fast])
    except NotPlain:
        return None
    except FileProblem as problem:
        return str(problem)


def compare(text: str) -> None:
    """Read a file both ways, the fast one in parts of some entries and in one part."""
    with tempfile.TemporaryDirectory() as path, pytest.MonkeyPatch.context() as patch:
        departments = read_departments(write_mapping(Path(path), KEYS))
        file = Path(path) / "x.xml"
        file.write_bytes(text.encode())
        exact = outcome(file, departments, fast=False)
        whole = outcome(file, departments, fast=True)
        patch.setattr(encounter_sources, "_BLOCK", 500)
        patch.setattr(entries, "parts", partial(parts, size=2_000))
        for fast in (whole, outcome(file, departments, fast=True)):
            assert fast is None or shown(fast) == shown(exact)


def shown(found: FhirVisits | str | None) -> Any:
    assert isinstance(found, FhirVisits)
    return found.table.rows(), found.resources, found.left_out, found.by_own_id


USUAL = xml_of(encounter(1, ("1", "SEH", "2025-01-01T10:00:00+01:00", "2025-01-01T11:00:00+01:00")))
LOCATION = '<reference value="Location/seh"/>'
CODING = f'<coding><system value="{HOLE}"/><code value="{HOLE}"/></coding>'
PLACES = [
    *(USUAL.replace(value, f'value="{HOLE}"') for value in re.findall('value="[^"]*"', USUAL)),
    *(
        USUAL.replace("<meta>", f"<text><div>{put}</div></text><meta>")
        for put in (HOLE, f"{HOLE}]]", f'<b title="x>{HOLE}"/>', f"<!-- > {HOLE} < -->", f"<?p > {HOLE} < ?>")
    ),
    *(
        USUAL.replace("<subject>", put + "<subject>")
        for put in (
            HOLE, f"<!-- {HOLE} -->", f'<!-- value="{HOLE}" -->', f"<?p {HOLE}?>", f'<?p value="{HOLE}"?>',
            f"<![CDATA[{HOLE}]]>", f'<![CDATA[> value="{HOLE}"]]>', f"<link value='{HOLE}'/>", f'<link url="{HOLE}"/>',
            f"<type>{CODING}</type>", f'<type><coding><code value="{HOLE}"/></coding></type>',
            f"<serviceType>{CODING}</serviceType>",
            f"<serviceType>{CODING.replace(HOLE, 'urn:afdeling', 1)}</serviceType>",
        )
    ),
    *(
        USUAL.replace(LOCATION, f'<identifier><system value="{system}"/><value value="{value}"/></identifier>')
        for system, value in (("urn:oid", HOLE), (HOLE, "b"))
    ),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(PLACES)))
def test_any_value_at_any_place(place: int) -> None:
    entry = f"<entry><resource>{PLACES[place]}</resource></entry>"
    compare(OPEN + "".join(entry.replace(HOLE, value) for value in (*VALUES, "1", "2")) + SHUT)
    for value in (*AT_TIMES, *NEVER):
        compare(OPEN + "".join(entry.replace(HOLE, some) for some in ("1", value, "2")) + SHUT)


@settings(max_examples=200, deadline=None)
@given(bundles())
def test_entries_of_any_shape(text: str) -> None:
    compare(text)


@settings(max_examples=200, deadline=None)
@given(edited())
def test_files_that_are_spoilt(text: str) -> None:
    compare(text)


def test_usual_entries_are_not_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    real = entries._entries

    def listed(document: bytes) -> list[Any]:
        read.append(document)
        return real(document)

    monkeypatch.setattr(entries, "_entries", listed)
    narrative = '<text><div xmlns="http://www.w3.org/1999/xhtml"><p>"{0}" &amp; <b>bezoek {0}</b></p></div></text>'
    place = '<identifier><value value="bed {0}"/></identifier><display value="Spoed &amp; hulp"/>'
    usual = USUAL.replace("<meta>", narrative + "<meta>").replace('<display value="SEH"/>', place)
    found = "".join(
        f"<entry><resource>{usual}</resource></entry>".replace("><", ">\n <").format(number) for number in range(5_000)
    )
    (tmp_path / "x.xml").write_text(f"{OPEN}{found}{SHUT}")
    assert reading.read_fhir(tmp_path / "x.xml", read_departments(write_mapping(tmp_path))).resources == 5_000
    # What is before them, what they have in common, and what is after them; two parts may come upon it at once.
    assert 3 <= len(read) <= 10


@pytest.mark.parametrize("room", [0, 700])
def test_skeletons_that_are_not_remembered(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_ROOM", room)
    for differing in (USUAL, USUAL.replace("<meta>", "<language/><meta>")):
        one = f"<entry><resource>{differing}</resource></entry>"
        compare(OPEN + one * 3 + one.replace("<meta>", "<meta/><meta>") * 3 + SHUT)


def test_a_mapping_with_marks_in_it(tmp_path: Path) -> None:
    departments = read_departments(write_mapping(tmp_path, MAPPING.replace("Location/seh", "\ue000")))
    (tmp_path / "x.xml").write_text(f"{OPEN}{f'<entry><resource>{USUAL}</resource></entry>' * 3}{SHUT}")
    assert outcome(tmp_path / "x.xml", departments, fast=True) is None
    assert shown(reading.read_fhir(tmp_path / "x.xml", departments))[1] == 3
