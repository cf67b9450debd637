"""Visit ids as numbers of 128 bits: a table of them is small, and holds no identifier."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_BYTES = 16
_PART_ROWS = 250_000


def visit_keys(visit_ids: "pl.Series") -> "pl.Series":
    """Return the keys of texts: the same for the same text, and for no other.

    A key is a cryptographic digest (BLAKE2b) of 128 bits. That any two of ten million texts share one has a chance
    below 1 in 10^24, whatever the texts look like.
    """
    import polars as pl  # noqa: PLC0415

    texts = visit_ids.cast(pl.Binary).to_list()
    digests = pl.Series([blake2b(text, digest_size=_BYTES).digest() for text in texts], dtype=pl.Binary)
    return digests.bin.reinterpret(dtype=pl.Int128, endianness="little")


def parts_by(table: "pl.DataFrame", key: str) -> "Iterator[pl.DataFrame]":
    """Yield tables that together are the rows of a table, each in its order, and in which all rows of a key are in one.

    They are small enough for what is made of one to take little memory. `key` is a column of whole numbers; rows that
    lack one are left out of a large table.
    """
    import polars as pl  # noqa: PLC0415

    count = len(table) // _PART_ROWS + 1
    for part in range(count):
        yield table if count == 1 else table.filter(pl.col(key) % count == part)
