"""Applications for a budget: who signs them, and what can be done with them when (Wmg art. 52; AMB-45).

A draft says something (`Terms`, known by the digest of its content). Parties sign exactly that: whatever changes the
content makes another digest, and the signatures under the former one lapse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.runtime import names
from services.runtime.errors import DomainError, Reason, Violation, invalid
from spoedkader.amsterdam import day_of


class Kind(StrEnum):
    """On whose behalf an application is made, and on what ground."""

    GEZAMENLIJK = "GEZAMENLIJK"
    EENZIJDIG_AANBIEDER = "EENZIJDIG_AANBIEDER"
    EENZIJDIG_VERZEKERAAR = "EENZIJDIG_VERZEKERAAR"
    VERVOLG_NA_AFWIJZING = "VERVOLG_NA_AFWIJZING"


class Side(StrEnum):
    """Who applies; a side has one open application at most for a provider and year."""

    SAMEN = "zorgaanbieder en verzekeraars samen"
    AANBIEDER = "de zorgaanbieder"
    VERZEKERAARS = "de verzekeraars"


LEGAL_GROUNDS = {
    Kind.GEZAMENLIJK: "Wmg art. 52, onder a",
    Kind.VERVOLG_NA_AFWIJZING: "Wmg art. 52, onder b",
    Kind.EENZIJDIG_AANBIEDER: "Wmg art. 52, onder c",
    Kind.EENZIJDIG_VERZEKERAAR: "Wmg art. 52, onder c",
}
SIDES = {
    Kind.GEZAMENLIJK: Side.SAMEN,
    Kind.VERVOLG_NA_AFWIJZING: Side.SAMEN,
    Kind.EENZIJDIG_AANBIEDER: Side.AANBIEDER,
    Kind.EENZIJDIG_VERZEKERAAR: Side.VERZEKERAARS,
}


class State(StrEnum):
    """Where an application stands."""

    CONCEPT = "CONCEPT"
    ONDERTEKEND = "ONDERTEKEND"
    INGEDIEND = "INGEDIEND"
    TOEGEWEZEN = "TOEGEWEZEN"
    GEDEELTELIJK_TOEGEWEZEN = "GEDEELTELIJK_TOEGEWEZEN"
    AFGEWEZEN = "AFGEWEZEN"
    INGETROKKEN = "INGETROKKEN"


class Step(StrEnum):
    """What can be done with an application, as the methods are called."""

    CREATE = "CreateApplication"
    REVISE = "ReviseApplication"
    SIGN = "SignApplication"
    SUBMIT = "SubmitApplication"
    DECIDE = "RecordNzaDecision"
    WITHDRAW = "WithdrawApplication"


_OPEN_STEPS: dict[State, tuple[Step, ...]] = {
    State.CONCEPT: (Step.REVISE, Step.SIGN, Step.WITHDRAW),
    State.ONDERTEKEND: (Step.REVISE, Step.SUBMIT, Step.WITHDRAW),
    State.INGEDIEND: (Step.DECIDE, Step.WITHDRAW),
    State.TOEGEWEZEN: (),
    State.GEDEELTELIJK_TOEGEWEZEN: (),
    State.AFGEWEZEN: (),
    State.INGETROKKEN: (),
}


class Role(StrEnum):
    """What a party is to the application."""

    PROVIDER = "provider"
    INSURER = "insurer"


@dataclass(frozen=True, slots=True)
class Party:
    """A party; `code` is an AGB code for a provider and an UZOVI code for an insurer."""

    role: Role
    code: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of one party under a digest, by a user, at a moment in UTC."""

    party: Party
    digest: str
    actor: str
    signed_at: datetime


class Outcome(StrEnum):
    """What the NZa decided."""

    GEHEEL = "GEHEEL"
    GEDEELTELIJK = "GEDEELTELIJK"
    AFGEWEZEN = "AFGEWEZEN"


_AFTER_DECISION = {
    Outcome.GEHEEL: State.TOEGEWEZEN,
    Outcome.GEDEELTELIJK: State.GEDEELTELIJK_TOEGEWEZEN,
    Outcome.AFGEWEZEN: State.AFGEWEZEN,
}


@dataclass(frozen=True, slots=True)
class NzaDecision:
    """A decision of the NZa with the amount that is granted, in cents."""

    outcome: Outcome
    amount_cents: int
    decided_on: date
    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the steps need of what an application says.

    `digest` is that of the whole content; `parties` have to sign it; `unmet` are the conditions that are not met or
    not known, by their identifiers.
    """

    digest: str
    amount_cents: int
    parties: tuple[Party, ...]
    unmet: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """An application; `stage` is its state, in which CONCEPT also stands for ONDERTEKEND.

    `signatures` are those under what it says now, `lapsed` those under what it said before.
    """

    agb: str
    application_id: str
    kind: Kind
    created_at: datetime
    terms: Terms
    stage: State = State.CONCEPT
    signatures: tuple[Signature, ...] = ()
    lapsed: tuple[Signature, ...] = ()
    submitted_on: date | None = None
    nza_reference: str = ""
    decision: NzaDecision | None = None

    @property
    def name(self) -> str:
        """Its resource name."""
        return names.APPLICATION.format(provider=self.agb, application=self.application_id)

    @property
    def budget_year(self) -> int:
        """The year that the budget is for."""
        return int(self.application_id.partition("-")[0])

    @property
    def waiting_for(self) -> tuple[Party, ...]:
        """The parties that have to sign still."""
        signed = {signature.party for signature in self.signatures}
        return tuple(party for party in self.terms.parties if party not in signed)

    @property
    def state(self) -> State:
        """Where it stands: signed is a draft that every party signed as it is."""
        return State.ONDERTEKEND if self.stage is State.CONCEPT and not self.waiting_for else self.stage

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """The conditions that keep it from being signed and handed in; never those of a one-sided one (AMB-45)."""
        return self.terms.unmet if SIDES[self.kind] is Side.SAMEN else ()

    @property
    def open_steps(self) -> tuple[Step, ...]:
        """What can be done now."""
        held_back = {Step.SIGN, Step.SUBMIT} if self.blocked_by else set()
        return tuple(step for step in _OPEN_STEPS[self.state] if step not in held_back)


def parties_of(kind: Kind, agb: str, representatives: Sequence[str]) -> tuple[Party, ...]:
    """Who has to sign: together the provider and every representative, alone the one side."""
    provider = (Party(Role.PROVIDER, agb),)
    insurers = tuple(Party(Role.INSURER, insurer) for insurer in representatives)
    return {Side.SAMEN: provider + insurers, Side.AANBIEDER: provider, Side.VERZEKERAARS: insurers}[SIDES[kind]]


def require_open(step: Step, application: Application) -> None:
    """Refuses a step that is not open.

    Raises:
        DomainError: ILLEGAL_TRANSITION, which names the steps that are open, or CONDITIONS_NOT_MET.
    """
    if step not in _OPEN_STEPS[application.state]:
        steps = application.open_steps
        raise DomainError(
            Reason.ILLEGAL_TRANSITION,
            f"{step} kan niet in de toestand {application.state}; wel mogelijk: {', '.join(steps) or 'niets'}.",
            metadata={"state": application.state, "open_steps": ",".join(steps)},
        )
    if step in {Step.SIGN, Step.SUBMIT} and application.blocked_by:
        raise DomainError(
            Reason.CONDITIONS_NOT_MET,
            "Een gezamenlijke aanvraag kan niet zolang een voorwaarde niet is voldaan of niet bekend is: "
            f"{', '.join(application.blocked_by)}.",
            metadata={"conditions": ",".join(application.blocked_by)},
        )


def revise(application: Application, terms: Terms) -> Application:
    """A draft that says something else: its signatures lapse. One that says the same stays as it is."""
    require_open(Step.REVISE, application)
    if terms.digest == application.terms.digest:
        return application
    return replace(application, terms=terms, signatures=(), lapsed=application.lapsed + application.signatures)


def sign(application: Application, party: Party, digest: str, actor: str | None, at: datetime) -> Application:
    """A draft that one party more has signed; `actor` is None for a user that the call does not name.

    Raises:
        DomainError: as `require_open`; CONTENT_CHANGED, the draft says something else than what was seen;
            NOT_REPRESENTATIVE, the party need not sign; ALREADY_EXISTS, it did; ACTOR_NOT_OWN.
    """
    require_open(Step.SIGN, application)
    if digest != application.terms.digest:
        raise DomainError(
            Reason.CONTENT_CHANGED,
            "De aanvraag zegt iets anders dan wat er ondertekend zou worden; lees haar opnieuw.",
            metadata={"signed": digest, "current": application.terms.digest},
        )
    if party not in application.terms.parties:
        metadata = {"party": party.code}
        raise DomainError(
            Reason.NOT_REPRESENTATIVE, f"{party.code} hoeft deze aanvraag niet te ondertekenen.", metadata=metadata
        )
    if party not in application.waiting_for:
        metadata = {"party": party.code}
        raise DomainError(Reason.ALREADY_EXISTS, f"{party.code} heeft deze aanvraag al ondertekend.", metadata=metadata)
    return replace(
        application,
        signatures=(*application.signatures, Signature(party, digest, _own(application, party, actor), at)),
    )


def _own(application: Application, party: Party, actor: str | None) -> str:
    """The user, when it is one of the party's own."""
    if actor is None:
        message = "Ondertekenen kan alleen door een gebruiker die de aanroep noemt."
        raise DomainError(Reason.ACTOR_NOT_OWN, message)
    for signature in application.signatures + application.lapsed:
        if signature.actor == actor and signature.party != party:
            raise DomainError(
                Reason.ACTOR_NOT_OWN,
                f"{actor} ondertekende deze aanvraag namens {signature.party.code} en kan dat niet ook namens "
                f"{party.code} doen.",
                metadata={"actor": actor, "party": signature.party.code},
            )
    return actor


def submit(application: Application, submitted_on: date, nza_reference: str) -> Application:
    """A signed application that was handed in.

    Raises:
        DomainError: as `require_open`, or INVALID_INPUT when that day lies before the last signature.
    """
    require_open(Step.SUBMIT, application)
    signed_on = max((day_of(signature.signed_at) for signature in application.signatures), default=submitted_on)
    if submitted_on < signed_on:
        raise invalid([Violation("submitted_date", f"mag niet voor de laatste handtekening liggen, {signed_on}")])
    return replace(application, stage=State.INGEDIEND, submitted_on=submitted_on, nza_reference=nza_reference)


def decide(application: Application, decision: NzaDecision) -> Application:
    """An application that the NZa decided on.

    Raises:
        DomainError: as `require_open`, or INVALID_INPUT when amount or day do not fit the application.
    """
    require_open(Step.DECIDE, application)
    wrong = []
    asked = application.terms.amount_cents
    fits, expected = {
        Outcome.GEHEEL: (decision.amount_cents == asked, "het aangevraagde bedrag"),
        Outcome.GEDEELTELIJK: (0 < decision.amount_cents < asked, "meer dan 0 en minder dan het aangevraagde bedrag"),
        Outcome.AFGEWEZEN: (decision.amount_cents == 0, "0"),
    }[decision.outcome]
    if not fits:
        wrong.append(Violation("decision.amount", f"moet bij {decision.outcome} {expected} zijn"))
    assert application.submitted_on is not None
    if decision.decided_on < application.submitted_on:
        wrong.append(Violation("decision.decided_date", "mag niet voor de dag van indienen liggen"))
    if wrong:
        raise invalid(wrong)
    return replace(application, stage=_AFTER_DECISION[decision.outcome], decision=decision)


def withdraw(application: Application) -> Application:
    """An application that was withdrawn."""
    require_open(Step.WITHDRAW, application)
    return replace(application, stage=State.INGETROKKEN)
