"""The lines of a stream, read in blocks, and the digest of every byte that was taken.

While the lines of one block are looked at, a second thread hashes the block before it and reads (and unpacks) the one after it: both are
work outside the interpreter. A stream that ends within its first block has no such thread.
"""

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import BinaryIO, Final

from monitor.export.verify.canonical import MAX_LINE

LINES_BLOCK: Final = 1 << 18  # bytes asked for at once
AHEAD: Final = 1 << 13  # bytes looked at together: the lines between two seals and more
_SEAL_START: Final = b'{"checks"'
_RANGE_END: Final = b"\n" + _SEAL_START


class Lines:
    """Holds what is left of one block and the next: at most LINES_BLOCK, or a line that is longer (MAX_LINE at most) and a block; and the
    block that is being read, and the one that is being hashed."""

    def __init__(self, stream: BinaryIO, before: "hashlib._Hash | None" = None) -> None:
        """`before`: SHA-256 of the bytes that were read elsewhere, where there are such."""
        self._stream = stream
        self._held = b""
        self._at = 0
        self._range = 1  # bytes that lay between the last two seals: likely as many as before the next one
        self._gone = hashlib.sha256() if before is None else before.copy()  # of every byte before those held
        self._reader: ThreadPoolExecutor | None = None
        self._coming: Future[bytes] | None = None

    def next(self) -> bytes:
        """The next line, with its LF unless the file ends before it or it is longer than MAX_LINE bytes; b"" at the end."""
        end = self._held.find(b"\n", self._at) + 1
        while not end and len(self._held) - self._at < MAX_LINE and self._fill():
            end = self._held.find(b"\n", self._at) + 1
        start, self._at = self._at, min(end or len(self._held), self._at + MAX_LINE)
        return self._held[start : self._at]

    def _fill(self) -> bool:
        """What reading the stream raises is raised where its bytes are needed, not before."""
        block = self._stream.read(LINES_BLOCK) if self._coming is None else self._coming.result()
        gone = memoryview(self._held)[: self._at]
        self._held, self._at = self._held[self._at :] + block, 0
        if len(block) < LINES_BLOCK:
            self._gone.update(gone)
            self._coming = None
        else:
            self._reader = self._reader or ThreadPoolExecutor(1)
            self._coming = self._reader.submit(self._read_on, gone)
        return bool(block)

    def _read_on(self, gone: memoryview) -> bytes:
        self._gone.update(gone)
        return self._stream.read(LINES_BLOCK)

    def settle(self) -> None:
        """Lets the other thread come to rest: for whoever is about to read the stream elsewhere, or wants the digest."""
        if self._coming is not None:
            wait([self._coming])

    def ahead(self) -> bytes:
        """The whole lines that come next up to a seal, as far as they are held: AHEAD bytes at most. `skip` takes them."""
        at = self._at
        if self._held.startswith(_SEAL_START, at):
            return b""
        guess = at + self._range
        if not self._held.startswith(_RANGE_END, guess - 1):
            found = self._held.find(_RANGE_END, at, at + AHEAD) + 1
            guess = found or self._held.rfind(b"\n", at, at + AHEAD) + 1
            self._range = max(guess - at, 0)
        return self._held[at:guess]

    def skip(self, size: int) -> None:
        self._at += size

    def before(self, line: bytes) -> "hashlib._Hash":
        """SHA-256 of every byte before `line`, which was taken last."""
        self.settle()
        digest = self._gone.copy()
        digest.update(memoryview(self._held)[: self._at - len(line)])
        return digest
