"""What the software suggests to do next in a case. It reminds; people decide (AMB-43)."""

from collections.abc import Iterator
from datetime import date

from services.documents.dutch import day_text
from services.quality.enforcement.clocks import comply_on, due_on, overdue
from services.quality.enforcement.model import Case, DecisionKind, MeasureStatus, Stage


def suggestions(case: Case, day: date) -> tuple[str, ...]:
    """What to do next on a day, in Dutch, the most pressing first."""
    return tuple(_suggestions(case, day))


def _suggestions(case: Case, day: date) -> Iterator[str]:
    if case.proposal is not None:
        yield (
            f"Voorstel {len(case.decisions)} ({case.proposal.kind}) wacht op de stem van "
            f"{', '.join(case.proposal.waiting_for)}."
        )
    if case.negative is not None:
        yield from _decided(case)
    elif case.unmet:
        yield from _of_exception(case, day)
        yield from _of_stage(case, day)
        yield from _of_plan(case, day)
    for number, asked in enumerate(case.requests, start=1):
        if asked.answered_on is None:
            yield f"Vraag {number} over de afspraken met de IGJ is nog niet beantwoord."


def _decided(case: Case) -> Iterator[str]:
    assert case.negative is not None
    if not case.unmet and case.proposal is None:
        yield "Volgens de laatste toets wordt aan alle normen voldaan: beoordeel of het besluit kan worden ingetrokken."
    if case.negative.kind is DecisionKind.GEEN_BUDGET and case.unmet:
        yield (
            "Ga met de zorgaanbieder in gesprek over een ander aanbod van acute zorg, zoals poliklinische spoedzorg; "
            "volg daarbij het Uitvoeringsbesluit van de Wkkgz."
        )


def _of_exception(case: Case, day: date) -> Iterator[str]:
    ahead = case.exception_ahead(day)
    if ahead is None:
        return
    if ahead.start > day:
        yield f"Een tijdelijke uitzondering begint op {day_text(ahead.start)}."
        return
    left = (ahead.last_day - day).days
    when = "vandaag" if left == 0 else "morgen" if left == 1 else f"over {left} dagen"
    yield f"De tijdelijke uitzondering eindigt {when}, met {day_text(ahead.last_day)} als laatste dag."


def _of_stage(case: Case, day: date) -> Iterator[str]:
    due = due_on(case, day)
    if overdue(case, day) and due is not None:
        passed = f"De termijn is op {day_text(due)} verstreken"
        if case.stage is Stage.HERSTELTERMIJN:
            if case.proposal is None:
                yield f"{passed}: leg een besluit voor."
        else:
            yield f"{passed}: begin de afweging tussen toegankelijkheid en kwaliteit."
    until = f" De termijn loopt tot en met {day_text(due)}." if due is not None and due >= day else ""
    if case.stage is Stage.VASTSTELLING:
        yield "Leg de vaststelling vast: zolang die er niet is, loopt er geen hersteltermijn."
    elif case.stage is Stage.HERSTELTERMIJN and until:
        yield f"Voldoe aan de voorwaardelijke eisen.{until}"
    elif case.stage is Stage.VERBETERPLAN_OPSTELLEN:
        yield f"Stel met de representerende zorgverzekeraars een verbeterplan op.{until}"
    elif case.stage is Stage.VERBETERPLAN_INGEDIEND:
        yield f"Stem in met het verbeterplan, of stuur het terug.{until}"
    elif case.stage is Stage.VERBETERPLAN_LOOPT and until:
        yield f"Voer het verbeterplan uit.{until}"
    elif case.stage is Stage.AFWEGING and case.proposal is None:
        yield "Rond de afweging af: leg een besluit of een tijdelijke uitzondering voor."


def _of_plan(case: Case, day: date) -> Iterator[str]:
    if case.plan is None or case.stage is Stage.VERBETERPLAN_OPSTELLEN:
        return
    covered = {norm for measure in case.plan.measures for norm in measure.norms}
    missing = [norm for norm in case.unmet if norm not in covered]
    if missing:
        yield f"Het verbeterplan heeft geen maatregel voor {', '.join(missing)}."
    comply_by = comply_on(case, day)
    for measure in case.plan.measures:
        if measure.status is MeasureStatus.GEREED:
            continue
        if measure.due_on < day:
            yield f"Maatregel {measure.measure_id} had op {day_text(measure.due_on)} gereed moeten zijn."
        elif measure.due_on > comply_by:
            yield f"Maatregel {measure.measure_id} is pas gereed na {day_text(comply_by)}."
