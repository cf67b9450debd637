"""What is wrong with the rules of a year, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: the file inside the folder of the year, the line from 1 (0 when it is about the whole
    file), which check found it, and what is wrong, in Dutch."""

    file: str
    line: int
    check: str
    message: str

    def __str__(self) -> str:
        """As editors and compilers write it: `b1.rego:12: wat er mis is (controle)`."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message} ({self.check})"
