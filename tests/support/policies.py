"""Copies of the rules, for years that do not exist and for rules that are broken."""

import json
import shutil
from pathlib import Path

POLICIES = Path(__file__).parents[2] / "policies"


def copy_rules(folder: Path, year: int) -> Path:
    """Copies the rules of 2027 into a folder of policies, as those of `year`, and returns the folder of its norms."""
    target = folder / "kwaliteitskader" / str(year)
    shutil.copytree(POLICIES / "kwaliteitskader" / "2027", target, ignore=shutil.ignore_patterns("*_test.rego"))
    parameters = folder / "inkoopkader" / str(year)
    shutil.copytree(POLICIES / "inkoopkader" / "2027", parameters)
    for path in (*target.iterdir(), *parameters.iterdir()):
        text = path.read_text("utf-8").replace("y2027", f"y{year}").replace("year: 2027", f"year: {year}")
        path.write_text(text.replace("survey_year: 2026", f"survey_year: {year - 1}"), "utf-8")
    return target


def break_rules(norms: Path, year: int) -> None:
    """Takes away a threshold, so that one norm gives no result."""
    path = norms / "data.json"
    data = json.loads(path.read_text("utf-8"))
    del data["kwaliteitskader"][f"y{year}"]["thresholds"]["c4"]["minuten"]
    path.write_text(json.dumps(data), "utf-8")
