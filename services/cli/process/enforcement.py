"""The enforcement chapter: findings, a cure, a plan, an exception and a decision (Inkoopkader, bijlage A)."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from services.cli.process.cast import Cast, Part
from services.cli.process.journal import Journal
from services.cli.process.simulation import SimulatedClock
from services.cli.process.users import Desk, of_insurer, of_provider
from services.runtime import names
from services.runtime.wire import from_date, to_date
from spoedkader.quality.v1 import assessment_pb2, catalogue_pb2, submission_pb2
from spoedkader.quality.v1 import enforcement_pb2 as pb

State = pb.Case.State


class Enforcement:
    """What happens to the SEHs that do not meet a norm."""

    def __init__(self, desk: Desk, clock: SimulatedClock, journal: Journal, cast: Cast, budget_year: int) -> None:
        self._desk = desk
        self._clock = clock
        self._journal = journal
        self._cast = cast
        self._year = budget_year

    def establish(self) -> None:
        """The representatives record their findings; three months start to run (AMB-40)."""
        for part in (self._cast.cured, self._cast.excepted, self._cast.decided):
            insurer = part.insurers[0]
            request = pb.EstablishFindingRequest(
                name=self._case(part, "herstel"),
                insurer=insurer,
                established_date=to_date(self._clock.today),
                reason="Uit de voorlopige antwoorden blijkt dat niet aan de voorwaardelijke eis wordt voldaan.",
                document="gespreksverslag 2026-06",
            )
            case = self._desk.ask(self._desk.enforcement.EstablishFinding, request, of_insurer(insurer))
            self._note(
                part, "vaststelling vastgelegd", insurer, f"herstel uiterlijk {from_date(case.due_date):%d-%m-%Y}"
            )

    def plan(self, norms: Iterable[catalogue_pb2.Norm]) -> None:
        """A provider hands in a plan, and its representatives agree."""
        part = self._cast.planned
        name = self._case(part, "verbeterplan")
        case = self._desk.ask(self._desk.enforcement.GetCase, pb.GetCaseRequest(name=name))
        remedies = {norm.code: norm.remedy for norm in norms}
        measures = [
            pb.Measure(
                id=f"m{number}",
                norms=[code],
                description=remedies[code],
                owner_role="manager acute zorg",
                due_date=to_date(date(self._year, 3, 1)),
            )
            for number, code in enumerate(case.unmet_norms, start=1)
        ]
        plan = pb.ImprovementPlan(summary="Voldoen aan alle normen.", document="verbeterplan v1", measures=measures)
        request = pb.SubmitImprovementPlanRequest(name=name, plan=plan)
        self._desk.ask(self._desk.enforcement.SubmitImprovementPlan, request, of_provider(part))
        self._note(part, "verbeterplan ingediend", part.provider.name, f"{len(measures)} maatregelen")
        self._clock.go_to(self._clock.today + timedelta(days=12))
        insurer = part.insurers[0]
        agree = pb.AgreeImprovementPlanRequest(name=name, insurer=insurer, reason="Het plan is haalbaar en volledig.")
        case = self._desk.ask(self._desk.enforcement.AgreeImprovementPlan, agree, of_insurer(insurer))
        self._note(
            part, "verbeterplan overeengekomen", insurer, f"voldoen uiterlijk {from_date(case.due_date):%d-%m-%Y}"
        )

    def cure(self, norms: Iterable[catalogue_pb2.Norm]) -> None:
        """A hospital mends what was wrong and corrects its answers; the next assessment closes the case."""
        part, good = self._cast.cured, self._cast.example
        name = self._case(part, "herstel")
        case = self._desk.ask(self._desk.enforcement.GetCase, pb.GetCaseRequest(name=name))
        questions = {question for norm in norms if norm.code in case.norms for question in norm.questions}
        submission = self._submission(part, case.survey_year)
        mended = [answer for answer in submission.answers if answer.question not in questions]
        mended += [
            answer for answer in self._submission(good, case.survey_year).answers if answer.question in questions
        ]
        submission.ClearField("answers")
        submission.answers.extend(mended)
        request = submission_pb2.SubmitAnswersRequest(submission=submission)
        self._desk.ask(self._desk.submissions.SubmitAnswers, request, of_provider(part))
        again = assessment_pb2.AssessLocationRequest(name=part.name, budget_year=self._year)
        self._desk.ask(self._desk.assessments.AssessLocation, again)
        case = self._desk.ask(self._desk.enforcement.GetCase, pb.GetCaseRequest(name=name))
        self._note(part, "verbeterde antwoorden, opnieuw getoetst", part.provider.name, _state(case))

    def grant_exception(self) -> None:
        """All representatives agree with a temporary exception (AMB-48)."""
        part = self._cast.excepted
        today = self._clock.today
        terms = pb.ExceptionTerms(
            start_date=to_date(today),
            end_date=to_date(date(self._year, 3, 31)),
            why_this_location="De enige SEH in de wijde omtrek; de dichtstbijzijnde ligt buiten de 45 minuten.",
            agreement="afspraak representanten en zorgaanbieder 2026-09",
            risk_measures="Dubbele achterwacht en directe opschaling naar het naburige traumacentrum.",
            igj_conclusion="conclusie IGJ 2026-08 (voorbeeld)",
        )
        request = pb.ProposeDecisionRequest(
            name=self._case(part, "herstel"),
            insurer=part.insurers[0],
            kind=pb.DECISION_KIND_TIJDELIJKE_UITZONDERING,
            reason="Door overmacht kan de bezetting pas in het voorjaar op orde zijn.",
            exception=terms,
        )
        case = self._decide(part, request)
        self._note(part, "uitzondering toegestaan", _all(part), f"{_state(case)}, tot en met 31-03-{self._year}")

    def decide(self, neighbours: Mapping[str, str]) -> None:
        """The term has passed; all representatives decide that there is no application. Notices go out."""
        part = self._cast.decided
        name = self._case(part, "herstel")
        case = self._desk.ask(self._desk.enforcement.GetCase, pb.GetCaseRequest(name=name))
        self._note(part, "hersteltermijn verstreken", "de software stelt voor", "; ".join(case.suggestions))
        neighbour = next(other for place, other in neighbours.items() if place != part.location.location_id)
        request = pb.ProposeDecisionRequest(
            name=name,
            insurer=part.insurers[0],
            kind=pb.DECISION_KIND_GEEN_AANVRAAG,
            reason="Binnen drie maanden is niet alsnog aan de voorwaardelijke eis voldaan.",
            care_duty=pb.CareDutyJudgement(
                means=[pb.CareDutyJudgement.MEANS_OMLIGGENDE_SEHS],
                surrounding_locations=[neighbour],
                reasoning="De omliggende SEH kan de patiënten opvangen.",
            ),
        )
        case = self._decide(part, request)
        self._note(part, "besluit genomen", _all(part), _state(case))
        listed = self._desk.ask(self._desk.enforcement.ListNotices, pb.ListNoticesRequest(parent=name))
        for notice in listed.notices:
            wanted = pb.GetNoticeRequest(name=notice.name, form=pb.GetNoticeRequest.FORM_PDF)
            found = self._desk.ask(self._desk.enforcement.GetNotice, wanted)
            recipient = pb.Notice.Recipient.Name(notice.recipient).removeprefix("RECIPIENT_").lower()
            path = self._journal.keep(f"melding-{recipient}-{part.location.location_id}.pdf", found.content)
            self._note(part, f"melding aan {recipient.upper()}", _all(part), path.name)

    def _decide(self, part: Part, request: pb.ProposeDecisionRequest) -> pb.Case:
        """The first representative proposes, the others agree, each by a user of its own."""
        case = self._desk.ask(self._desk.enforcement.ProposeDecision, request, of_insurer(request.insurer))
        for insurer in part.insurers[1:]:
            vote = pb.VoteOnDecisionRequest(
                name=request.name,
                number=case.proposal.number,
                insurer=insurer,
                agrees=True,
                reason="Eens met het voorstel.",
            )
            case = self._desk.ask(self._desk.enforcement.VoteOnDecision, vote, of_insurer(insurer))
        return case

    def _submission(self, part: Part, survey_year: int) -> submission_pb2.Submission:
        name = f"{part.name}/submissions/{survey_year}"
        return self._desk.ask(self._desk.submissions.GetSubmission, submission_pb2.GetSubmissionRequest(name=name))

    def _case(self, part: Part, track: str) -> str:
        return names.CASE.format(
            provider=part.provider.agb, location=part.location.location_id, case=f"{self._year - 1}-{track}"
        )

    def _note(self, part: Part, what: str, who: str, outcome: str) -> None:
        self._journal.note(self._clock.today, f"{part.location.location_id}: {what}", who, outcome)


def _state(case: pb.Case) -> str:
    return State.Name(case.state).removeprefix("STATE_").lower().replace("_", " ")


def _all(part: Part) -> str:
    return ", ".join(part.insurers)
