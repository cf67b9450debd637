"""Attacks every method of every service for a while, and tells what came of it.

`python -m tests.security.fuzz --minutes 20 --seed 1`. It goes on with fresh services every few minutes, so that it does
not see only the states that it left them in. With `--save FOLDER` each call of which something came that may not be is
kept as a case for tests/security/regressions. Ends with 1 when there was any.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.security.attack import Attack, Fault, Tally, attacking
from tests.security.target import running_target
from tests.support.databases import DATABASES, choose

ROUND_SECONDS = 240.0
_TURN = 10
_SHOWN = 60


def attack_for(attack: Attack, seed: int, seconds: float) -> None:
    """Attacks every method for the same share of the time, in turns of a few calls."""
    cases = attack.cases(seed)
    numbers = {method.name: itertools.count() for method in attack.methods}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        method = min(attack.methods, key=lambda each: attack.tallies[each.name].seconds)
        for number in itertools.islice(numbers[method.name], _TURN):
            attack.send(cases.make(method, number))


def attack_all(attack: Attack, seed: int, count: int, seconds: float) -> None:
    """Attacks each method with so many cases, or with those that it answers in so many seconds."""
    cases = attack.cases(seed)
    for method in attack.methods:
        for number in range(count):
            if attack.tallies[method.name].seconds > seconds:
                break
            attack.send(cases.make(method, number))


def report(tallies: dict[str, Tally], faults: Sequence[Fault]) -> str:
    """What came of it: by method, by code, and every kind of fault once."""
    lines = [f"{'method':<52}{'calls':>8}{'answered':>10}{'mean ms':>9}{'slowest s':>11}  refused with"]
    for name, tally in sorted(tallies.items()):
        refused = ", ".join(f"{code} {count}" for code, count in tally.codes.most_common() if code != "OK")
        mean = 1000 * tally.seconds / max(1, tally.calls)
        lines.append(f"{name:<52}{tally.calls:>8}{tally.codes['OK']:>10}{mean:>9.1f}{tally.slowest:>11.2f}  {refused}")
    total: Counter[str] = sum((tally.codes for tally in tallies.values()), Counter())
    lines += ["", f"{total.total()} calls of {len(tallies)} methods"]
    lines += [f"{count:>9} {code}" for code, count in total.most_common()]
    lines += ["", "slowest"]
    for name, tally in sorted(tallies.items(), key=lambda found: -found[1].slowest)[:10]:
        lines.append(f"  {name} #{tally.slowest_number}: {tally.slowest:.2f} s, and {tally.slow} of more than 2 s")
    lines += ["", f"{len(faults)} faults"]
    kinds = Counter((fault.case.method.name, fault.text) for fault in faults)
    firsts = {(fault.case.method.name, fault.text): fault for fault in reversed(faults)}
    for kind, count in kinds.most_common(_SHOWN):
        lines.append(f"  {count} x {firsts[kind]}")
    return "\n".join(lines)


def save(faults: Sequence[Fault], folder: Path) -> None:
    """Keeps the smallest case of every method with a fault."""
    folder.mkdir(parents=True, exist_ok=True)
    for fault in sorted(faults, key=lambda each: -each.case.size):
        kept = {"fault": fault.text, **fault.case.as_json()}
        name = fault.case.method.name.replace("/", "-")
        (folder / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _attack_round(seed: int, seconds: float, tallies: dict[str, Tally], faults: list[Fault]) -> None:
    with tempfile.TemporaryDirectory(prefix="spoedkader-fuzz-") as folder, running_target(Path(folder)) as target:
        with attacking(target) as attack:
            before = target.memory()
            try:
                attack_for(attack, seed, seconds)
            except RuntimeError as gone:
                print(gone, file=sys.stderr)
            print(
                f"seed {seed}: {before} MB before, {target.memory()} MB after, {target.peak()} MB at most", flush=True
            )
        for name, tally in attack.tallies.items():
            tallies.setdefault(name, Tally()).merge(tally)
        faults += attack.faults
        if attack.faults:
            print(target.failures()[-20_000:], file=sys.stderr)


def main() -> int:
    """Runs it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.security.fuzz")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="a folder for the calls of which something came that may not be")
    parser.add_argument("--db", choices=DATABASES, default="sqlite")
    given = parser.parse_args()
    choose(given.db)
    tallies: dict[str, Tally] = {}
    faults: list[Fault] = []
    left = given.minutes * 60
    for seed in itertools.count(given.seed):
        if left <= 0:
            break
        _attack_round(seed, min(left, ROUND_SECONDS), tallies, faults)
        left -= ROUND_SECONDS
    print(report(tallies, faults))
    if given.save and faults:
        save(faults, given.save)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
