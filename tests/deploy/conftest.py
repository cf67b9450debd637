"""The image, built once for all tests that need it."""

from collections.abc import Iterator

import pytest

from tests.deploy.containers import Machine, build_suite, need_machine, opened_machine
from tests.deploy.manifests import one, render


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """A machine that builds images and runs pods."""
    need_machine()
    with opened_machine() as machine:
        yield machine


@pytest.fixture(scope="session")
def image(machine: Machine) -> str:
    """The image of the suite, by the name that the trial has for it."""
    (container,) = one(render("trial"), "Deployment", "registry")["spec"]["template"]["spec"]["containers"]
    tag = str(container["image"])
    build_suite(machine, tag)
    return tag
