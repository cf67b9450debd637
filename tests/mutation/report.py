"""What a round of mutants says: as text and as JSON."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.tables import new_table
from tests.mutation.judging import Fate
from tests.mutation.score import Judged, score


def document(judged: Sequence[Judged]) -> dict[str, object]:
    """The score, and every mutant."""
    total = score(judged)
    return {
        "enough": total.enough,
        "mutants": total.mutants,
        "killed": total.killed,
        "invalid": total.invalid,
        "judged": [
            {
                "file": one.place,
                "line": one.mutant.line,
                "kind": one.mutant.kind,
                "before": one.mutant.before,
                "after": one.mutant.after,
                "fate": one.judgement.fate,
                "by": one.judgement.by,
            }
            for one in judged
        ],
    }


def readable(judged: Sequence[Judged]) -> Iterator[RenderableType]:
    """How many of each file and of each kind of fault, what survived, and the score on the last line."""
    yield _table("Mutanten per bestand", "bestand", judged, lambda one: one.place)
    kinds = sorted(judged, key=lambda one: one.mutant.kind)
    yield _table("Mutanten per soort fout", "soort", kinds, lambda one: one.mutant.kind)
    for one in judged:
        if one.judgement.fate is Fate.SURVIVED:
            yield Text.assemble(
                ("OVERLEEFD ", "bold red"),
                f"{one.place}:{one.mutant.line} ({one.mutant.kind})",
                f"\n  was:   {one.mutant.before}\n  werd:  {one.mutant.after}",
            )
    total = score(judged)
    if total.invalid:
        yield Text(f"{total.invalid} mutanten kan de engine niet laden; die tellen niet mee.")
    yield Text(f"Gedood: {total}", style="green" if total.enough else "bold red")


def _table(title: str, column: str, judged: Sequence[Judged], name: Callable[[Judged], str]) -> Table:
    numbers = ["mutanten", "gedood", "overleefd"]
    table = new_table(title, column, *numbers, right=numbers, whole_words=[column])
    for group, members in groupby(judged, key=name):
        part = score(members)
        table.add_row(group, str(part.mutants), str(part.killed), str(part.mutants - part.killed))
    return table
