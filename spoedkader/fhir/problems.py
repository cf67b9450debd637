"""Why a file of Encounters is refused as a whole."""

MAX_RESOURCE = 1_000_000
"""The most that one resource may take: bytes of a line of NDJSON or of XML, characters of JSON."""


class FhirProblem(Exception):  # noqa: N818 - the file has one, the program none
    """A file cannot be read; the message is Dutch and says where (a resource's number from 1), never what it holds."""


def too_large(number: int) -> FhirProblem:
    """Resource `number` takes more than `MAX_RESOURCE`."""
    return FhirProblem(f"resource {number} is groter dan {MAX_RESOURCE} bytes")
