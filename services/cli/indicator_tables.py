"""The indicators of one location and what stands out in its visits, as readable tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from google.protobuf.message import Message
from rich.console import RenderableType

from services.cli.formats import whole
from services.cli.tables import new_table, titled
from spoedkader.encounter_report import EncounterReport, Gap, Listed
from spoedkader.indicators import Indicators

if TYPE_CHECKING:
    from spoedkader.fhir import FhirVisits


def indicators(found: Indicators, name: str, totals: Message, *, sent: bool) -> Iterator[RenderableType]:
    """What is or would be sent, and what stays."""
    table = new_table("", "indicator", "waarde", right=["waarde"])
    for field, label in (
        ("seh_visits", "SEH-bezoeken"),
        ("ehh_visits", "EHH-bezoeken"),
        ("seh_stops", "SEH-stops"),
    ):
        table.add_row(label, whole(getattr(totals, field)) if totals.HasField(field) else "onbekend")
    for field, label in (
        ("mean_length_of_stay_tenths", "gemiddelde ligduur (minuten)"),
        ("median_length_of_stay_tenths", "mediane ligduur (minuten)"),
    ):
        tenths = getattr(totals, field)
        table.add_row(label, f"{whole(tenths // 10)},{tenths % 10}" if totals.HasField(field) else "onbekend")
    yield titled(f"{'Verstuurd' if sent else 'Niet verstuurd (--dry-run)'}: {name}", table)
    yield f"SEH-bezoeken zonder vertrek, niet in de ligduur: {whole(found.excluded)}"


def report(found: EncounterReport, fhir: "FhirVisits | None") -> Iterator[RenderableType]:
    """What stands out, by number of row or resource."""
    what = "rij" if fhir is None else "resource"
    if fhir is not None:
        table = new_table("", "niet meegeteld", "aantal", "resource", right=["aantal"])
        for reason, listed in fhir.left_out.items():
            if listed.count:
                table.add_row(reason, whole(listed.count), _numbers(listed))
        yield titled(f"Van {whole(fhir.resources)} resources zijn er {whole(found.rows)} meegeteld", table)
    table = new_table("", "opvallend", "aantal", what, right=["aantal"])
    table.add_row("zelfde bezoek en periode als eerder", whole(found.repeated.count), _numbers(found.repeated))
    table.add_row("zelfde bezoek, overlappende periode", whole(found.overlapping.count), _numbers(found.overlapping))
    if found.overlapping_of_patient is not None:
        patients = found.overlapping_of_patient
        table.add_row("zelfde patiënt, overlappend bezoek", whole(patients.count), _numbers(patients))
    table.add_row("einde ontbreekt", whole(found.without_end.count), _numbers(found.without_end))
    table.add_row("langer dan 72 uur", whole(found.too_long.count), _numbers(found.too_long))
    table.add_row("0 minuten", whole(found.no_stay.count), _numbers(found.no_stay))
    if fhir is not None and fhir.by_own_id.count:
        table.add_row("eigen id als bezoeknummer", whole(fhir.by_own_id.count), _numbers(fhir.by_own_id))
    table.add_row("meer dan 24 uur zonder aankomst", whole(found.gap_count), _gaps(found.gaps, found.gap_count))
    yield titled(f"Kwaliteit van {whole(found.rows)} rijen", table)


def _numbers(listed: Listed) -> str:
    return ", ".join(map(str, listed.numbers)) + (" …" if listed.count > len(listed.numbers) else "")


def _gaps(gaps: tuple[Gap, ...], count: int) -> str:
    shown = [f"{gap.after or 'begin jaar'}–{gap.before or 'einde jaar'}" for gap in gaps]
    return ", ".join(shown) + (" …" if count > len(gaps) else "")
