"""Habits that keep the suite readable and its results repeatable, checked in the source."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from services.runtime.errors import REASONS, Reason

ROOT = Path(__file__).parents[2]
SLICES = sorted(path.parent for path in ROOT.glob("services/*/*/api.py"))
PURE = sorted(
    {
        *ROOT.glob("services/*/*/model.py"),
        *ROOT.glob("services/policy/*.py"),
        *ROOT.glob("services/budget/facts.py"),
        *ROOT.glob("spoedkader/wallclock/*.py"),
    }
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


@pytest.mark.parametrize("path", PURE, ids=name)
def test_what_is_calculated_does_not_ask_for_the_time(path: Path) -> None:
    assert not {"now", "today", "utcnow"} & set(calls(path))


def test_there_is_something_to_look_at() -> None:
    assert len(PURE) > 10
    assert len(SLICES) > 8


@pytest.mark.parametrize("folder", SLICES, ids=name)
def test_every_slice_names_the_services_that_it_offers(folder: Path) -> None:
    module = importlib.import_module(".".join([*folder.relative_to(ROOT).parts, "api"]))
    services = {value for key, value in vars(module).items() if key == "SERVICE" or key.endswith("_SERVICE")}
    assert services
    assert all(service.startswith(f"spoedkader.{folder.parent.name}.v1.") for service in services)


@pytest.mark.parametrize("path", sorted(ROOT.glob("services/*/*/model.py")), ids=name)
def test_models_do_not_know_their_store_or_api(path: Path) -> None:
    imported = {
        node.module or "" for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
    }
    assert not {module for module in imported if module.endswith((".store", ".api"))}
    assert not {module for module in imported if module.split(".")[0] in {"grpc", "sqlmodel", "sqlalchemy"}}


def test_every_reason_has_a_code_and_a_meaning() -> None:
    assert set(REASONS) == set(Reason)
    assert all(meaning.endswith((".", ";")) for _, meaning in REASONS.values())
    assert all(code.name in grpc.StatusCode.__members__ for code, _ in REASONS.values())


def test_reasons_are_unique_in_name_and_meaning() -> None:
    assert len({reason.upper() for reason in Reason}) == len(Reason)
    assert len({meaning for _, meaning in REASONS.values()}) == len(REASONS)
    assert all(reason.upper() == reason.name for reason in Reason)
