"""The norm book of a year as pages."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.cli.policy.reading import read_parameters_of, read_rules
from services.policy.difference import difference
from services.policy.norm_book import norm_book
from services.policy.policy_set import years_in

TEMPLATES = Path(__file__).parent / "templates"
FORMATS = ("html", "md")


def year_before(policies: Path, year: int) -> int | None:
    """The latest year in a folder before `year`; None when there is none."""
    return max((earlier for earlier in years_in(policies) if earlier < year), default=None)


def pages(policies: Path, year: int, previous: int | None) -> dict[str, str]:
    """The pages by the name of their file: the same rules give the same bytes. Raises Failure."""
    rules = read_rules(policies, year)
    changes = difference(read_rules(policies, previous), rules) if previous is not None else None
    book = norm_book(rules, read_parameters_of(policies, year), changes)
    environment = _environment()
    return {
        f"{year}.{format_}": environment.get_template(f"normenboek.{format_}.j2").render(book=book)
        for format_ in FORMATS
    }


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _markdown
    return environment


def _markdown(text: str) -> str:
    """Text in which nothing means anything to Markdown."""
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", text)
