"""Builds the Python stubs of the contracts into `spoedkader/`, from `protos/`.

As a build hook it runs when the project is packaged; `make` runs it as a script whenever a contract changed.
"""

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
PROTOS = ROOT / "protos"
GOOGLE = ROOT / "build" / "googleapis"
CONTRACTS = ROOT / "build" / "contracts.binpb"
"""Every contract in one descriptor set, for what speaks them without stubs, such as Envoy."""


def build_stubs() -> None:
    """Writes `*_pb2.py`, `*_pb2_grpc.py` and their type stubs, with the retry policy of each package beside them."""
    from grpc_tools import protoc

    _collect_google_protos()
    well_known = files("grpc_tools") / "_proto"
    folders = [f"-I{PROTOS}", f"-I{GOOGLE}", f"-I{well_known}"]
    for package in sorted(PROTOS.glob("spoedkader/*/v1")):
        target = ROOT / package.relative_to(PROTOS)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        (target / "__init__.py").touch()
        for config in package.glob("*_grpc_service_config.json"):
            shutil.copy(config, target)
        protos = [str(path.relative_to(PROTOS)) for path in sorted(package.glob("*.proto"))]
        arguments = [*folders, f"--python_out={ROOT}", f"--grpc_python_out={ROOT}"]
        if shutil.which("protoc-gen-mypy"):
            arguments += [f"--mypy_out=quiet:{ROOT}", f"--mypy_grpc_out=quiet:{ROOT}"]
        if protoc.main(["protoc", *arguments, *protos]):
            raise SystemExit(f"protoc failed on {package}")
    every = [str(path.relative_to(PROTOS)) for path in sorted(PROTOS.rglob("*.proto"))]
    # What a refusal carries stands in no contract.
    every += ["google/rpc/error_details.proto", "google/rpc/status.proto"]
    if protoc.main(
        ["protoc", *folders, "--include_imports", "--include_source_info", f"--descriptor_set_out={CONTRACTS}", *every]
    ):
        raise SystemExit("protoc failed on the contracts together")


def _collect_google_protos() -> None:
    """Copies the google.* contracts out of their wheel, where buf can read them too."""
    import google.api

    shutil.rmtree(GOOGLE, ignore_errors=True)
    package = Path(google.api.__path__[0])
    for folder in ("api", "rpc", "type"):
        shutil.copytree(
            package.parent / folder,
            GOOGLE / "google" / folder,
            ignore=lambda _, names: [name for name in names if name.endswith((".py", ".pyi")) or name == "__pycache__"],
        )


class CustomBuildHook(BuildHookInterface[Any]):
    """The hook that hatchling finds here."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_stubs()


if __name__ == "__main__":
    build_stubs()
