"""Deadlines as an iCalendar (RFC 5545)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from services.budget.calendar.model import Deadline


def to_icalendar(name: str, deadlines: Iterable[Deadline], today: date, made_at: datetime) -> bytes:
    """A calendar with an all-day event on the last day of each deadline; those without a day are left out.

    Events and not to-dos, for most calendar programs show no to-dos of a subscription. `made_at` is in UTC.
    """
    calendar = Calendar()
    calendar.add("PRODID", "-//Spoedkader//Termijnen//NL")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", name)
    for deadline in deadlines:
        if deadline.due_on is None:
            continue
        event = Event()
        event.add("UID", f"{deadline.id}@spoedkader")
        event.add("DTSTAMP", made_at.replace(microsecond=0))
        event.add("DTSTART", deadline.due_on)
        event.add("DTEND", deadline.due_on + timedelta(days=1))
        late = "TE LAAT: " if deadline.overdue(today) else ""
        event.add("SUMMARY", f"{late}{deadline.title}")
        who = f"Verzekeraars {', '.join(deadline.insurers)}" if deadline.insurers else "Zorgaanbieder"
        event.add("DESCRIPTION", "\n".join(filter(None, (deadline.description, f"Aan zet: {who}", deadline.resource))))
        event.add("CATEGORIES", [deadline.kind.value])
        event.add("TRANSP", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
