"""The organisation that calls, and what it may stand for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ANY_PROVIDER = "-"
"""Stands for every provider, in what an organisation may stand for as in resource names."""


class Role(StrEnum):
    """What an organisation or a user may be; a token or the directory of organisations names them so."""

    VERZEKERAAR = "verzekeraar"
    AANBIEDER = "aanbieder"
    BELEID = "beleid"
    AUDITOR = "auditor"
    BEHEERDER = "beheerder"
    DIENST = "dienst"
    """Another service of the suite: it asks on behalf of a user whom it has admitted itself."""
    DEUR = "deur"
    """A proxy that passes on the tokens of others and may do nothing itself."""
    ONTWIKKELING = "ontwikkeling"
    """Whoever reaches a service that does not ask who calls, on loopback."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An organisation that calls, or a user of it.

    `codes` are those that it acts as, an insurer's UZOVI codes among them; `providers` are those whose own system it
    is; `represents` has the providers that an insurer represents, by budget year. `-` stands for every provider.
    """

    organisation: str
    roles: frozenset[Role]
    codes: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    represents: tuple[tuple[int, frozenset[str]], ...] = ()
    _hash: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Callers are looked up at every call, and there are few of them.
        content = (self.organisation, self.roles, self.codes, self.providers, self.represents)
        object.__setattr__(self, "_hash", hash(content))

    def __hash__(self) -> int:
        return self._hash

    def document(self) -> Mapping[str, object]:
        """The caller as the rules of access read it."""
        return {
            "organisation": self.organisation,
            "roles": sorted(self.roles),
            "codes": sorted(self.codes),
            "providers": sorted(self.providers),
            "represents": {str(year): sorted(providers) for year, providers in self.represents},
        }


DEVELOPMENT = Caller("ontwikkeling", frozenset({Role.ONTWIKKELING}))
