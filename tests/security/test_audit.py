"""The audit of dependencies sees what is not pinned, and what it cannot find out it does not call right."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.security import audit

PINNED = "a==1.0 \\\n    --hash=sha256:00\n    # via b\nb[x]==2.0 ; python_version > '3' \\\n    --hash=sha256:11\n"


def test_what_is_pinned_is_right() -> None:
    assert not list(audit.unpinned("# made by hand\n" + PINNED))
    assert not list(audit.unpinned(audit.LOCK.read_text("utf-8")))


@pytest.mark.parametrize("line", ["c>=1.0 \\\n    --hash=sha256:22\n", "c==1.0\n", "c\n"])
def test_what_is_not_pinned_is_seen(line: str) -> None:
    assert [found.split(": ")[1][:1] for found in audit.unpinned(PINNED + line)] == ["c"]


def test_what_is_not_in_the_lock_is_seen() -> None:
    lock = audit.LOCK.read_text("utf-8").replace("\ngrpcio==", "\nother==")
    assert any(" grpcio " in found for found in audit.strangers(lock))


def test_packages_of_npm_and_maven() -> None:
    assert list(audit.unpinned_node({"packages": {"": {}, "a": {"integrity": "sha512-x"}, "b": {}}}))
    pom = "<project xmlns='http://maven.apache.org/POM/4.0.0'><version>{}</version></project>"
    found = {
        version: list(audit.unpinned_java(ElementTree.fromstring(pom.format(version))))
        for version in ("1.2.3", "${grpc.version}", "[1,2)", "LATEST-SNAPSHOT")
    }
    assert [version for version, wrong in found.items() if wrong] == ["[1,2)", "LATEST-SNAPSHOT"]


def told(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> list[str]:
    monkeypatch.setattr(audit, "_told", lambda *_, **__: json.loads(json.dumps(answer)))
    return list(audit.weaknesses())


def test_a_weakness_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = {"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}
    assert told(monkeypatch, {"dependencies": [weak]}) == ["a 1: X-1, fixed in 2"]


@pytest.mark.parametrize("answer", [{}, {"dependencies": []}, {"dependencies": [{"name": "a", "skip_reason": "?"}]}])
def test_a_registry_that_does_not_tell_is_no_clean_bill(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    with pytest.raises(audit.UntoldError):
        told(monkeypatch, answer)
