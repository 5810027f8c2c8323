"""The lines of a stream, read in blocks, and the digest of every byte that was taken.

While the lines of one block are looked at, a second thread hashes the block before it and reads (and unpacks) the one after it: both are
work outside the interpreter. A stream that ends within its first block has no such thread.
"""

import hashlib
import io
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import BinaryIO, Final

from monitor.export.verify.canonical import MAX_LINE
from monitor.export.verify.verdict import Refused

LINES_BLOCK: Final = 1 << 18  # bytes asked for at once
PART: Final = 1 << 18  # bytes of a part
SEAL_START: Final = b'{"checks"'
SEAL_END: Final = b',"type":"seal"}\n'


class Lines:
    """Holds what is left of one block and the next: at most LINES_BLOCK, or a line that is longer (MAX_LINE at most) and a block; and the
    block that is being read, and the one that is being hashed."""

    def __init__(self, stream: BinaryIO, before: "hashlib._Hash | None" = None) -> None:
        """`before`: SHA-256 of the bytes that were read elsewhere, where there are such."""
        self.stream = stream
        self.held = b""
        self.at = 0  # what is held before it was taken
        self._gone = hashlib.sha256() if before is None else before.copy()  # of every byte before those held
        self._reader: ThreadPoolExecutor | None = None
        self._coming: Future[bytes] | None = None

    def next(self) -> bytes:
        """The next line, with its LF unless the file ends before it or it is longer than MAX_LINE bytes; b"" at the end."""
        end = self.held.find(b"\n", self.at) + 1
        while not end and len(self.held) - self.at < MAX_LINE and self._fill():
            end = self.held.find(b"\n", self.at) + 1
        start, self.at = self.at, min(end or len(self.held), self.at + MAX_LINE)
        return self.held[start : self.at]

    def _fill(self) -> bool:
        """What reading the stream raises is raised where its bytes are needed, not before."""
        block = self.stream.read(LINES_BLOCK) if self._coming is None else self._coming.result()
        gone = memoryview(self.held)[: self.at]
        self.held, self.at = self.held[self.at :] + block, 0
        if len(block) < LINES_BLOCK:
            self._gone.update(gone)
            self._coming = None
        else:
            self._reader = self._reader or ThreadPoolExecutor(1)
            self._coming = self._reader.submit(self._read_on, gone)
        return bool(block)

    def _read_on(self, gone: memoryview) -> bytes:
        self._gone.update(gone)
        return self.stream.read(LINES_BLOCK)

    def settle(self) -> None:
        """Lets the other thread come to rest: for whoever is about to read the stream elsewhere, or wants the digest."""
        if self._coming is not None:
            wait([self._coming])

    def part(self) -> bytes:
        """The whole lines that come next, up to and with the last seal among PART bytes; b"" where there is none or they cannot all be
        read. Whoever goes on line by line then gets as far as it goes."""
        try:
            while len(self.held) - self.at < PART and self._fill():
                pass
        except (OSError, Refused):
            return b""
        seal = self.held.rfind(SEAL_END, self.at, self.at + PART)
        start, self.at = self.at, self.at if seal < 0 else seal + len(SEAL_END)
        return self.held[start : self.at]

    def before(self, line: bytes) -> "hashlib._Hash":
        """SHA-256 of every byte before `line`, which was taken last."""
        self.settle()
        digest = self._gone.copy()
        digest.update(memoryview(self.held)[: self.at - len(line)])
        return digest


class Part(Lines):
    """Lines that are all held."""

    def __init__(self, lines: bytes) -> None:
        super().__init__(io.BytesIO(lines))
        self.held = lines

    def _fill(self) -> bool:
        return False
