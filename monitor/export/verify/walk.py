"""What has been read of a record, and whether the next entry belongs in its place."""

from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from monitor.export.verify.canonical import MAX_INTEGER, hexadecimal, is_same
from monitor.export.verify.signed import SIGNING, Signed
from monitor.export.verify.verdict import Refused
from monitor.export.verify.withheld import Withheld

ENTRY_KEYS: Final = {"at_ms", "body", "seq", "session"}
DEIDENTIFIED: Final = "De-identified: commitments stand for names, texts and the patient; the seals are those of the full record."
OVER: Final = {"closed", "aborted"}


@dataclass(slots=True)
class Walk:
    """`line` is the line being read, from 1; `offset` where it begins; `open_*` where the first line after the last seal is."""

    session: str
    head: bytes  # digest of the last seal, or digest 0
    line: int = 1
    offset: int = 0
    entries: int = 0
    at_ms: int = -MAX_INTEGER
    first_at_ms: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    modes: set[str] = field(default_factory=set)
    seals: int = 0
    sealed: int = 0  # last entry under a seal
    open_line: int = 2
    open_offset: int = 0
    limits_sha256: str | None = None
    is_over: bool = False
    leaves: bytearray = field(default_factory=bytearray)  # of each seal: the hash of its leaf in the tree of the installation
    seal_seqs: "array[int]" = field(default_factory=lambda: array("q"))  # and its last entry
    file_sha256: str = ""
    withheld: Withheld | None = None  # of a log with a salt
    signed: Signed = field(init=False)

    def __post_init__(self) -> None:
        self.signed = Signed(self.head)

    def place(self, seq: int, at_ms: int, kind: str, *, is_same_session: bool) -> None:
        """Takes the next entry in. Raises Refused."""
        expected = self.entries + 1
        if not is_same_session:
            raise Refused(f"the entry belongs to another session than {self.session}", line=self.line, seq=expected)
        if seq != expected:
            raise Refused(f"an entry is missing, repeated or out of place: this one says it is seq {seq}", line=self.line, seq=expected)
        if at_ms < self.at_ms:
            raise Refused(f"its time goes back, from {utc(self.at_ms)} to {utc(at_ms)}", line=self.line, seq=expected)
        if (kind == "session_created") != (expected == 1):
            raise Refused("a record begins with session_created, which comes nowhere else", line=self.line, seq=expected)
        if expected == 1:
            self.first_at_ms = at_ms
        self.entries = expected
        self.at_ms = at_ms
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def place_parsed(self, line: dict[str, Any]) -> None:
        """The same for an entry line that was parsed; looks at what its body says about the whole record. Raises Refused, ValueError."""
        entry = line.get("entry")
        if set(line) != {"entry", "type"} or line["type"] != "entry" or not isinstance(entry, dict) or set(entry) != ENTRY_KEYS:
            raise ValueError("an entry line holds an entry of at_ms, body, seq and session, and nothing else")
        body, seq, at_ms = entry["body"], entry["seq"], entry["at_ms"]
        if type(seq) is not int or type(at_ms) is not int or not isinstance(body, dict) or not isinstance(body.get("kind"), str):
            raise ValueError("at_ms and seq are integers, body is an object with a kind")
        kind = body["kind"]
        self.place(seq, at_ms, kind, is_same_session=entry["session"] == self.session)
        if kind in SIGNING and body.get("under") is not None:
            self.signed.take(body["under"], self.seal_seqs, line=self.line, seq=seq)
        if kind in ("measurement", "device_bound"):
            self.modes.add(str(body.get("mode")))
        elif kind == "phase_ordered" and body.get("phase") in OVER:
            self.is_over = True
        elif kind == "session_created":
            self.limits_sha256 = hexadecimal(str(body.get("limits")).encode())
            if not is_same(body.get("limits_sha256"), self.limits_sha256):
                raise ValueError("limits_sha256 is not the SHA-256 of the limits beside it")
            if ("salt" in body) is not (self.withheld is not None):
                raise ValueError("a log has a salt where its format is infusion-monitor/log/2, and there alone")

    @property
    def said(self) -> list[str]:
        """What must be known of the whole record."""
        is_deidentified = self.withheld is not None and self.withheld.is_deidentified
        return [DEIDENTIFIED] if is_deidentified else []

    def sealed_here(self, digest: bytes, size: int, leaf: bytes) -> None:
        """The line being read, of `size` bytes, is a good seal."""
        self.leaves += leaf
        self.signed.digests += digest
        self.seal_seqs.append(self.entries)
        self.head = digest
        self.seals += 1
        self.sealed = self.entries
        self.open_line, self.open_offset = self.line + 1, self.offset + size

    def go_on(self, found: "Walk") -> None:
        """Takes over what a walk found that began here, behind a seal, at line and offset 0, and ended behind a seal."""
        self.line += found.line
        self.offset += found.offset
        self.open_line, self.open_offset = self.line + 1, self.offset
        self.head, self.entries, self.sealed, self.at_ms = found.head, found.entries, found.sealed, found.at_ms
        self.seals += found.seals
        self.is_over = self.is_over or found.is_over
        self.modes |= found.modes
        self.counts = {kind: self.counts.get(kind, 0) + found.counts.get(kind, 0) for kind in self.counts | found.counts}
        self.leaves += found.leaves
        self.seal_seqs += found.seal_seqs
        self.signed.digests += found.signed.digests


def utc(at_ms: object) -> str:
    """For words only: whatever is no time is shown as it is."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms if type(at_ms) is int else 0)
    except OverflowError:
        return f"{at_ms} ms"
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
