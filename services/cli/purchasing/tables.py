"""Readable tables of the process: cases, conditions, deadlines, applications, outlooks, and simulations."""

from collections.abc import Iterable, Iterator

from google.type import date_pb2, money_pb2
from rich.console import RenderableType
from rich.text import Text

from services.cli import formats
from services.cli.tables import new_table, plain_text, titled
from services.runtime import names
from services.runtime.wire import from_date, from_money
from spoedkader.budget.v1 import (
    application_pb2,
    calendar_pb2,
    condition_pb2,
    outlook_pb2,
    scenario_pb2,
    schoning_pb2,
)
from spoedkader.feed.v1 import feed_pb2
from spoedkader.quality.v1 import enforcement_pb2

_STATUS_STYLES = {"VOLDAAN": "green", "NIET_VOLDAAN": "red", "ONBEKEND": "cyan", "NIET_VAN_TOEPASSING": "dim"}
_VARIANTS = {
    schoning_pb2.SCHONING_VARIANT_PER_ZIEKENHUIS: "Per ziekenhuis, landelijke methodiek",
    schoning_pb2.SCHONING_VARIANT_OP_TOTAAL: "Op totaalniveau, naar rato van omzet",
    schoning_pb2.SCHONING_VARIANT_ZONDER_LANDELIJKE_AFSPRAAK: "Zonder landelijke afspraak",
}


def cases(found: Iterable[enforcement_pb2.Case]) -> RenderableType:
    """One row for each case."""
    table = new_table(
        "Zaken", "locatie", "spoor", "toestand", "normen", "termijn", "nu te doen", whole_words=["locatie"]
    )
    for case in found:
        _, location, identifier = names.parts(names.CASE, case.name)
        table.add_row(
            plain_text(location),
            identifier,
            _word(enforcement_pb2.Case.State.Name(case.state)),
            plain_text(" ".join(case.unmet_norms)),
            _due(case.due_date if case.HasField("due_date") else None, late=case.overdue),
            plain_text("\n".join(case.suggestions)),
        )
    return table


def conditions(found: condition_pb2.Conditions) -> Iterator[RenderableType]:
    """The seven conditions, with what is missing, who has to act and until when."""
    table = new_table("", "nr", "voorwaarde", "status", "wat ontbreekt of opvalt", "aan zet", "termijn")
    for condition in found.conditions:
        status = condition_pb2.Condition.Status.Name(condition.status).removeprefix("STATUS_")
        head = (str(condition.number), plain_text(condition.title), Text(_word(status), _STATUS_STYLES.get(status, "")))
        # What deserves attention without blocking is dimmed.
        told = [(each, "") for each in condition.shortfalls] + [(each, "dim") for each in condition.remarks]
        for number, (shortfall, style) in enumerate(told):
            where = f"{shortfall.location.rpartition('/')[2]}: " if shortfall.location else ""
            table.add_row(
                *(head if number == 0 else ("", "", "")),
                Text(where + shortfall.description, style),
                _word(condition_pb2.Shortfall.Actor.Name(shortfall.actor)),
                _due(shortfall.due_date if shortfall.HasField("due_date") else None, late=shortfall.overdue),
            )
        if not told:
            table.add_row(*head, "", "", "")
    yield titled(f"Voorwaarden op {formats.day(from_date(found.as_of_date))}", table)
    blocked = "houden een gezamenlijke aanvraag tegen" if found.joint_application_blocked else "staan een aanvraag toe"
    yield Text(f"De voorwaarden {blocked}.", style="bold")


def deadlines(found: Iterable[calendar_pb2.Deadline], overdue: int) -> Iterator[RenderableType]:
    """The deadlines by day."""
    table = new_table("", "uiterlijk", "wat", "aanbieder", "aan zet", whole_words=["uiterlijk", "aanbieder"])
    for deadline in found:
        table.add_row(
            _due(deadline.due_date if deadline.HasField("due_date") else None, late=deadline.overdue),
            plain_text(deadline.title),
            deadline.provider.rpartition("/")[2],
            ", ".join(deadline.insurers) or "zorgaanbieder",
        )
    yield titled(f"Termijnen, waarvan {overdue} te laat", table)


def applications(found: Iterable[application_pb2.Application]) -> RenderableType:
    """One row for each application."""
    table = new_table("Aanvragen", "aanvraag", "aanbieder", "soort", "toestand", "bedrag", "wacht op", right=["bedrag"])
    for application in found:
        agb, identifier = names.parts(names.APPLICATION, application.name)
        table.add_row(
            identifier,
            agb,
            _word(application_pb2.Application.Kind.Name(application.kind)),
            _word(application_pb2.Application.State.Name(application.state)),
            _amount(application.amount),
            ", ".join(party.provider or party.insurer for party in application.waiting_for),
        )
    return table


def outlook(found: outlook_pb2.Outlook) -> RenderableType:
    """Prognosis and realisation side by side."""
    numbers = ("gesloten, prognose", "prognose", "gesloten, tot nu", "realisatie")
    table = new_table("Prognose en realisatie", "locatie", *numbers, "lopende sluitingen", right=numbers)
    for location in found.locations:
        table.add_row(
            plain_text(location.location.rpartition("/")[2]),
            formats.hours(location.prognosis_closed_minutes),
            _amount(location.prognosis),
            formats.hours(location.realisation_closed_minutes),
            _amount(location.realisation),
            plain_text(", ".join(location.open_closures)),
        )
    table.add_section()
    table.add_row("samen", "", _amount(found.prognosis), "", _amount(found.realisation), "")
    return table


def scenario(found: scenario_pb2.Scenario) -> Iterator[RenderableType]:
    """What a scenario would do to each provider and in total."""
    yield Text(found.label, style="bold yellow")
    yield plain_text("\n".join(f"· {line}" for line in found.assumptions))
    numbers = ("nu", "scenario", "verschil")
    table = new_table("", "aanbieder", *numbers, right=numbers)
    for effect in found.providers:
        table.add_row(
            effect.provider.rpartition("/")[2],
            _amount(effect.now),
            _amount(effect.scenario),
            _signed(effect.difference),
        )
    table.add_section()
    table.add_row("samen", _amount(found.total_now), _amount(found.total_scenario), _signed(found.total_difference))
    yield table


def schoning(found: schoning_pb2.SchoningSimulation) -> Iterator[RenderableType]:
    """Who gains and who loses in each variant."""
    yield Text(found.label, style="bold yellow")
    numbers = ("budget", "af: eerdere bijdrage", "schoning", "effect")
    for variant in found.variants:
        table = new_table("", "aanbieder", *numbers, right=numbers)
        for effect in variant.effects:
            table.add_row(
                effect.provider.rpartition("/")[2],
                _amount(effect.budget),
                _amount(effect.former_contribution),
                _amount(effect.correction),
                _signed(effect.effect),
            )
        table.add_section()
        table.add_row(
            "samen",
            _amount(variant.total_budget),
            _amount(variant.total_former_contribution),
            _amount(variant.total_correction),
            _signed(variant.total_effect),
        )
        counts = f"{variant.gaining_count} gaan erop vooruit, {variant.losing_count} erop achteruit"
        yield titled(f"{_VARIANTS[variant.variant]}: {counts}", table)
        if from_money(variant.pressure_on_other_care):
            yield Text(f"Drukt op overige zorg: {_amount(variant.pressure_on_other_care)}", style="yellow")


def changes(found: Iterable[feed_pb2.Change], cursor: str) -> Iterator[RenderableType]:
    """What happened, and where to go on."""
    table = new_table("", "plaats", "moment", "gegevens", "versie", "door", right=["plaats", "versie"])
    for change in found:
        at = change.create_time.ToDatetime()
        table.add_row(
            str(change.position),
            f"{at:%Y-%m-%d %H:%M:%S}Z",
            plain_text(change.resource),
            str(change.revision),
            change.actor,
        )
    yield table
    yield Text(f"Verder met --cursor {cursor}", style="dim")


def _word(name: str) -> str:
    """An enum member as people read it, as in `verbeterplan loopt`."""
    for prefix in ("STATE_", "KIND_", "STATUS_", "ACTOR_"):
        name = name.removeprefix(prefix)
    return name.lower().replace("_", " ")


def _due(value: date_pb2.Date | None, *, late: bool) -> Text:
    if value is None:
        return Text("")
    return Text(formats.day(from_date(value)), style="bold red" if late else "")


def _amount(money: money_pb2.Money) -> str:
    return formats.euros(from_money(money))


def _signed(money: money_pb2.Money) -> Text:
    cents = from_money(money)
    style = "green" if cents > 0 else "red" if cents < 0 else "dim"
    return Text(f"+{formats.euros(cents)}" if cents > 0 else formats.euros(cents), style=style)
