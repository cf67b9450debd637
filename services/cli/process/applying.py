"""The purchasing chapter: applications, the decision of the NZa, and what a late closure changes."""

from datetime import datetime, timedelta

from google.type import money_pb2

from services.cli.formats import euros
from services.cli.process.cast import Cast, Part
from services.cli.process.journal import Journal
from services.cli.process.simulation import SimulatedClock
from services.cli.process.users import Desk, of_insurer, of_provider
from services.runtime import names
from services.runtime.wire import from_money, to_date, to_wall_clock
from spoedkader.budget.v1 import application_pb2 as pb
from spoedkader.budget.v1 import budget_pb2, calendar_pb2, condition_pb2, obligation_pb2, outlook_pb2
from spoedkader.feed.v1 import feed_pb2
from spoedkader.registry.v1 import closure_pb2

Application = pb.Application
_FORMS = (
    pb.ExportApplicationRequest.FORM_JSON,
    pb.ExportApplicationRequest.FORM_HTML,
    pb.ExportApplicationRequest.FORM_PDF,
)


class Applying:
    """What happens between parties and the NZa."""

    def __init__(self, desk: Desk, clock: SimulatedClock, journal: Journal, cast: Cast, budget_year: int) -> None:
        self._desk = desk
        self._clock = clock
        self._journal = journal
        self._cast = cast
        self._year = budget_year

    def refuse_new_provider(self) -> None:
        """A new provider that was refused has no claim (condition 7)."""
        agb = self._cast.refused.rpartition("/")[2]
        calculation = self._calculate(agb)
        conditions = self._conditions(agb)
        unmet = [
            each.title for each in conditions.conditions if each.status == condition_pb2.Condition.STATUS_NIET_VOLDAAN
        ]
        self._note(
            agb,
            "nieuwe aanbieder afgewezen",
            "representanten",
            f"budget {_amount(calculation.budget)}; {', '.join(unmet)}",
        )

    def apply_jointly(self) -> Application:
        """Provider and representatives sign the same digest, and hand the application in."""
        part = self._cast.example
        conditions = self._conditions(part.provider.agb)
        blocked = "tegengehouden" if conditions.joint_application_blocked else "zeven voorwaarden in orde"
        self._note(part.provider.agb, "voorwaarden getoetst", "de regels", blocked)
        request = pb.CreateApplicationRequest(
            parent=part.provider_name, budget_year=self._year, kind=Application.KIND_GEZAMENLIJK
        )
        application = self._desk.ask(self._desk.applications.CreateApplication, request, of_insurer(part.insurers[0]))
        self._note(part.provider.agb, "gezamenlijke aanvraag opgesteld", part.insurers[0], _amount(application.amount))
        return self._sign_and_submit(part, application)

    def apply_one_sidedly(self) -> None:
        """A provider without agreement applies alone, after consultation."""
        part = self._cast.decided
        request = pb.CreateApplicationRequest(
            parent=part.provider_name,
            budget_year=self._year,
            kind=Application.KIND_EENZIJDIG_AANBIEDER,
            consultation=pb.Consultation(
                took_place=True,
                last_date=to_date(self._clock.today - timedelta(days=7)),
                summary="Partijen werden het niet eens over de hersteltermijn.",
                document="verslag overleg (voorbeeld)",
            ),
        )
        application = self._desk.ask(self._desk.applications.CreateApplication, request, of_provider(part))
        self._note(part.provider.agb, "eenzijdige aanvraag opgesteld", part.provider.name, _amount(application.amount))
        self._sign_and_submit(part, application)

    def grant(self, application: Application) -> None:
        """The NZa grants the whole amount."""
        decision = pb.NzaDecision(
            outcome=pb.NzaDecision.OUTCOME_GEHEEL,
            amount=application.amount,
            decided_date=to_date(self._clock.today),
            document="beschikking NZa (voorbeeld)",
        )
        request = pb.RecordNzaDecisionRequest(name=application.name, decision=decision)
        granted = self._desk.ask(self._desk.applications.RecordNzaDecision, request)
        self._note(
            self._cast.example.provider.agb, "besluit NZa", "NZa", f"toegewezen: {_amount(granted.nza_decision.amount)}"
        )

    def amend(self, application: Application) -> None:
        """A closure that is reported late lowers the budget; parties amend the application."""
        part = self._cast.example
        agb = part.provider.agb
        closure = closure_pb2.CreateClosureRequest(
            parent=part.name,
            closure_id="verloop-1",
            closure=closure_pb2.Closure(
                start_time=to_wall_clock(datetime(self._year, 2, 8)),
                end_time=to_wall_clock(datetime(self._year, 3, 1)),
                foreseen=False,
                reason="Uitval van personeel (voorbeeld).",
            ),
        )
        self._desk.ask(self._desk.closures.CreateClosure, closure, of_provider(part))
        self._note(agb, "sluiting van drie weken te laat gemeld", part.provider.name, "verloop-1")
        later = self._calculate(agb)
        request = outlook_pb2.CompareCalculationsRequest(
            from_calculation=application.calculation.name, to_calculation=later.name
        )
        difference = self._desk.ask(self._desk.outlooks.CompareCalculations, request)
        for change in difference.changes:
            self._note(agb, "opnieuw berekend", "de rekenregels", f"{_amount(change.effect)}: {change.description}")
        wanted = outlook_pb2.GetOutlookRequest(name=names.OUTLOOK.format(provider=agb, year=self._year))
        outlook = self._desk.ask(self._desk.outlooks.GetOutlook, wanted)
        both = f"prognose {_amount(outlook.prognosis)}, realisatie {_amount(outlook.realisation)}"
        self._note(agb, "vooruitblik", "de rekenregels", both)
        self._acknowledge(part)
        amendment = pb.CreateApplicationRequest(
            parent=part.provider_name,
            budget_year=self._year,
            kind=Application.KIND_GEZAMENLIJK,
            amends=application.name,
            explanation="Aanpassing na een onvoorziene sluiting (bijlage B, 1 en 2).",
        )
        amended = self._desk.ask(self._desk.applications.CreateApplication, amendment, of_insurer(part.insurers[0]))
        self._note(agb, "wijziging van de aanvraag opgesteld", part.insurers[0], _amount(amended.amount))
        self._sign_and_submit(part, amended)

    def look_back(self) -> None:
        """Everything is replayed, the calendar is exported, and the feeds are read to their ends."""
        listed = self._desk.ask(
            self._desk.applications.ListApplications,
            pb.ListApplicationsRequest(parent=names.PROVIDER.format(provider=names.ANY), budget_year=self._year),
        )
        same = [
            self._desk.ask(self._desk.applications.ReplayApplication, pb.ReplayApplicationRequest(name=each.name)).same
            for each in listed.applications
        ]
        self._note(
            "alle", "aanvragen nagerekend", "de rekenregels", f"{sum(same)} van {len(same)} gelijk tot op de byte"
        )
        calendar = self._desk.ask(
            self._desk.calendar.ExportCalendar,
            calendar_pb2.ExportCalendarRequest(
                parent=names.PROVIDER.format(provider=names.ANY), budget_year=self._year
            ),
        )
        self._journal.keep(calendar.file_name, calendar.content)
        deadlines = self._desk.ask(
            self._desk.calendar.ListDeadlines,
            calendar_pb2.ListDeadlinesRequest(parent=names.PROVIDER.format(provider=names.ANY), budget_year=self._year),
        )
        self._note("alle", "termijnen", "de kalender", f"{deadlines.overdue_count} te laat; {calendar.file_name}")
        for service, stub in self._desk.feeds.items():
            count, cursor = 0, ""
            while True:
                page = self._desk.ask(stub.ListChanges, feed_pb2.ListChangesRequest(cursor=cursor, page_size=1000))
                count, cursor = count + len(page.changes), page.next_cursor
                if not page.has_more:
                    break
            self._note("alle", f"wijzigingen bij {service}", "de feed", str(count))

    def _sign_and_submit(self, part: Part, application: Application) -> Application:
        """Every party signs by a user of its own what it saw; then it is handed in and exported."""
        agb = part.provider.agb
        for party in list(application.waiting_for):
            insurer = party.insurer if party.WhichOneof("party") == "insurer" else ""
            user = of_insurer(insurer) if insurer else of_provider(part)
            request = pb.SignApplicationRequest(
                name=application.name, party=party, content_digest=application.content_digest
            )
            application = self._desk.ask(self._desk.applications.SignApplication, request, user)
            self._note(agb, "ondertekend", user, f"{application.content_digest[:19]}…")
        submit = pb.SubmitApplicationRequest(
            name=application.name, submitted_date=to_date(self._clock.today), nza_reference="voorbeeld"
        )
        application = self._desk.ask(self._desk.applications.SubmitApplication, submit, of_provider(part))
        for form in _FORMS:
            wanted = pb.ExportApplicationRequest(name=application.name, form=form)
            export = self._desk.ask(self._desk.applications.ExportApplication, wanted)
            self._journal.keep(export.file_name, export.content)
        self._note(agb, "ingediend bij de NZa", part.provider.name, application.name.rpartition("/")[2])
        return application

    def _acknowledge(self, part: Part) -> None:
        name = names.OBLIGATIONS.format(provider=part.provider.agb, location=part.location.location_id, year=self._year)
        request = obligation_pb2.AcknowledgeObligationRequest(
            name=name,
            kind=obligation_pb2.Duty.KIND_STRUCTURELE_SLUITING,
            acknowledgement=obligation_pb2.Acknowledgement(
                acknowledged_date=to_date(self._clock.today), causes="Uitval van personeel (voorbeeld)."
            ),
        )
        self._desk.ask(self._desk.obligations.AcknowledgeObligation, request, of_provider(part))
        self._note(part.provider.agb, "structurele sluiting gemeld", part.provider.name, "verplichting vervuld")

    def _calculate(self, agb: str) -> budget_pb2.Calculation:
        request = budget_pb2.CalculateBudgetRequest(name=names.BUDGET.format(provider=agb, year=self._year))
        return self._desk.ask(self._desk.budgets.CalculateBudget, request)

    def _conditions(self, agb: str) -> condition_pb2.Conditions:
        request = condition_pb2.EvaluateConditionsRequest(name=names.CONDITIONS.format(provider=agb, year=self._year))
        return self._desk.ask(self._desk.conditions.EvaluateConditions, request)

    def _note(self, about: str, what: str, who: str, outcome: str) -> None:
        self._journal.note(self._clock.today, f"{about}: {what}", who, outcome)


def _amount(money: money_pb2.Money) -> str:
    return euros(from_money(money))
