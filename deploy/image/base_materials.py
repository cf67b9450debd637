"""Adds what comes from the base image to a bill of materials (CycloneDX): its Debian packages, and Python itself.

`python3 base_materials.py sbom.cdx.json`, in the image that it is about.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote


def main(file: Path) -> None:
    """Writes the file again with one component more for each package."""
    bill = json.loads(file.read_text("utf-8"))
    bill["components"] += [_python(), *map(_debian, _installed())]
    file.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _python() -> dict[str, str]:
    version = platform.python_version()
    return {
        "type": "platform",
        "bom-ref": f"python-{version}",
        "name": "python",
        "version": version,
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
    }


def _installed() -> list[list[str]]:
    """Name, version and architecture of every Debian package, by name."""
    form = "${db:Status-Status} ${Package} ${Version} ${Architecture}\n"
    command = ["dpkg-query", "--show", f"--showformat={form}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - nobody else's text
    return sorted(line.split()[1:] for line in listed.stdout.splitlines() if line.startswith("installed "))


def _debian(package: list[str]) -> dict[str, str]:
    name, version, architecture = package
    purl = f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch={architecture}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
