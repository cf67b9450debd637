"""The rules of 2027, read and loaded once."""

from pathlib import Path

import pytest

from services.policy.embedded import EmbeddedEngine
from services.policy.year import PolicyYear, load_year

POLICIES = Path(__file__).parents[2] / "policies"


@pytest.fixture(scope="session")
def year_folder() -> Path:
    return POLICIES / "kwaliteitskader" / "2027"


@pytest.fixture(scope="session")
def year_2027() -> PolicyYear:
    return load_year(POLICIES, 2027)


@pytest.fixture(scope="session")
def engine(year_2027: PolicyYear) -> EmbeddedEngine:
    return EmbeddedEngine(year_2027.modules, year_2027.data)


@pytest.fixture
def year_files(year_folder: Path) -> dict[str, bytes]:
    """A copy of the folder of 2027, to break."""
    return {path.name: path.read_bytes() for path in year_folder.iterdir()}
