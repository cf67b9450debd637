"""A password in a file: what it is now is what the next connection logs in with."""

import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from services.runtime.database import Database
from services.runtime.settings import ServiceSettings
from tests.support.databases import database_url

URL = "postgresql+psycopg://{login}@127.0.0.1:5/registry"


def test_a_new_connection_uses_the_password_of_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logins: list[tuple[str, str]] = []

    def connect(*_: Any, **parameters: Any) -> None:
        logins.append((parameters["user"], parameters["password"]))
        raise ConnectionError

    monkeypatch.setattr("psycopg.connect", connect)
    monkeypatch.setattr("psycopg.Connection.connect", connect)
    file = tmp_path / "url"

    def write(login: str) -> None:
        file.write_text(URL.format(login=login) + "\n")

    write("een:eerste")
    database = Database(file.read_text().strip(), url_file=file)

    def try_it() -> tuple[str, str]:
        with pytest.raises((ConnectionError, SQLAlchemyError)), database.read():
            pass
        return logins[-1]

    assert try_it() == ("een", "eerste")
    write("twee:tweede%40")
    time.sleep(1.1)
    assert try_it() == ("twee", "tweede@")
    # What is no URL changes nothing, and is not repeated in a log.
    file.write_text("geheim zonder vorm")
    time.sleep(1.1)
    assert try_it() == ("twee", "tweede@")
    database.close()


def test_a_database_in_a_file_works_as_one_in_a_setting(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(database_url(tmp_path / "some.db") + "\n")
    settings = ServiceSettings(address="127.0.0.1:0", database_url="sqlite://", database_url_file=file)
    assert settings.database_url == file.read_text().strip()
    database = Database(settings.database_url, url_file=settings.database_url_file)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    database.close()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises((OSError, ValidationError), match="nergens"):
        ServiceSettings(address="127.0.0.1:0", database_url="sqlite://", database_url_file=tmp_path / "nergens")
