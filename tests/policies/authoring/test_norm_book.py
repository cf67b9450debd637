"""The norm book says what the rules say, the same way every time."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from services.cli.policy.book_writing import pages, year_before
from services.policy.difference import Change, difference
from services.policy.norm_book import NormBook, norm_book
from services.policy.parameters import load_parameters
from services.policy.year import load_year

from .editing import Edit, year_with

REPOSITORY = Path(__file__).parents[3]
POLICIES = REPOSITORY / "policies"
PARAMETERS = load_parameters(POLICIES, 2027)


def book_after(*edits: Edit) -> NormBook:
    changed = year_with(*edits)
    return norm_book(changed, PARAMETERS, difference(year_with(), changed))


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return pages(POLICIES, 2028, 2027)


@pytest.fixture(scope="module")
def book_2028() -> NormBook:
    year = load_year(POLICIES, 2028)
    return norm_book(year, load_parameters(POLICIES, 2028), difference(load_year(POLICIES, 2027), year))


def test_levels_in_words(book_2028: NormBook) -> None:
    assert [(level.name, level.count) for level in book_2028.levels] == [
        ("Voorwaardelijke eis", 2),
        ("Norm", 12),
        ("Aanbeveling", 14),
    ]
    conditional, norm, _ = book_2028.levels
    assert "binnen 3 maanden" in conditional.consequence
    assert "uiterlijk 1 juni 2028" in norm.consequence


def test_the_terms_are_those_of_the_parameters() -> None:
    term = PARAMETERS.cure_term_months.model_copy(update={"value": 7})
    longer = PARAMETERS.model_copy(update={"cure_term_months": term})
    assert "binnen 7 maanden" in norm_book(year_with(), longer, None).levels[0].consequence


def test_a_norm_with_everything(book_2028: NormBook) -> None:
    (norm,) = [norm for norm in book_2028.norms if norm.norm.code == "C10"]
    assert (norm.anchor, norm.change) == ("norm-c10", Change.CHANGED)
    assert [(threshold.path, threshold.name, threshold.value) for threshold in norm.thresholds] == [
        ("c10.minuten", "minuten", "8")
    ]
    (question,) = norm.questions
    assert (question.id, question.kind, question.per_block) == ("triage.gereed_minuten", "een geheel getal", False)
    assert ("drempel c10.minuten", "10", "8") in [(one.name, one.before, one.after) for one in norm.changes]
    (added,) = [norm for norm in book_2028.norms if norm.norm.code == "C25"]
    assert (added.change, added.changes, added.effective_on) == (Change.ADDED, (), "1 juli 2028")
    assert book_2028.changed == tuple(norm for norm in book_2028.norms if norm.norm.code in ("C10", "C24", "C25"))


def test_changes_of_code_of_questions_and_of_what_is_shared() -> None:
    (norm,) = book_after(("c19.rego", "lib.ja(", "lib.altijd(")).changed
    assert [(one.name, one.before, one.after) for one in norm.changes] == [("logica", "", "")]
    (norm,) = book_after(("questionnaire.yaml", '"Welk triagesysteem?"', '"Welk systeem?"')).changed
    assert norm.norm.code == "C8"
    assert [one.name for one in norm.changes] == ["vraag triage.systeem, vraag"]
    assert book_after(("c10.rego", "order: 180", "order: 181")).same
    shared = book_after(("questionnaire.yaml", 'closes: "18:00"', 'closes: "17:00"'))
    assert [one.name for one in shared.shared] == ["kantooruren"]
    assert not shared.same


def test_a_first_year_has_nothing_to_compare_with() -> None:
    assert year_before(POLICIES, 2027) is None
    assert year_before(POLICIES, 2028) == 2027
    first = pages(POLICIES, 2027, None)
    assert "Veranderd sinds" not in first["2027.html"] + first["2027.md"]


@pytest.mark.parametrize("format_", ["html", "md"])
def test_golden_facts(written: dict[str, str], format_: str) -> None:
    text = re.sub(r"<[^>]+>|\\", "", written[f"2028.{format_}"])
    for fact in (
        "Normenboek SEH 2028",
        "Het zijn 28 normen",
        "Triage gereed binnen 8 minuten",
        "Veranderd sinds 2027",
        "telt vanaf 1 juli 2028",
        "een keuze: MTS, ESI, NTS, anders, geen",
        "minuten per specialisme: gynaecologie, chirurgie, interne geneeskunde",
        "Draagt de ambulance elke patiënt over volgens een vaste structuur?",
        "c5.specialismen",
        load_year(POLICIES, 2028).revision,
    ):
        assert fact in text, fact
    for norm in load_year(POLICIES, 2028).catalogue:
        for part in (norm.code, norm.title, norm.description, norm.source, norm.remedy, *norm.questions):
            assert part in text, (norm.code, part)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors += [found["id"]] if found.get("id") else []
        target = found.get("href") or found.get("src") or ""
        (self.links if target.startswith("#") else self.outside).append(target)


def test_the_html_stands_alone_and_its_links_lead_somewhere(written: dict[str, str]) -> None:
    parsed = _Links()
    parsed.feed(written["2028.html"])
    assert set(parsed.outside) == {""}
    assert "url(" not in written["2028.html"]
    assert "<script" not in written["2028.html"]
    assert len(parsed.anchors) == len(set(parsed.anchors))
    assert {f"#{anchor}" for anchor in parsed.anchors} == set(parsed.links)


def test_the_links_of_the_markdown_lead_somewhere(written: dict[str, str]) -> None:
    text = written["2028.md"]
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == set(re.findall(r'<a id="([^"]+)">', text))


def test_what_a_text_holds_is_shown_as_it_stands(tmp_path: Path) -> None:
    for kind in ("kwaliteitskader", "inkoopkader"):
        folder = tmp_path / kind / "2027"
        folder.mkdir(parents=True)
        for file in (POLICIES / kind / "2027").iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
    norm = tmp_path / "kwaliteitskader" / "2027" / "c10.rego"
    norm.write_text(norm.read_text("utf-8").replace("De triage is", "De <b>triage</b> is | *zo* en"), "utf-8")
    found = pages(tmp_path, 2027, None)
    assert "De &lt;b&gt;triage&lt;/b&gt; is | *zo* en" in found["2027.html"]
    assert r"De \<b\>triage\</b\> is \| \*zo\* en" in found["2027.md"]


def test_the_same_rules_give_the_same_bytes(written: dict[str, str]) -> None:
    assert pages(POLICIES, 2028, 2027) == written


@pytest.mark.parametrize("year", [2027, 2028])
def test_the_books_in_the_docs_are_those_of_the_rules(year: int) -> None:
    for name, text in pages(POLICIES, year, year_before(POLICIES, year)).items():
        assert (REPOSITORY / "docs" / "normenboek" / name).read_text("utf-8") == text, "run `make docs`"
