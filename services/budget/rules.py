"""The purchasing rules of each policy year, read once."""

from collections.abc import Sequence
from pathlib import Path

from services.policy.parameters import KIND, Parameters
from services.policy.purchasing import PurchasingYear, load_purchasing_year
from services.policy.year import InvalidYearError, UnknownYearError
from services.runtime.errors import DomainError, Reason


class Rules:
    """The rules that rounds point to; a year that was read never changes."""

    def __init__(self, policies_dir: Path) -> None:
        self._policies_dir = policies_dir
        self._years: dict[int, PurchasingYear] = {}

    def of(self, policy_year: int) -> Parameters:
        """The parameters of a policy year; raises as `year` does."""
        return self.year(policy_year).parameters

    def year(self, policy_year: int) -> PurchasingYear:
        """Everything of a policy year.

        Raises:
            DomainError: POLICY_YEAR_UNKNOWN, or POLICY_FAILED when the rules cannot be used.
        """
        if policy_year not in self._years:
            self._years[policy_year] = self._load(policy_year)
        return self._years[policy_year]

    @property
    def loaded(self) -> Sequence[PurchasingYear]:
        """The years that were read, the first one first."""
        return [self._years[year] for year in sorted(self._years)]

    def problem(self) -> str:
        """What is wrong with the rules that came with the software, every year of them; empty when nothing is."""
        folders = (self._policies_dir / KIND).glob("[0-9][0-9][0-9][0-9]")
        problems = []
        for year in sorted(int(folder.name) for folder in folders):
            try:
                self.year(year)
            except DomainError as error:
                problems.append(error.message)
        return " ".join(problems)

    def _load(self, policy_year: int) -> PurchasingYear:
        metadata = {"policy_year": str(policy_year)}
        try:
            return load_purchasing_year(self._policies_dir, policy_year)
        except UnknownYearError as error:
            message = f"Er zijn geen parameters voor het jaar {policy_year}."
            raise DomainError(Reason.POLICY_YEAR_UNKNOWN, message, metadata=metadata) from error
        except InvalidYearError as error:
            message = f"De parameters van het jaar {policy_year} kloppen niet: {'; '.join(map(str, error.problems))}"
            raise DomainError(Reason.POLICY_FAILED, message, metadata=metadata) from error
