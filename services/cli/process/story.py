"""The story: an example round from the assessment to an amended application, a day at a time."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from services.cli import formats
from services.cli.clients import Services
from services.cli.exporting import Exporter
from services.cli.importing import Importer
from services.cli.output import Output, Steps
from services.cli.process.applying import Applying
from services.cli.process.cast import choose
from services.cli.process.enforcement import Enforcement
from services.cli.process.journal import Journal
from services.cli.process.simulation import SimulatedClock, folder_for, simulated_suite
from services.cli.process.users import Desk
from services.cli.results import assess_all, norms_of
from services.cli.tables import new_table, plain_text, titled
from services.runtime import names
from spoedkader.quality.v1 import enforcement_pb2


def run(folder: Path, out: Path | None, output: Output) -> None:
    """Carries a folder through the process in simulated time and writes the documents to `out`.

    Raises:
        FolderProblems: the folder is not right.
        Failure: a service refuses, or the folder has nobody for a part.
    """
    journal = Journal(folder_for(out))
    # The questionnaires were delivered in June; the story begins when the representatives have read them.
    clock = SimulatedClock(date(2026, 6, 22))
    with (
        output.progress() as steps,
        steps.phase("Diensten starten"),
        simulated_suite(clock) as addresses,
        Services(addresses) as services,
    ):
        tell(folder, services, clock, journal, steps)
    document = {
        "events": [
            {"date": entry.day.isoformat(), "what": entry.what, "who": entry.who, "outcome": entry.outcome}
            for entry in journal.entries
        ],
        "files": [str(path) for path in journal.files],
    }
    output.result(document, *_readable(journal))


def tell(folder: Path, services: Services, clock: SimulatedClock, journal: Journal, steps: Steps) -> None:
    importer = Importer(services)
    read = importer.read(folder)
    importer.send(read, steps)
    year, survey_year = read.round.budget_year, read.round.survey_year
    found = {names.parts(names.ASSESSMENT, each.name)[1]: each for each in assess_all(services, year, steps)}
    norms = norms_of(services, read.round.policy_year)
    cast = choose(read, found, Exporter(services, steps).providers())
    desk = Desk(services)
    journal.note(clock.today, "ronde ingelezen en getoetst", "representanten", f"{len(found)} SEH's")
    parent = names.LOCATION.format(provider=names.ANY, location=names.ANY)
    request = enforcement_pb2.ListCasesRequest(parent=parent, budget_year=year, page_size=1000)
    tracks = Counter(each.track for each in desk.ask(desk.enforcement.ListCases, request).cases)
    cures, plans = tracks[enforcement_pb2.TRACK_HERSTEL], tracks[enforcement_pb2.TRACK_VERBETERPLAN]
    journal.note(clock.today, "zaken geopend", "door de toets", f"{cures} voor herstel, {plans} voor een verbeterplan")

    enforcement = Enforcement(desk, clock, journal, cast, year)
    clock.go_to(date(survey_year, 6, 29))
    enforcement.establish()
    clock.go_to(date(survey_year, 8, 20))
    enforcement.plan(norms)
    clock.go_to(date(survey_year, 9, 7))
    enforcement.cure(norms)
    clock.go_to(date(survey_year, 9, 14))
    enforcement.grant_exception()
    clock.go_to(date(survey_year, 9, 30))
    enforcement.decide({place: f"providers/-/locations/{place}" for place in found})

    applying = Applying(desk, clock, journal, cast, year)
    clock.go_to(date(survey_year, 11, 2))
    applying.refuse_new_provider()
    application = applying.apply_jointly()
    clock.go_to(date(survey_year, 11, 9))
    applying.apply_one_sidedly()
    clock.go_to(date(survey_year, 12, 10))
    applying.grant(application)
    clock.go_to(date(year, 3, 8))
    applying.amend(application)
    applying.look_back()


def _readable(journal: Journal) -> Iterator[RenderableType]:
    table = new_table("", "datum", "gebeurtenis", "door", "uitkomst", whole_words=["datum"])
    day: date | None = None
    for entry in journal.entries:
        shown = "" if entry.day == day else formats.day(entry.day)
        table.add_row(shown, plain_text(entry.what), plain_text(entry.who), plain_text(entry.outcome))
        day = entry.day
    yield titled("Van bevinding tot aanvraag, in nagebootste tijd; alle namen en bedragen zijn voorbeelden", table)
    files = new_table("", "document", "bytes", right=["bytes"])
    for path in journal.files:
        files.add_row(plain_text(path.name), formats.whole(path.stat().st_size))
    yield titled(f"Documenten in {journal.folder}", files)
    yield Text("De software stelt voor en herinnert; elk besluit is van mensen.", style="dim")
