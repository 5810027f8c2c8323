r"""The hash chain of a session's log.

digest 0 = SHA-256(format of the log "\n" session "\n"); a seal over entries a..b has
digest = SHA-256(previous digest, then for each entry its canonical bytes and a newline), of a salted log those of its committed form.
The digest is fed entry by entry, so sealing costs one finalisation however long the range is.
"""

from hashlib import sha256

from monitor.core.committed import committed
from schemas.log import FORMAT, SALTED_FORMAT, Entry, Measured, Seal, SessionCreated, canonical


def format_of(salt: str | None) -> str:
    """The format of a log by the salt of its first entry."""
    return FORMAT if salt is None else SALTED_FORMAT


def genesis(session: str, salt: str | None = None) -> bytes:
    """Digest before the first entry."""
    return sha256(f"{format_of(salt)}\n{session}\n".encode()).digest()


class Chain:
    """Running hash of one log. `head` is the digest of the last seal, `sealed_seq` the last entry under it. The first entry tells it the
    salt."""

    __slots__ = ("_running", "_salt", "first_unsealed_at_ms", "head", "sealed_seq", "seq", "session")

    def __init__(self, session: str) -> None:
        self.session = session
        self.head = genesis(session)
        self.sealed_seq = 0
        self.seq = 0
        self.first_unsealed_at_ms: int | None = None
        self._running = sha256(self.head)
        self._salt: str | None = None

    def take(self, entry: Entry) -> None:
        """Take the next entry in. A measurement holds nothing that identifies anybody: it is hashed as it is."""
        hashed = entry if type(entry.body) is Measured else self._committed(entry)
        self.extend(entry.seq, entry.at_ms, canonical(hashed))

    def _committed(self, entry: Entry) -> Entry:
        if self.seq == 0 and isinstance(entry.body, SessionCreated):
            self._salt = entry.body.salt
            self.head = genesis(self.session, self._salt)
            self._running = sha256(self.head)
        return entry if self._salt is None else committed(entry, self._salt)

    def extend(self, seq: int, at_ms: int, canonical_bytes: bytes) -> None:
        """The same for who has the bytes that are hashed."""
        self._running.update(canonical_bytes + b"\n")
        self.seq = seq
        if self.first_unsealed_at_ms is None:
            self.first_unsealed_at_ms = at_ms

    def seal(self, at_ms: int) -> Seal | None:
        """Close the range since the last seal; None where nothing is open."""
        if self.seq == self.sealed_seq:
            return None
        self.head = self._running.digest()
        seal = Seal(at_ms=at_ms, digest=self.head.hex(), first_seq=self.sealed_seq + 1, last_seq=self.seq, session=self.session)
        self.sealed_seq = self.seq
        self.first_unsealed_at_ms = None
        self._running = sha256(self.head)
        return seal
