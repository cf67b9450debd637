"""What differs between two years, as text side by side, as JSON and as Markdown."""

import dataclasses
import re
from collections.abc import Iterator
from difflib import SequenceMatcher, unified_diff
from itertools import islice, zip_longest
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.policy.difference import LOGIC, Change, Difference, Part, YearDifference

GROUPS = {"norms": "Normen", "questions": "Vragen", "blocks": "Tijdblokken", "shared": "Gedeeld"}
_STYLES = {Change.ADDED: "green", Change.REMOVED: "red", Change.CHANGED: "yellow"}
_CONTEXT = 2
"""Lines of code around a change."""
_LISTED = 10
"""Codes of norms at most."""


def document(found: YearDifference) -> dict[str, Any]:
    """As JSON."""
    return {"same": found.same, **dataclasses.asdict(found)}


def readable(found: YearDifference) -> Iterator[RenderableType]:
    """As text in two columns, the earlier year on the left."""
    yield Text(summary(found), style="bold")
    for name, title in GROUPS.items():
        differences: tuple[Difference, ...] = getattr(found, name)
        if differences:
            yield Text(f"\n{title}", style="bold underline")
        for one in differences:
            yield Group(_heading(one), _columns(found, one))


def markdown(found: YearDifference) -> str:
    """As Markdown, for a page or a message."""
    lines = [f"# Wat er verandert van {found.before} naar {found.after}", "", summary(found)]
    for name, group in GROUPS.items():
        differences: tuple[Difference, ...] = getattr(found, name)
        if differences:
            lines += ["", f"## {group}"]
        for one in differences:
            title = f"{one.name} {_other_title(one)}".rstrip()
            lines += ["", f"### {title}", "", f"{one.change.capitalize()}{_reach(one)}."]
            lines += [line for part in one.parts for line in _markdown_part(part)]
    return "\n".join(lines) + "\n"


def summary(found: YearDifference) -> str:
    """In one sentence."""
    if found.same:
        return f"Tussen {found.before} en {found.after} is er geen verschil."
    counts = (f"{name} {_count(getattr(found, key))}" for key, name in _NAMES.items() if getattr(found, key))
    return f"Van {found.before} naar {found.after}: {'; '.join(counts)}."


_NAMES = {"norms": "normen", "questions": "vragen", "blocks": "tijdblokken", "shared": "gedeelde delen"}


def _count(differences: tuple[Difference, ...]) -> str:
    numbers = {change: sum(one.change is change for one in differences) for change in Change}
    return ", ".join(f"{number} {change}" for change, number in numbers.items() if number)


def _heading(one: Difference) -> Text:
    return Text.assemble(
        "\n",
        (f"{one.name} {_other_title(one)}".rstrip(), "bold"),
        "  ",
        (str(one.change), _STYLES[one.change]),
        _reach(one),
    )


def _other_title(one: Difference) -> str:
    return "" if one.title == one.name else one.title


def _reach(one: Difference) -> str:
    """What more it touches; of what every norm shares a list would say nothing."""
    if len(one.reaches) > _LISTED:
        return f", raakt {len(one.reaches)} normen"
    return f", raakt {', '.join(one.reaches)}" if one.reaches else ""


def _columns(found: YearDifference, one: Difference) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    table.add_column("", style="dim", width=16, overflow="fold")
    table.add_column(str(found.before), ratio=1, overflow="fold")
    table.add_column(str(found.after), ratio=1, overflow="fold")
    for part in one.parts:
        rows = _code(part) if part.name == LOGIC else [_words(part)]
        for place, (before, after) in enumerate(rows):
            table.add_row("" if place else part.name, before, after)
    return table


def _words(part: Part) -> tuple[Text, Text]:
    """Two texts, with the words that differ in colour."""
    old, new = _pieces(part.before), _pieces(part.after)
    before, after = Text(), Text()
    for tag, start, end, other_start, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before.append("".join(old[start:end]), style="" if tag == "equal" else "red")
        after.append("".join(new[other_start:other_end]), style="" if tag == "equal" else "green")
    return before, after


def _pieces(text: str) -> list[str]:
    """Words and what stands between them."""
    return re.findall(r"\S+|\s", text)


def _code(part: Part) -> Iterator[tuple[Text, Text]]:
    """Code line by line, marked with `-` and `+` and in colour where it differs; what is far from that is left out."""
    old, new = part.before.splitlines(), part.after.splitlines()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for place, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if place:
            yield Text("  …"), Text("  …")
        for tag, start, end, other_start, other_end in group:
            lines = zip_longest(old[start:end], new[other_start:other_end])
            for before, after in lines:
                yield _line(before, tag, "- ", "red"), _line(after, tag, "+ ", "green")


def _line(line: str | None, tag: str, mark: str, style: str) -> Text:
    if line is None:
        return Text()
    shown = line.replace("\t", "    ")
    return Text(f"  {shown}") if tag == "equal" else Text(f"{mark}{shown}", style=style)


def _markdown_part(part: Part) -> list[str]:
    lines = ["", f"**{part.name}**", ""]
    if part.name == LOGIC:
        return [*lines, "```diff", *_unified(part), "```"]
    if part.before:
        lines.append(f"- ~~{_one_line(part.before)}~~" if part.after else f"- was: {_one_line(part.before)}")
    return [*lines, f"- {_one_line(part.after)}"] if part.after else lines


def _unified(part: Part) -> Iterator[str]:
    lines = unified_diff(part.before.splitlines(), part.after.splitlines(), n=_CONTEXT, lineterm="")
    # The first two lines name the files, of which there are none.
    yield from islice(lines, 2, None)


def _one_line(text: str) -> str:
    return text.replace("\n", ", ").replace("|", "\\|")
