"""Pages of a list: sizes, and tokens that are bound to the request they continue (AIP-158)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.runtime.errors import Violation, invalid

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: `size` items from behind the place `after`."""

    size: int
    after: tuple[Any, ...] | None
    _request: str

    def cut(self, found: Sequence[Item], place: Callable[[Item], tuple[Any, ...]]) -> tuple[Sequence[Item], str]:
        """The items of this page and the token of the next, from up to `size + 1` items that were found."""
        if len(found) <= self.size:
            return found, ""
        shown = found[: self.size]
        return shown, self.token(*place(shown[-1]))

    def token(self, *place: int | str) -> str:
        """The token of the page behind a place."""
        token = json.dumps([self._request, *place], separators=(",", ":"))
        return base64.urlsafe_b64encode(token.encode()).decode()


def read_page(request: Any, *, default: int = 100, most: int = 1000) -> Page:
    """The page that a list request asks for.

    Raises:
        DomainError: a negative size, or a token that is not one of ours or that belongs to another request.
    """
    fingerprint = _fingerprint(request)
    if request.page_size < 0:
        raise invalid([Violation("page_size", "mag niet negatief zijn")])
    size = min(request.page_size or default, most)
    if not request.page_token:
        return Page(size, None, fingerprint)
    try:
        owner, *after = json.loads(base64.b64decode(request.page_token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid([Violation("page_token", "is geen geldig vervolg")]) from error
    if owner != fingerprint or not after or not all(isinstance(part, int | str) for part in after):
        raise invalid([Violation("page_token", "hoort bij een ander verzoek")])
    return Page(size, tuple(after), fingerprint)


def _fingerprint(request: Message) -> str:
    same = type(request)()
    same.CopyFrom(request)
    same.ClearField("page_token")
    same.ClearField("page_size")
    content = same.DESCRIPTOR.full_name.encode() + same.SerializeToString(deterministic=True)
    return hashlib.sha256(content).hexdigest()[:16]
