"""The norms of 2027 once more, as a table in Python that shares nothing with the Rego.

Three-valued: True, False or None for unknown.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Answers = Mapping[str, Any]
Ask = Callable[[str], Any]

NAMES = {True: "VOLDOET", False: "VOLDOET_NIET", None: "ONBEKEND"}
SPECIALISMS = [
    "gynaecologie",
    "chirurgie",
    "interne_geneeskunde",
    "cardiologie",
    "kindergeneeskunde",
    "kno",
    "neurologie",
    "anesthesiologie",
    "radiologie",
    "longziekten",
]


def all_(values: Iterable[bool | None]) -> bool | None:
    seen = list(values)
    return False if False in seen else None if None in seen else True


def any_(values: Iterable[bool | None]) -> bool | None:
    seen = list(values)
    return True if True in seen else None if None in seen else False


def compare(value: Any, test: Callable[[Any], bool]) -> bool | None:
    return None if value is None else test(value)


def always(question: str) -> Callable[[Ask], bool | None]:
    return lambda ask: compare(ask(question), lambda value: bool(value == "altijd"))


def yes(question: str) -> Callable[[Ask], bool | None]:
    return lambda ask: compare(ask(question), lambda value: value is True)


def minimum(question: str, limit: int) -> Callable[[Ask], bool | None]:
    return lambda ask: compare(ask(question), lambda value: bool(value >= limit))


def maximum(question: str, limit: int) -> Callable[[Ask], bool | None]:
    return lambda ask: compare(ask(question), lambda value: bool(value <= limit))


def both(*parts: Callable[[Ask], bool | None]) -> Callable[[Ask], bool | None]:
    return lambda ask: all_(part(ask) for part in parts)


def either(*parts: Callable[[Ask], bool | None]) -> Callable[[Ask], bool | None]:
    return lambda ask: any_(part(ask) for part in parts)


def specialists(ask: Ask) -> bool | None:
    answer = ask("specialismen.aankomst_minuten") or {}

    def one(specialism: str) -> bool | None:
        given = answer.get(specialism) or {}
        if given.get("onderbouwde_afwijking"):
            return True
        return compare(given.get("minuten"), lambda minutes: minutes <= 30)

    return all_(one(specialism) for specialism in SPECIALISMS)


PREFERRED = both(always("arts.specialist_aanwezig"), yes("arts.als_afgerond"), yes("arts.apls_afgerond"))
MINIMUM = both(
    always("arts.ervaren_arts_aanwezig"),
    minimum("arts.klinische_ervaring_maanden", 12),
    minimum("arts.poortervaring_maanden", 6),
)
NURSE = both(
    always("verpleegkundige.aanwezig"),
    yes("verpleegkundige.werkervaring_seh"),
    yes("verpleegkundige.basisopleiding"),
    yes("verpleegkundige.vervolgopleiding_seh"),
    yes("verpleegkundige.triage_training"),
    yes("verpleegkundige.trauma_training"),
    yes("verpleegkundige.kind_training"),
)

PER_BLOCK: dict[str, Callable[[Ask], bool | None]] = {
    "A1": either(PREFERRED, MINIMUM),
    "A1-VOORKEUR": PREFERRED,
    "A2": NURSE,
    "B1": yes("arts.herkent_vitale_bedreiging"),
    "B3": always("geriatrie.consult_bereikbaar"),
    "B4": always("geriatrie.beschikbaar"),
    "B5": yes("trauma.voldoet_aan_level"),
    "B8": always("radiologie.beschikbaar"),
    "B9": always("laboratorium.beschikbaar"),
    "C2": minimum("arts.cursussen_aantal", 2),
}
WHOLE: dict[str, Callable[[Ask], bool | None]] = {
    "B2": always("triage.start_binnen_5_minuten"),
    "B7": yes("ic.beschikbaar"),
    "B10": both(minimum("specialismen.bereikbaar_aantal", 14), minimum("ondersteuning.bereikbaar_aantal", 6)),
    "D1": yes("kindermishandeling.signalering"),
    "C4": maximum("luchtweg.maximaal_minuten", 5),
    "C5": specialists,
    "C8": lambda ask: compare(ask("triage.systeem"), lambda value: value in {"MTS", "ESI", "NTS"}),
    "C10": maximum("triage.gereed_minuten", 10),
    "C12": maximum("laboratorium.chemie_minuten", 60),
    "C13": yes("laboratorium.microbiologie_cito"),
    "C15": maximum("radiologie.rontgen_minuten", 30),
    "C16": both(maximum("radiologie.ct_minuten", 60), maximum("radiologie.ct_beoordeling_minuten", 30)),
    "C17": yes("echo.afspraken"),
    "C19": yes("ecg.bij_aankomst"),
    "C20": yes("regie.eindverantwoordelijke"),
    "C22": yes("regie.kinderen_afspraken"),
    "C24": always("huisarts.bericht_24_uur"),
}


def in_block(answers: Answers, block: str) -> Ask:
    return lambda question: (answers.get(question) or {}).get(block)


def verdicts(open_blocks: Iterable[str], answers: Answers) -> dict[str, str]:
    """Return the verdict of every norm, by code."""
    blocks = list(open_blocks)
    found = {code: NAMES[norm(answers.get)] for code, norm in WHOLE.items()}
    for code, norm in PER_BLOCK.items():
        found[code] = NAMES[all_(norm(in_block(answers, block)) for block in blocks)]
        if not blocks or (code == "B5" and answers.get("trauma.level") == "geen"):
            found[code] = "NIET_VAN_TOEPASSING"
        elif code == "B5" and answers.get("trauma.level") is None:
            found[code] = "ONBEKEND"
    return found
