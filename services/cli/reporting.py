"""What a command can run into, as a report and status 1."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from services.cli import tables
from services.cli.exchange.problems import FolderProblems
from services.cli.failures import Failure
from services.cli.output import Output


@contextmanager
def reported(output: Output) -> Iterator[None]:
    """Turns what a command can run into into a report and status 1."""
    try:
        yield
    except FolderProblems as error:
        problems = [dataclasses.asdict(problem) for problem in error.problems]
        count = "1 probleem" if len(problems) == 1 else f"{len(problems)} problemen"
        listed = tables.problems(error.problems) if output.on_terminal else map(str, error.problems)
        output.fail({"problems": problems}, f"{count} in de map; er is niets veranderd.", *listed)
    except Failure as failure:
        output.fail(failure.to_json(), failure.message, *failure.details)
    except BrokenPipeError:
        # Whoever was reading has seen enough.
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror or error}"
        output.fail({"error": {"message": message}}, message)
