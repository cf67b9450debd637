"""Who plays which part in the story: chosen from what the assessments of a folder gave, the first that fits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.cli.exchange.rows import ExchangeFolder, Location, Provider
from services.cli.failures import Failure
from services.cli.results import routes_of
from spoedkader.quality.v1 import assessment_pb2
from spoedkader.registry.v1 import provider_pb2


@dataclass(frozen=True, slots=True)
class Part:
    """A location with its provider."""

    location: Location
    provider: Provider

    @property
    def name(self) -> str:
        """The resource name of the location."""
        return f"providers/{self.provider.agb}/locations/{self.location.location_id}"

    @property
    def provider_name(self) -> str:
        """The resource name of the provider."""
        return f"providers/{self.provider.agb}"

    @property
    def insurers(self) -> tuple[str, ...]:
        """UZOVI codes of the representatives."""
        return tuple(self.provider.representatives)


@dataclass(frozen=True, slots=True)
class Cast:
    """The parts; each is of another provider. `refused` is the name of the new provider that was refused."""

    example: Part
    """Meets everything, and whose answers are good ones to give."""
    cured: Part
    planned: Part
    excepted: Part
    decided: Part
    refused: str


def choose(
    folder: ExchangeFolder,
    assessments: Mapping[str, assessment_pb2.Assessment],
    providers: Iterable[provider_pb2.Provider],
) -> Cast:
    """Chooses who plays which part.

    Raises:
        Failure: the folder has nobody for a part.
    """
    owners = {provider.agb: provider for provider in folder.providers}
    with_indicators = {row.location_id for row in folder.indicators}
    attested: dict[str, set[str]] = {}
    for row in folder.attestations:
        if row.document:
            attested.setdefault(row.agb, set()).add(str(row.kind))
    locations_of: dict[str, list[str]] = {}
    for location in folder.locations:
        locations_of.setdefault(location.agb, []).append(location.location_id)
    limited = {row.location_id for row in folder.closures} | {row.location_id for row in folder.opening_hours}
    taken: set[str] = set()

    def first(what: str, route: str, *, only: bool = True, fits: Callable[[Part], bool] = lambda part: True) -> Part:
        for location in folder.locations:
            part = Part(location, owners[location.agb])
            assessment = assessments.get(location.location_id)
            if assessment is None or location.agb in taken or len(locations_of[location.agb]) > 1:
                continue
            routes = routes_of(assessment)
            if (routes == (route,) if only else route in routes) and fits(part):
                taken.add(location.agb)
                return part
        raise Failure(f"In de map is geen {what}.", ("Het verloop heeft de voorbeeldronde nodig.",))

    def complete(part: Part) -> bool:
        place = part.location.location_id
        return len(attested.get(part.provider.agb, ())) == 4 and place in with_indicators and place not in limited

    refused = next((each for each in providers if each.state == provider_pb2.Provider.STATE_DECLINED), None)
    if refused is None:
        raise Failure("In de map is geen nieuwe aanbieder die is afgewezen.")
    return Cast(
        example=first("SEH die altijd open is, aan alles voldoet en alles heeft verklaard", "VOLDOET", fits=complete),
        cured=first("SEH die alleen aan een voorwaardelijke eis niet voldoet", "HERSTELTERMIJN"),
        excepted=first("tweede SEH met een hersteltermijn", "HERSTELTERMIJN", only=False),
        decided=first("derde SEH met een hersteltermijn", "HERSTELTERMIJN", only=False),
        planned=first("SEH die een verbeterplan moet maken", "VERBETERPLAN"),
        refused=refused.name,
    )
