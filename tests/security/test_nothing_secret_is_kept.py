"""No key, password or token is in the repository; what tests need they make."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]"
    rb"|\bAKIA[0-9A-Z]{16}\b"
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}"
    rb"|\bglpat-[A-Za-z0-9_-]{20}"
    rb"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    rb"|\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"
    rb"|(?i:password|passwd|secret)[\"']?\s*[:=]\s*[\"'](?![^\"']*[{}$<>*])[^\"'\s]{12,}[\"']"
    rb"|\b\w+://[^\s:/@{}]+:(?!password@)[^\s:/@{}]{6,}@"
)
"""Keys in PEM, tokens by the forms that their makers give them, and passwords that are written out."""


def _files() -> list[Path]:
    """The files that are, or would be, under version control; the lists of hashes of dependencies hold nothing else."""
    known = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(known, cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0")[:-1] if listed.returncode == 0 else []
    found = [ROOT / name for name in names] or [path for path in (ROOT / "services").rglob("*") if path.is_file()]
    return [
        path for path in found if path.is_file() and path.name not in ("requirements-dev.lock", "package-lock.json")
    ]


def test_nothing_secret_is_kept() -> None:
    files = _files()
    assert len(files) > 100
    found = {str(path.relative_to(ROOT)): SECRET.search(path.read_bytes()) for path in files}
    assert not {name: match[0][:60] for name, match in found.items() if match}


def test_a_secret_would_be_seen() -> None:
    line = b"-----BEGIN %s-----"
    for kept in (
        line % b"EC PRIVATE KEY" + b"\nMHcCAQEE",
        b"password = '" + b"hunter2hunter2'",
        b"postgresql://role:" + b"geheim123@host/database",
        b"gh" + b"p_" + b"a" * 36,
    ):
        assert SECRET.search(kept), kept
