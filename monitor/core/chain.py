r"""The hash chain of a session's log.

digest 0 = SHA-256("infusion-monitor/log/1\n" session "\n"); a seal over entries a..b has
digest = SHA-256(previous digest, then for each entry its canonical bytes and a newline). The digest is fed entry by entry, so sealing
costs one finalisation however long the range is.
"""

from hashlib import sha256

from schemas.log import FORMAT, Seal


def genesis(session: str) -> bytes:
    """Digest before the first entry."""
    return sha256(f"{FORMAT}\n{session}\n".encode()).digest()


class Chain:
    """Running hash of one log. `head` is the digest of the last seal, `sealed_seq` the last entry under it."""

    __slots__ = ("_running", "first_unsealed_at_ms", "head", "sealed_seq", "seq", "session")

    def __init__(self, session: str) -> None:
        self.session = session
        self.head = genesis(session)
        self.sealed_seq = 0
        self.seq = 0
        self.first_unsealed_at_ms: int | None = None
        self._running = sha256(self.head)

    def extend(self, seq: int, at_ms: int, canonical_bytes: bytes) -> None:
        """Take the next entry in."""
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
