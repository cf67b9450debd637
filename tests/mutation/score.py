"""The score of a round of mutants."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.mutation.judging import Fate, Judgement
from tests.mutation.mutants import Mutant

ENOUGH = 95
"""Per cent of the mutants that have to be killed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant of a year and what came of it."""

    year: int
    mutant: Mutant
    judgement: Judgement

    @property
    def place(self) -> str:
        """The file, from the folder of all years."""
        return f"{self.year}/{self.mutant.file}"


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants were killed, of how many that the engine can load; `invalid` counts the others."""

    mutants: int
    killed: int
    invalid: int

    @property
    def enough(self) -> bool:
        """Whether so many were killed as have to be."""
        return self.mutants > 0 and 100 * self.killed >= ENOUGH * self.mutants

    def __str__(self) -> str:
        """As in `364 van 368 mutanten (98,9 %)`, rounded down: 95,0 % is never less than that."""
        tenths = 1000 * self.killed // self.mutants if self.mutants else 0
        return f"{self.killed} van {self.mutants} mutanten ({tenths // 10},{tenths % 10} %)"


def score(judged: Iterable[Judged]) -> Score:
    """The score of these mutants together. One that the engine cannot load does not count."""
    fates = [one.judgement.fate for one in judged]
    invalid = fates.count(Fate.INVALID)
    return Score(len(fates) - invalid, fates.count(Fate.KILLED), invalid)
