"""How refusals, amounts and tables read."""

import io
import json
from datetime import date, datetime
from pathlib import Path

import grpc
import pytest
import typer
from rich.console import Console, RenderableType

from services.cli import formats, service, tables
from services.cli.exchange.problems import Problem
from services.cli.failures import Failure, failure
from services.cli.importing import Count
from services.cli.output import Output
from services.runtime.errors import DomainError, Reason, Violation
from services.runtime.status import to_status
from spoedkader.client.refusals import unanswered


class Ended(grpc.RpcError, grpc.Call):  # type: ignore[misc]
    """What a stub raises."""

    def __init__(self, code: grpc.StatusCode, details: str, status: grpc.Status | None = None) -> None:
        self._code, self._details = code, details
        self._trailers = tuple(status.trailing_metadata or ()) if status else ()

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        return self._trailers

    def initial_metadata(self) -> tuple[()]:
        return ()

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> None:
        return None

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: object) -> bool:
        return False


def of(error: DomainError) -> Failure:
    status = to_status(error)
    return failure("registry", "127.0.0.1:50051", unanswered(Ended(status.code, status.details, status), "abc"))


def test_a_refusal_has_its_reason_and_call() -> None:
    found = of(DomainError(Reason.ROUND_UNKNOWN, "Er is geen ronde.", metadata={"budget_year": "2031"}))
    assert found.message == "De dienst registry meldt: Er is geen ronde (ROUND_UNKNOWN, aanroep abc)."
    assert found.details == ()
    error = found.to_json()["error"]
    assert error["reason"] == "ROUND_UNKNOWN"
    assert error["code"] == "FAILED_PRECONDITION"
    assert error["metadata"] == {"budget_year": "2031"}


def test_a_refusal_names_every_violation() -> None:
    violations = [Violation(f"stops[{number}].end_time", "ligt niet na het begin") for number in range(120)]
    found = of(DomainError(Reason.INVALID_INPUT, "stops[0]…", violations=violations))
    assert found.message == "De dienst registry meldt: het verzoek is niet goed (INVALID_INPUT, aanroep abc)."
    assert found.details[0] == "stops[0].end_time: ligt niet na het begin"
    listed = found.to_json()["error"]["violations"]
    assert found.details[-1] == f"… en nog {120 - len(listed)}", "trailers hold only so much"
    assert len(found.details) == len(listed) + 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (grpc.StatusCode.UNAVAILABLE, "De dienst registry op hier:1 is niet bereikbaar (UNAVAILABLE)."),
        (
            grpc.StatusCode.DEADLINE_EXCEEDED,
            "De dienst registry op hier:1 antwoordde niet binnen de tijd (DEADLINE_EXCEEDED).",
        ),
        (grpc.StatusCode.UNKNOWN, "De dienst registry op hier:1 antwoordt niet goed (UNKNOWN): een regel"),
    ],
)
def test_no_answer(code: grpc.StatusCode, text: str) -> None:
    assert failure("registry", "hier:1", unanswered(Ended(code, "een\nregel"), "abc")).message == text


def test_amounts_and_times() -> None:
    assert formats.euros(318_849_315) == "€ 3.188.493,15"
    assert formats.euros(5) == "€ 0,05"
    assert formats.euros(-460_000_000) == "-€ 4.600.000,00"
    assert formats.whole(525_600) == "525.600"
    assert formats.hours(5280) == "88 u"
    assert formats.hours(5281) == "88 u 01 min"
    assert formats.hours(175_200) == "2.920 u"
    assert formats.percent(1, 3) == "33,3 %"
    assert formats.percent(1, 2000) == "0,1 %"
    assert formats.percent(0, 0) == ""
    assert formats.day(date(2026, 9, 5)) == "05-09-2026"
    assert formats.moment(datetime(2027, 4, 1, 8, 1)) == "01-04-2027 08:01"


def shown(*parts: RenderableType) -> str:
    console = Console(width=100, file=io.StringIO())
    with console.capture() as captured:
        console.print(*parts)
    return captured.get()


def test_tables_take_text_as_it_is() -> None:
    text = shown(*tables.problems([Problem("stops.csv", 12, "reason", "[bold]'[/]' is geen reden")]))
    assert "[bold]'[/]' is geen reden" in text
    assert "stops.csv" in text
    assert "10.353" in shown(tables.import_counts([Count("stops", 10353, 0, 0)]))


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=True)
    with pytest.raises(typer.Exit) as ended:
        output.fail({"error": {"message": "één fout"}}, "één fout")
    assert ended.value.exit_code == 1
    said = capsys.readouterr()
    assert json.loads(said.out) == {"error": {"message": "één fout"}}
    assert said.err == ""


def test_a_failure_after_the_result_leaves_the_document_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=True)
    output.result({"services": []})
    with pytest.raises(typer.Exit):
        output.fail({"error": {}}, "te laat", "met [brackets]")
    said = capsys.readouterr()
    assert json.loads(said.out) == {"services": []}
    assert said.err == "te laat\nmet [brackets]\n"


def test_what_the_environment_leaves_open(tmp_path: Path) -> None:
    assert service.complete("registry", {}, tmp_path) == {
        "SPOEDKADER_REGISTRY_DATABASE_URL": f"sqlite:///{tmp_path}/registry.db"
    }
    given = {"SPOEDKADER_REGISTRY_ADDRESS": "127.0.0.1:1", "SPOEDKADER_BUDGET_QUALITY_ADDRESS": "127.0.0.1:2"}
    assert service.complete("budget", given, tmp_path) == {
        "SPOEDKADER_BUDGET_DATABASE_URL": f"sqlite:///{tmp_path}/budget.db",
        "SPOEDKADER_BUDGET_REGISTRY_ADDRESS": "127.0.0.1:1",
    }
