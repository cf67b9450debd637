"""What the README shows works as it stands, but for the address."""

import contextlib
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from services.cli.clients import Addresses
from services.cli.policy.commands import policy

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text("utf-8")
BUDGET = "127.0.0.1:50053"


def block(language: str, containing: str) -> str:
    """The one fenced block of the README that contains a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return str(found)


def test_the_call_with_grpcurl(example_suite: Addresses) -> None:
    line = block("", "grpcurl -plaintext").replace("\\\n", " ")
    kind, colon, socket = example_suite.budget.partition("unix:")
    arguments = [socket or kind if word == BUDGET else word for word in shlex.split(line)]
    grpcurl = shutil.which("grpcurl", path=str(Path(sys.executable).parent))
    assert grpcurl, "grpcurl belongs to the environment"
    answer = subprocess.run(
        [grpcurl, *(["-unix"] if colon else []), *arguments[1:]], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    found = json.loads(answer)
    assert found["budget"] == {"currency_code": "EUR", "units": "3063515", "nanos": 980000000}


def test_the_ten_lines_of_python(example_suite: Addresses) -> None:
    code = block("python", "CalculateBudgetRequest").replace(BUDGET, example_suite.budget)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue().splitlines()[-1] == "3063515.98 euro"


def test_the_commands_for_policies_are_those_that_exist() -> None:
    rows = re.findall(r"^\| `spoedkader policy ([a-z`, -]+)` \|", README, re.MULTILINE)
    shown = [name for row in rows for name in row.replace("`", "").split(", ")]
    assert sorted(shown) == sorted(str(command.name) for command in policy.registered_commands)


def test_every_command_of_the_table_exists() -> None:
    commands = re.findall(r"^\| `spoedkader ([a-z]+(?: test)?)", README, re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        arguments = [sys.executable, "-m", "services.cli.main", *command.split(), "--help"]
        subprocess.run(arguments, check=True, capture_output=True, timeout=60)
