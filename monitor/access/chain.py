"""The chain over the access log: each row's digest is over its canonical bytes and the digest before it. Pure.

A row that was changed, left out or put elsewhere no longer fits, and the first such row is named. Rows cut off at the end leave a whole
chain: that is found beside a head that was kept elsewhere, as every export carries one.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

import msgspec

from monitor.access.ports import AccessHead, AccessLogRow, ChainCheck, ChainedRow

GENESIS: Final = bytes(32)
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def row_digest(before: bytes, row: AccessLogRow) -> bytes:
    """SHA-256(digest of the row before || canonical bytes of this one and a newline); before the first row stand 32 zero bytes."""
    return sha256(before + _encode(row) + b"\n").digest()


def chained(rows: Iterable[AccessLogRow], head: AccessHead | None) -> Iterator[ChainedRow]:
    """New rows, numbered and under the chain that ends at `head`."""
    no, digest = (0, GENESIS) if head is None else (head.no, bytes.fromhex(head.digest))
    for row in rows:
        no += 1
        numbered = msgspec.structs.replace(row, no=no)
        before, digest = digest, row_digest(digest, numbered)
        yield ChainedRow(numbered, before.hex(), digest.hex())


class ChainWalk:
    """Fed with all rows from the first on, as they are kept."""

    def __init__(self, expected: AccessHead | None = None) -> None:
        self._expected = expected
        self._digest = GENESIS
        self._rows = 0
        self._broken_no: int | None = None

    def take(self, row: AccessLogRow, kept: bytes) -> bool:
        """Whether it fits. After the first that does not nothing more is looked at."""
        if self._broken_no is not None:
            return False
        digest = row_digest(self._digest, row)
        fits = row.no == self._rows + 1 and digest == kept and not self._is_other_than_expected(row.no, digest)
        if fits:
            self._rows, self._digest = row.no, digest
        else:
            self._broken_no = self._rows + 1
        return fits

    def _is_other_than_expected(self, no: int, digest: bytes) -> bool:
        return self._expected is not None and self._expected.no == no and self._expected.digest != digest.hex()

    def end(self) -> ChainCheck:
        broken_no = self._broken_no
        if broken_no is None and self._expected is not None and self._expected.no > self._rows:
            broken_no = self._rows + 1  # rows that were there when the expected head was taken are gone
        head = AccessHead(self._rows, self._digest.hex()) if self._rows else None
        return ChainCheck(self._rows, broken_no, head)
