"""Writing what was read gives the same bytes, and reading what was written gives the same folder."""

import dataclasses
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.exchange import rows
from services.cli.exchange.reader import read_folder
from services.cli.exchange.writer import write_atomically, write_folder

EXAMPLE = Path(__file__).parents[3] / "data" / "voorbeeld-2027"

dates = st.dates(date(1900, 1, 1), date(2199, 12, 30))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31)).map(lambda m: m.replace(second=0, microsecond=0))
later = st.none() | st.datetimes(datetime(2101, 1, 1), datetime(2199, 12, 31)).map(
    lambda m: m.replace(second=0, microsecond=0)
)
characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from(",\";\n\t'{} é")
texts = st.text(characters, min_size=1, max_size=12)
names = texts.filter(str.strip)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,7}", fullmatch=True)
agbs = st.from_regex(r"[0-9]{8}", fullmatch=True)
uzovis = st.from_regex(r"[0-9]{4}", fullmatch=True)
years = st.integers(1900, 2199)
counts = st.none() | st.integers(0, 999_999_999)
tenths = st.none() | st.integers(0, 10**7).map(lambda value: Decimal(value).scaleb(-1).quantize(Decimal("0.1")))
answers = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**17), 10**17) | texts | st.just("") | st.floats(-1e9, 1e9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)


@st.composite
def folders(draw: st.DrawFn) -> rows.ExchangeFolder:
    purchasing_round = draw(st.builds(rows.Round, years, years, years, years, dates, st.integers(0, 10**14)))
    agb = st.sampled_from(draw(st.lists(agbs, min_size=1, max_size=3, unique=True)))
    providers = {
        row.agb: row
        for row in draw(
            st.lists(
                st.builds(
                    rows.Provider,
                    agb,
                    agbs,
                    names,
                    dates,
                    st.lists(uzovis, min_size=1, max_size=3, unique=True).map(tuple),
                ),
                min_size=1,
                max_size=3,
            )
        )
    }
    known_agb = st.sampled_from(sorted(providers))
    care_types = st.sampled_from(["SEH", "SPOEDPOLI"])
    closed = st.none() | st.just(date(2199, 12, 31))
    locations = draw(
        st.lists(
            st.builds(rows.Location, ids, known_agb, agbs, names, names, care_types, dates, closed),
            min_size=1,
            max_size=3,
            unique_by=lambda row: row.location_id,
        )
    )
    location = st.sampled_from([row.location_id for row in locations])
    days = st.sets(st.integers(1, 7), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
    hours = st.builds(rows.OpeningHours, location, dates, closed, days, st.integers(0, 1439), st.integers(0, 1440))
    reason = st.none() | texts
    closure = st.builds(rows.Closure, ids, location, moments, later, st.none() | st.booleans(), reason)
    stop = st.builds(rows.Stop, ids, location, st.sampled_from(["SEH", "EHH"]), moments, later, reason)
    decisions = st.sampled_from(["AKKOORD", "AFGEWEZEN"])
    kinds = st.sampled_from(["RIVM_UITVRAAG", "SCHONING", "OVERLOOP_DBC", "TIJDLIJN"])
    document = st.builds(
        rows.AnswersDocument,
        location,
        st.just(purchasing_round.survey_year),
        st.sampled_from(["voorlopig", "definitief"]),
        dates,
        answers,
    )
    approval = st.builds(rows.Approval, known_agb, uzovis, decisions, dates, reason)
    documents = draw(st.lists(document, max_size=2, unique_by=lambda row: row.location_id))
    indicator = st.builds(rows.IndicatorRow, location, years, counts, counts, counts, tenths, tenths)
    return rows.ExchangeFolder(
        round=purchasing_round,
        providers=tuple(providers.values()),
        approvals=tuple(draw(st.lists(approval, max_size=3))),
        locations=tuple(locations),
        opening_hours=tuple(draw(st.lists(hours, max_size=3))),
        closures=tuple(draw(st.lists(closure, max_size=3, unique_by=lambda row: row.closure_id))),
        stops=tuple(draw(st.lists(stop, max_size=3, unique_by=lambda row: row.stop_id))),
        answers=tuple(sorted(documents, key=lambda row: row.location_id + ".json")),
        indicators=tuple(draw(st.lists(indicator, max_size=3, unique_by=lambda row: (row.location_id, row.year)))),
        attestations=tuple(draw(st.lists(st.builds(rows.Attestation, known_agb, kinds, dates, reason), max_size=3))),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(folders())
def test_reading_what_was_written_gives_the_same_folder(folder: rows.ExchangeFolder) -> None:
    with tempfile.TemporaryDirectory() as path:
        write_folder(folder, Path(path))
        assert read_folder(Path(path)) == folder
        first = {file.name: file.read_bytes() for file in Path(path).rglob("*.*") if file.is_file()}
        write_folder(folder, Path(path))
        assert first == {file.name: file.read_bytes() for file in Path(path).rglob("*.*") if file.is_file()}


def test_writing_the_example_gives_its_bytes(tmp_path: Path) -> None:
    write_folder(read_folder(EXAMPLE), tmp_path)
    written = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    inputs = {file.relative_to(EXAMPLE).as_posix() for file in EXAMPLE.rglob("*") if file.is_file()}
    assert written == {name for name in inputs if not name.startswith(("expected/", "encounters/"))}
    assert [name for name in written if (tmp_path / name).read_bytes() != (EXAMPLE / name).read_bytes()] == []


def test_answers_of_another_folder_are_not_mixed_in(tmp_path: Path) -> None:
    folder = read_folder(EXAMPLE)
    write_folder(folder, tmp_path)
    fewer = dataclasses.replace(folder, answers=folder.answers[1:])
    with pytest.raises(FileExistsError, match="L001"):
        write_folder(fewer, tmp_path)


def test_a_location_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = read_folder(EXAMPLE)
    bad = dataclasses.replace(folder.answers[0], location_id="../../elders")
    with pytest.raises(ValueError, match="location id"):
        write_folder(dataclasses.replace(folder, answers=(bad,)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    write_atomically(file, "oud\n")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "\ud800")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("a.csv", "oud\n")]
