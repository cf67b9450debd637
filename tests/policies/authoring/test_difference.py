"""Every kind of difference between two years is found, and nothing else."""

from services.policy.difference import Change, Difference, Part, YearDifference, difference, thresholds_of

from .editing import Edit, Files, files_of_2027, year_with

BASE = year_with()
QUESTION = b"""
  - id: nieuw.vraag
    type: integer
    per_block: false
    information_only: true
    text: "Hoeveel?"
"""

NIGHT = """  - id: nacht
    text: Nacht
    periods:
      - {weekdays: "1234567", opens: "00:00", closes: "06:00"}
"""


def found(*edits: Edit, add: Files | None = None, remove: tuple[str, ...] = ()) -> YearDifference:
    return difference(BASE, year_with(*edits, add=add, remove=remove))


def norm(code: str, title: str, *parts: Part) -> YearDifference:
    return YearDifference(2027, 2027, norms=(Difference(code, title, Change.CHANGED, parts),))


def test_nothing_differs_from_itself() -> None:
    assert found() == YearDifference(2027, 2027)
    assert found().same


def test_comments_and_layout_are_no_difference() -> None:
    edits = (
        ("c10.rego", "\nfinding :=", "\n# Toelichting.\n\n\nfinding :="),
        ("lib.rego", "null)\n\n# ---", "null)   # aan het einde\n# ---"),
    )
    assert found(*edits).same


def test_a_hash_in_a_text_is_no_comment() -> None:
    one = year_with(("c19.rego", '"ecg.bij_aankomst", lib', '"ecg#a", lib'))
    other = year_with(("c19.rego", '"ecg.bij_aankomst", lib', '"ecg#b", lib'))
    (changed,) = difference(one, other).norms
    assert (changed.name, [part.name for part in changed.parts]) == ("C19", ["logica"])


def test_what_people_read_of_a_norm() -> None:
    title = "Triage gereed binnen 10 minuten"
    assert found(("c10.rego", f"title: {title}", "title: Triage")) == norm(
        "C10", "Triage", Part("titel", title, "Triage")
    )
    text = "De triage is binnen 10 minuten na aankomst gereed."
    assert found(("c10.rego", text, "Snel.")) == norm("C10", title, Part("tekst", text, "Snel."))
    assert found(("c10.rego", "level: aanbeveling", "level: norm")) == norm(
        "C10", title, Part("niveau", "aanbeveling", "norm")
    )
    assert found(("c10.rego", "per_block: false", "per_block: false\n#   effective_on: 2027-07-01")) == norm(
        "C10", title, Part("geldt vanaf", "", "01-07-2027")
    )
    source = "Kwaliteitsstandaard Intramurale Spoedzorg, triage"
    assert found(("c10.rego", source, "Elders")) == norm("C10", title, Part("bron", source, "Elders"))
    (remedy,) = found(("c10.rego", "Verkort de tijd", "Verklein de tijd")).norms[0].parts
    assert (remedy.name, remedy.after.split()[0]) == ("herstel", "Verklein")
    assert found(("c10.rego", "order: 180", "order: 181")) == norm("C10", title, Part("volgorde", "180", "181"))
    assert found(("c10.rego", "per_block: false", "per_block: true")) == norm(
        "C10", title, Part("per tijdblok", "nee", "ja")
    )
    assert found(("c10.rego", "- triage.gereed_minuten", "- triage.gereed_minuten\n#     - triage.systeem")) == norm(
        "C10", title, Part("vragen", "triage.gereed_minuten", "triage.gereed_minuten\ntriage.systeem")
    )


def test_a_threshold_belongs_to_the_norm_that_reads_it() -> None:
    assert found(("data.json", '"c10": {"minuten": 10}', '"c10": {"minuten": 8}')) == norm(
        "C10", "Triage gereed binnen 10 minuten", Part("drempel c10.minuten", "10", "8")
    )
    (changed,) = found(("data.json", '            "kno",\n', "")).norms
    assert changed.name == "C5"
    assert [part.name for part in changed.parts] == ["drempel c5.specialismen"]
    assert thresholds_of(BASE, BASE.norm("B10")) == {"b10.specialismen": 14, "b10.ondersteuning": 6}
    assert thresholds_of(BASE, BASE.norm("C24")) == {}


def test_a_threshold_that_no_norm_reads_is_shared() -> None:
    (changed,) = found(("data.json", '"c10": {', '"c99": {"x": true}, "c10": {')).shared
    assert changed == Difference(
        "data.json",
        "data.json",
        Change.CHANGED,
        (Part("kwaliteitskader.yJAAR.thresholds.c99.x", "", "true"),),
    )


def test_logic_and_who_reads_it() -> None:
    (changed,) = found(("a1_voorkeur.rego", 'lib.ja("arts.als_afgerond"', 'lib.altijd("arts.als_afgerond"')).norms
    assert (changed.name, changed.change, changed.reaches) == ("A1-VOORKEUR", Change.CHANGED, ("A1",))
    (part,) = changed.parts
    assert part.name == "logica"
    assert part.after == part.before.replace('ja("arts.als_afgerond"', 'altijd("arts.als_afgerond"')


def test_a_norm_that_is_new_or_gone() -> None:
    files = files_of_2027()
    new = files["c10.rego"].replace(b"C10", b"C99").replace(b"y2027.c10", b"y2027.c99").replace(b"180", b"990")
    (added,) = found(add={"c99.rego": new}).norms
    assert (added.name, added.change) == ("C99", Change.ADDED)
    assert {part.before for part in added.parts} == {""}
    assert {part.name for part in added.parts} >= {"titel", "tekst", "niveau", "bron", "herstel", "vragen", "logica"}
    (gone,) = found(remove=("c10.rego",)).norms
    assert (gone.name, gone.title, gone.change) == ("C10", "Triage gereed binnen 10 minuten", Change.REMOVED)
    assert {part.after for part in gone.parts} == {""}
    # What it read is no one's now.
    assert [part.name for part in found(remove=("c10.rego",)).shared[0].parts] == [
        "kwaliteitskader.yJAAR.thresholds.c10.minuten"
    ]


def test_questions() -> None:
    questionnaire = files_of_2027()["questionnaire.yaml"]
    (added,) = found(add={"questionnaire.yaml": questionnaire + QUESTION}).questions
    assert (added.name, added.title, added.change, added.reaches) == ("nieuw.vraag", "Hoeveel?", Change.ADDED, ())
    assert Part("alleen ter informatie", "", "ja") in added.parts
    (changed,) = found(("questionnaire.yaml", '"anders", "geen"]', '"geen"]')).questions
    assert (changed.name, changed.change, changed.reaches) == ("triage.systeem", Change.CHANGED, ("C8",))
    assert changed.parts == (Part("keuzes", "MTS\nESI\nNTS\nanders\ngeen", "MTS\nESI\nNTS\ngeen"),)
    without = year_with(
        ("c24.rego", "    - huisarts.bericht_24_uur", "    - triage.systeem"),
        ("questionnaire.yaml", "huisarts.bericht_24_uur", "huisarts.bericht_48_uur"),
    )
    changes = {question.name: question.change for question in difference(BASE, without).questions}
    assert changes == {"huisarts.bericht_48_uur": Change.ADDED, "huisarts.bericht_24_uur": Change.REMOVED}


def test_blocks() -> None:
    (changed,) = found(("questionnaire.yaml", 'closes: "18:00"', 'closes: "17:30"')).blocks
    assert (changed.name, changed.change) == ("kantooruren", Change.CHANGED)
    assert changed.parts == (Part("perioden", "ma di wo do vr 08:00-18:00", "ma di wo do vr 08:00-17:30"),)
    night = ("questionnaire.yaml", "  - id: anw\n", NIGHT + "  - id: anw\n")
    (added,) = found(night).blocks
    assert (added.name, added.change) == ("nacht", Change.ADDED)
    (gone,) = difference(year_with(night), BASE).blocks
    assert (gone.name, gone.change) == ("nacht", Change.REMOVED)


def test_the_library_touches_every_norm() -> None:
    edit = (
        "lib.rego",
        'sprintf("<= %d", [maximum])\n\toutcome := if_known(is_number(value), value <= maximum)',
        'sprintf("<= %d", [maximum])\n\toutcome := if_known(is_number(value), value < maximum)',
    )
    (changed,) = found(edit).shared
    assert (changed.name, changed.change) == ("lib.rego", Change.CHANGED)
    assert changed.reaches == tuple(one.code for one in BASE.catalogue)
    (changed,) = found(("uitkomst.rego", "some stem\n", "some stem, _\n")).shared
    assert changed.name == "uitkomst.rego"


def test_what_a_questionnaire_says_of_itself() -> None:
    (changed,) = found(
        ("questionnaire.yaml", "  - kno\n", ""), ("questionnaire.yaml", "survey_year: 2026", "survey_year: 2025")
    ).shared
    assert [part.name for part in changed.parts] == ["specialismen", "jaren tussen uitvraag en beleidsjaar"]
