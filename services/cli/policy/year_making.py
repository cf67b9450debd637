"""`policy new-year`: a next year as a copy that passes its tests."""

import tempfile
from pathlib import Path

from services.cli.failures import Failure
from services.policy.conditions import read_conditions
from services.policy.engine import PolicyError
from services.policy.limited_tests import run_limited_tests
from services.policy.new_year import copy_year
from services.policy.parameters import KIND as PARAMETERS
from services.policy.purchasing import load_purchasing_year
from services.policy.year import KIND, load_year

KINDS = (KIND, PARAMETERS)


def make_year(policies: Path, year: int, source: int) -> dict[str, int]:
    """Copies the norms, conditions and parameters of `source` to `year`: all, or nothing when one is wrong.

    Returns how many files each new folder got and how many tests passed.

    Raises:
        Failure: the year is there already, the source is not or cannot be used, or the copy fails its tests.
    """
    if year == source:
        raise Failure("Een jaar kan geen kopie van zichzelf zijn.")
    for kind in KINDS:
        if not (policies / kind / str(source)).is_dir():
            raise Failure(f"De map {policies / kind / str(source)} bestaat niet; er is niets gemaakt.")
        if (policies / kind / str(year)).exists():
            raise Failure(f"De map {policies / kind / str(year)} bestaat al; er is niets gemaakt.")
    # Beside the folders that it becomes: only on one disk is a folder there at once.
    with tempfile.TemporaryDirectory(prefix=f".{year}-", dir=policies) as name:
        made = Path(name)
        counts = {kind: _copy(policies, made, kind, year, source) for kind in KINDS}
        tests = _proven(made, year)
        _put(policies, made, year)
    return {**counts, "tests": tests}


def _copy(policies: Path, made: Path, kind: str, year: int, source: int) -> int:
    folder = made / kind / str(year)
    folder.mkdir(parents=True)
    files = {file.name: file.read_bytes() for file in (policies / kind / str(source)).iterdir() if file.is_file()}
    try:
        copied = copy_year(files, source, year)
    except UnicodeDecodeError as error:
        raise Failure(f"De regels van {source} zijn niet te lezen: een bestand is geen UTF-8.") from error
    for name, content in copied.items():
        (folder / name).write_bytes(content)
    return len(copied)


def _proven(made: Path, year: int) -> int:
    """The number of tests, all of which pass."""
    try:
        load_year(made, year)
        purchasing = load_purchasing_year(made, year)
        read_conditions(year, purchasing.files)
        report = run_limited_tests(made)
    except PolicyError as error:
        message = "De kopie is niet te gebruiken; er is niets gemaakt. Is het jaar waarvan zij komt in orde?"
        raise Failure(message, tuple(str(error).splitlines())) from error
    if not report.passed:
        lines = tuple(f"{test.file}:{test.line}: {test.rule}: {test.message}" for test in report.failures)
        raise Failure("De kopie slaagt niet voor haar tests; er is niets gemaakt.", lines)
    return len(report.tests)


def _put(policies: Path, made: Path, year: int) -> None:
    """Moves the folders to their place, or leaves none there."""
    placed: list[tuple[Path, Path]] = []
    try:
        for kind in KINDS:
            here, there = made / kind / str(year), policies / kind / str(year)
            here.rename(there)
            placed.append((here, there))
    except OSError:
        for here, there in placed:
            there.rename(here)
        raise
