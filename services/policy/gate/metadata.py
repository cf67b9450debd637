"""The check `metadata`, beyond what reading a year checks: a code keeps its meaning, a day makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from services.policy.catalogue import METADATA as CHECK
from services.policy.catalogue import Norm, metadata_line, package_of
from services.policy.gate.source import Source
from services.policy.policy_set import PolicySet
from services.policy.problems import Problem
from services.policy.year import InvalidYearError, expected_package


def check_metadata(source: Source, earlier: Sequence[PolicySet]) -> Iterator[Problem]:
    """Yield what is wrong with what the norms say about themselves; `earlier` are sets of other years."""
    yield from check_packages(source)
    years = sorted((found for found in earlier if found.year < source.year), key=lambda found: found.year)
    before: dict[str, tuple[int, Norm]] = {}
    for policy_set in years:
        try:
            before |= {norm.code: (policy_set.year, norm) for norm in policy_set.read().catalogue}
        except InvalidYearError:
            message = f"de regels van {policy_set.year} zijn niet te lezen, dus codes zijn er niet mee te vergelijken"
            yield Problem(".", 0, CHECK, message)
    for norm in source.norms:
        yield from _meaning(source, norm, before)
        if norm.effective_on is not None and norm.effective_on <= date(source.year, 1, 1):
            line = metadata_line(source.texts[norm.file], "custom", "effective_on")
            message = f"effective_on moet na 1 januari {source.year} liggen; een norm zonder geldt vanaf het begin"
            yield Problem(norm.file, line, CHECK, message)


def check_packages(source: Source) -> Iterator[Problem]:
    """Yield packages that are not what the text says: METADATA could be that of something else."""
    for module in source.modules:
        stem, test = module.file.removesuffix(".rego"), ""
        if stem.endswith("_test"):
            stem, test = stem.removesuffix("_test"), "_test"
        expected = f"{expected_package(source.kind, source.year, stem)}{test}"
        shown, line = package_of(module.content.decode())
        if ".".join(module.package) != expected:
            # For a rule, reading the year has said so already when the text shows it.
            if test or shown == expected:
                yield Problem(module.file, module.package_line, CHECK, f"package moet {expected} zijn")
        elif line != module.package_line:
            yield Problem(module.file, line, CHECK, "package kan maar op één regel staan")


def _meaning(source: Source, norm: Norm, before: dict[str, tuple[int, Norm]]) -> Iterator[Problem]:
    if norm.code not in before:
        return
    year, earlier = before[norm.code]
    if earlier.title not in (norm.title, norm.renamed_from):
        line = metadata_line(source.texts[norm.file], "custom", "code")
        message = (
            f'code {norm.code} was in {year} "{earlier.title}": neem een nieuwe code, '
            "of noem die titel in custom.renamed_from als het dezelfde norm is"
        )
        yield Problem(norm.file, line, CHECK, message)
