"""A comparison as readable tables."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from services.cli import facts, formats
from services.cli.policy.failing import FailOn
from services.cli.policy.whatif_report import (
    Stake,
    WhatIf,
    plan_dates,
    route_name,
    spoken,
    telling,
)
from services.cli.quality_tables import ROUTE_STYLES, routes_text
from services.cli.tables import new_table, plain_text, shorten
from spoedkader.quality.v1 import assessment_pb2, comparison_pb2

MOST_LOCATIONS = 25
CAUTION = (
    "Het bedrag is het budget van de locaties om wie het gaat: wat er op het spel staat, geen besluit. "
    "De normbedragen van een voorbeeldronde zijn voorbeelden."
)


def readable(found: WhatIf, failed: Sequence[FailOn]) -> Iterator[RenderableType]:
    """The totals, the locations that change, and the sample."""
    totals = found.totals
    yield Text.assemble(
        (f"{formats.whole(totals.changed_count)} van {formats.whole(totals.location_count)} locaties", "bold"),
        f" veranderen als het ontwerp {set_label(totals.draft)} geldt in plaats van {base_label(found)},",
        f" beoordeeld naar {formats.day(found.as_of)}.",
    )
    yield _routes(found)
    if totals.flips:
        yield _flips(found)
    yield from _levels(found)
    if any(stake.entered or stake.left for stake in found.stakes):
        yield Group(_stakes(found.stakes), Text(CAUTION, style="dim"))
    moving = [location for location in found.locations if telling(location) or _moves(location)]
    if moving:
        yield _locations(found, moving)
    for explained in found.explained:
        lines = [Text.assemble((f"{explained.location_id} {explained.name}", "bold"), f": {explained.norm} ")]
        lines[0].append(f"{explained.title}: {explained.change}")
        lines += [Text(f"  was: {sentence}", style="dim") for sentence in explained.base_sentences]
        lines += [Text(f"  wordt: {sentence}") for sentence in explained.draft_sentences]
        yield Group(*lines)
    if found.refusals:
        yield _refusals(found)
    yield Text(
        f"{formats.whole(totals.checked_count)} locaties ook in hun geheel getoetst: zelfde uitkomst. "
        "Er is niets vastgelegd; mensen besluiten.",
        style="dim",
    )
    if failed:
        yield Text(f"Aangetroffen: {', '.join(failed)}.", style="bold red")


def set_label(pin: assessment_pb2.PolicyPin) -> str:
    """The rules of a pin, as in `2028 (0123456789abcdef)`."""
    return f"{pin.year} ({facts.id_of(pin.policy_set)})"


def base_label(found: WhatIf) -> str:
    """The rules that the draft was compared with."""
    return (
        f"de regels van {set_label(found.totals.base)}"
        if found.totals.HasField("base")
        else "de geldende regels van elk jaar"
    )


def level_changes(found: WhatIf) -> list[tuple[str, str, str]]:
    """The norms whose level or first day differs: the code, and what it was and becomes."""
    if found.base is None:
        return []
    before = {norm.code: norm for norm in found.base.catalogue}
    changes = []
    for norm in found.draft.catalogue:
        old = before.get(norm.code)
        if old is None:
            changes.append((norm.code, "", _standing(norm.level, norm.effective_on)))
        elif (old.level, old.effective_on) != (norm.level, norm.effective_on):
            changes.append(
                (norm.code, _standing(old.level, old.effective_on), _standing(norm.level, norm.effective_on))
            )
    kept = {norm.code for norm in found.draft.catalogue}
    gone = [(code, _standing(norm.level, norm.effective_on), "") for code, norm in before.items() if code not in kept]
    return changes + gone


def _standing(level: object, effective_on: object) -> str:
    return f"{level}, telt vanaf {effective_on:%d-%m-%Y}" if effective_on else str(level)


def _routes(found: WhatIf) -> RenderableType:
    numbers = ("nu", "ontwerp", "erbij", "eraf")
    table = new_table("Routes", "route", *numbers, right=numbers)
    for count in found.totals.routes:
        name = route_name(count.route)
        table.add_row(
            Text(name.lower(), style=ROUTE_STYLES.get(name, "")),
            formats.whole(count.base_count),
            formats.whole(count.draft_count),
            _some(count.entered_count),
            _some(count.left_count),
        )
    return table


def _flips(found: WhatIf) -> RenderableType:
    table = new_table("Oordelen die omslaan", "norm", "titel", "nu", "ontwerp", "locaties", right=["locaties"])
    for flip in found.totals.flips:
        table.add_row(
            plain_text(flip.norm),
            plain_text(found.title(flip.norm)),
            spoken(flip.base_verdict),
            spoken(flip.draft_verdict),
            formats.whole(flip.location_count),
        )
    return table


def _levels(found: WhatIf) -> Iterator[RenderableType]:
    changes = level_changes(found)
    if not changes:
        return
    table = new_table("Normen met een ander gewicht", "norm", "titel", "nu", "ontwerp")
    for code, before, after in changes:
        table.add_row(plain_text(code), plain_text(found.title(code)), before or "nieuw", after or "vervalt")
    yield table


def _stakes(stakes: Iterable[Stake]) -> RenderableType:
    numbers = ("komt erbij", "bedrag erbij", "valt weg", "bedrag weg")
    table = new_table("Budget van locaties die van route veranderen", "route", *numbers, right=numbers)
    for stake in stakes:
        table.add_row(
            stake.route.lower() or "samen, elke locatie eenmaal",
            _some(stake.entered),
            formats.euros(stake.entered_cents) if stake.entered else "",
            _some(stake.left),
            formats.euros(stake.left_cents) if stake.left else "",
        )
    return table


def _locations(found: WhatIf, moving: Sequence[comparison_pb2.LocationComparison]) -> RenderableType:
    columns = ("locatie", "naam", "nu", "ontwerp", "plan uiterlijk", "normen", "budget")
    table = new_table("Locaties die veranderen", *columns, right=["budget"], whole_words=["locatie"])
    shorten(table, 1, 18)
    for column in (2, 3):
        table.columns[column].min_width = len("hersteltermijn,")
    # Those whose route changes come first; the order is that of the population otherwise.
    for location in sorted(moving, key=lambda each: not _moves(each))[:MOST_LOCATIONS]:
        location_id = facts.location_id_of(location.assessment)
        budget = found.budgets.get(location_id)
        _, due = plan_dates(location)
        table.add_row(
            plain_text(location_id),
            plain_text(found.name_of(location_id)),
            routes_text(map(route_name, location.base_routes)),
            routes_text(map(route_name, location.draft_routes)),
            formats.day(due) if due else "",
            plain_text(" ".join(change.norm for change in telling(location))),
            "" if budget is None else formats.euros(budget),
        )
    more = len(moving) - MOST_LOCATIONS
    return Group(table, Text(f"… en nog {formats.whole(more)}; --csv geeft ze alle.")) if more > 0 else table


def _refusals(found: WhatIf) -> RenderableType:
    lines = [
        Text(f"  {facts.id_of(refusal.location)}: {refusal.status.message}")
        for refusal in found.refusals[:MOST_LOCATIONS]
    ]
    head = Text(f"{formats.whole(len(found.refusals))} locaties konden niet worden vergeleken.", style="bold red")
    return Group(head, *lines)


def _moves(location: comparison_pb2.LocationComparison) -> bool:
    return location.base_routes != location.draft_routes or plan_dates(location)[0] != plan_dates(location)[1]


def _some(number: int) -> str:
    return formats.whole(number) if number else ""
