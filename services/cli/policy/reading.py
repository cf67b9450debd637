"""The rules of a folder, as the commands read them."""

from pathlib import Path

from services.cli.failures import Failure
from services.policy.parameters import Parameters, load_parameters
from services.policy.year import InvalidYearError, PolicyYear, UnknownYearError, load_year


def read_rules(policies: Path, year: int) -> PolicyYear:
    """The norms and questionnaire of a year. Raises Failure when there are none or they cannot be used."""
    try:
        return load_year(policies, year)
    except UnknownYearError as error:
        raise Failure(f"In {policies} zijn er geen regels voor {year}.") from error
    except InvalidYearError as error:
        raise Failure(f"De regels van {year} zijn niet te gebruiken.", tuple(map(str, error.problems))) from error


def read_parameters_of(policies: Path, year: int) -> Parameters:
    """The parameters of a year. Raises Failure when there are none or they cannot be used."""
    try:
        return load_parameters(policies, year)
    except UnknownYearError as error:
        raise Failure(f"In {policies} zijn er geen parameters voor {year}.") from error
    except InvalidYearError as error:
        raise Failure(f"De parameters van {year} zijn niet te gebruiken.", tuple(map(str, error.problems))) from error
