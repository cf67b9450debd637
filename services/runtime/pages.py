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

_MAX_TOKEN = 1000
"""More characters than any token has."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: `size` items from behind the place `after`."""

    size: int
    after: tuple[Any, ...] | None
    _request: str

    def behind(self, *types: type) -> tuple[Any, ...] | None:
        """The place to go on from, whose parts have these types; None on the first page.

        Raises:
            DomainError: the token holds another kind of place, so that somebody made it up.
        """
        if self.after is None:
            return None
        fits = tuple(type(part) for part in self.after) == types
        if not fits or not all(_can_be_a_place(part) for part in self.after):
            raise invalid([Violation("page_token", "is geen geldig vervolg")])
        return self.after

    def cut(self, found: Sequence[Item], place: Callable[[Item], tuple[Any, ...]]) -> tuple[Sequence[Item], str]:
        """The items of this page and the token of the next, from up to `size + 1` items that were found."""
        if len(found) <= self.size:
            return found, ""
        shown = found[: self.size]
        return shown, self.token(*place(shown[-1]))

    def token(self, *place: int | str) -> str:
        """The token of the page behind a place."""
        return _encode([_binding(self._request, place), *place])


def read_page(request: Any, *, default: int = 100, most: int = 1000) -> Page:
    """The page that a list request asks for.

    Raises:
        DomainError: a negative size, or a token that is not one of ours or that belongs to another request.
    """
    page, violations = _read(request, default, most)
    if violations:
        raise invalid(violations)
    return page


def page_violations(request: Any) -> list[Violation]:
    """Everything that `read_page` would refuse."""
    return _read(request, 1, 1)[1]


def _read(request: Any, default: int, most: int) -> tuple[Page, list[Violation]]:
    fingerprint = _fingerprint(request)
    violations = []
    if request.page_size < 0:
        violations.append(Violation("page_size", "mag niet negatief zijn"))
    after = None
    if request.page_token:
        binding, *place = _decode(request.page_token) or [""]
        if not place:
            violations.append(Violation("page_token", "is geen geldig vervolg"))
        elif binding != _binding(fingerprint, place):
            violations.append(Violation("page_token", "hoort bij een ander verzoek"))
        else:
            after = tuple(place)
    return Page(min(request.page_size or default, most), after, fingerprint), violations


def _can_be_a_place(part: Any) -> bool:
    """Whether every column that lists go by can be compared with it: some hold 32 bits, none holds a control character
    or half a character."""
    return part.isprintable() if isinstance(part, str) else 0 <= part < 2**31


def _encode(content: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def _decode(token: str) -> list[Any] | None:
    if len(token) > _MAX_TOKEN:
        return None
    try:
        found = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    # One place has one token: what only means the same is not one of ours.
    return found if isinstance(found, list) and _encode(found) == token else None


def _binding(fingerprint: str, place: Sequence[Any]) -> str:
    # The place goes in too, so that nobody is tempted to write tokens.
    return hashlib.sha256(json.dumps([fingerprint, *place]).encode()).hexdigest()[:16]


def _fingerprint(request: Message) -> str:
    same = type(request)()
    same.CopyFrom(request)
    same.ClearField("page_token")
    same.ClearField("page_size")
    content = same.DESCRIPTOR.full_name.encode() + same.SerializeToString(deterministic=True)
    return hashlib.sha256(content).hexdigest()[:16]
