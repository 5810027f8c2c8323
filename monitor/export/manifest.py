"""What an export says about itself: the header it begins with and the signed manifest it ends with (beside it, for CSV)."""

from collections import Counter
from typing import Final

import msgspec

from monitor.core.chain import format_of
from monitor.export.selection import Selection
from monitor.export.signing import InstallationKey
from schemas.log import DeviceBound, Entry, Measured, PhaseOrdered, SessionCreated, canonical
from schemas.measurement import Mode
from schemas.session import OPEN_PHASES

EXPORT_FORMAT: Final = "infusion-monitor/export/1"
INTENDED_USE: Final = "secondary display and record; not for primary monitoring"
CSV_IS_A_VIEW: Final = "this CSV is a view for reading; the record is the JSONL export of the session, under the head digest named here"


class Stamp(msgspec.Struct, frozen=True):
    """Who exports, with what and when. `software` is the version of this program. `installation`: its lasting name, where its keys have
    changed; empty: that of its key."""

    key: InstallationKey
    software: str
    exported_at_ms: int
    installation: str = ""


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="header"):
    """First line of a JSONL export; the manifest says all of it again, under its signature. `installation` is the key id."""

    exported_at_ms: int
    format: str = EXPORT_FORMAT
    installation: str
    intended_use: str = INTENDED_USE
    log_format: str
    modes: tuple[Mode, ...]
    session: str
    software: str


class Unsealed(msgspec.Struct, frozen=True):
    """The entries after the last seal, of a session that was still open. `checks` as on a seal's line."""

    checks: str
    entries: int


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. `complete`: the session was over and the last seal covers the last entry. `head` is the digest of the last seal."""

    complete: bool
    counts: dict[str, int]
    entries: int
    first_at_ms: int | None
    first_seq: int | None
    head: str | None
    last_at_ms: int | None
    last_seq: int | None
    limits_sha256: str | None
    modes: tuple[Mode, ...]
    seals: int


class Tally:
    """Counts what goes into an export. `add` takes the entries in `seq` order, in slices of any size."""

    def __init__(self, selection: Selection) -> None:
        self._counts: Counter[type[object]] = Counter()
        self._modes: set[Mode] = set()
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._ended = False
        self._limits_sha256: str | None = None
        self._selection = selection

    def add(self, entries: list[Entry]) -> None:
        if not entries:
            return
        self._first = self._first or entries[0]
        self._last = entries[-1]
        bodies = [entry.body for entry in entries]
        self._counts.update(map(type, bodies))
        for body in bodies:
            if type(body) is Measured:
                self._modes.add(body.mode)
                continue
            match body:
                case DeviceBound(mode=mode):
                    self._modes.add(mode)
                case PhaseOrdered(phase=phase):
                    self._ended = self._ended or phase not in OPEN_PHASES
                case SessionCreated(limits_sha256=digest):
                    self._limits_sha256 = digest

    def contents(self) -> Contents:
        first, last = self._first, self._last
        return Contents(
            complete=self._ended and last is not None and self._selection.sealed_seq == last.seq,
            counts={str(kind.__struct_config__.tag): count for kind, count in self._counts.items()},  # type: ignore[attr-defined]  # a Struct
            entries=self._counts.total(),
            first_at_ms=first.at_ms if first else None,
            first_seq=first.seq if first else None,
            head=self._selection.head,
            last_at_ms=last.at_ms if last else None,
            last_seq=last.seq if last else None,
            limits_sha256=self._limits_sha256,
            modes=tuple(sorted(self._modes)),
            seals=self._selection.seals,
        )


def header_of(selection: Selection, stamp: Stamp) -> Header:
    return Header(
        exported_at_ms=stamp.exported_at_ms,
        installation=stamp.key.key_id,
        log_format=format_of(selection.salt),
        modes=selection.modes,
        session=selection.session,
        software=stamp.software,
    )


def jsonl_manifest(header: Header, contents: Contents, unsealed: Unsealed, sha256: str, key: InstallationKey) -> bytes:
    """Last line of a JSONL export. `sha256` is over every byte before it."""
    return signed({**_fields(header), **_fields(contents), "sha256": sha256, "type": "manifest", "unsealed": _fields(unsealed)}, key)


def csv_manifest(header: Header, contents: Contents, *, rows: int, size_bytes: int, sha256: str, key: InstallationKey) -> bytes:
    """The file beside a CSV export. `rows` without the row of column names; `sha256` is over the whole CSV file of `size_bytes`."""
    about = {"record": CSV_IS_A_VIEW, "rows": rows, "sha256": sha256, "size_bytes": size_bytes, "type": "csv_manifest"}
    return signed({**_fields(header), **_fields(contents), **about}, key)


def _fields(value: msgspec.Struct) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(value)
    return fields


def signed(fields: dict[str, object], key: InstallationKey) -> bytes:
    """Signature over the canonical bytes of everything but the signature itself."""
    fields["public_key"] = key.public_text
    fields["signature"] = key.sign(canonical(fields))
    return canonical(fields) + b"\n"
