"""When a comparison ends with status 1."""

from enum import StrEnum


class FailOn(StrEnum):
    """What makes the command end with status 1."""

    ANY = "any"
    NEW_MISS = "new-miss"
    ROUTE = "route"
    MONEY = "money"
