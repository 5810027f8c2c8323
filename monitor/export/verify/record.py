"""Walks a JSONL export from its first byte to its last: the order of the entries, each seal, the manifest."""

import hashlib
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from monitor.export.verify import canonical, manifest
from monitor.export.verify.lines import Lines
from monitor.export.verify.measurements import MEASUREMENT, Measurements
from monitor.export.verify.naming import ENTRY_END, ENTRY_START, changed_entry, earliest
from monitor.export.verify.tree import leaf_hash
from monitor.export.verify.verdict import Refused
from monitor.export.verify.walk import Walk
from monitor.export.verify.withheld import Withheld

Ahead = Callable[[Walk, Lines, BinaryIO], None]  # takes in some of the next lines, in a way of its own
ENTRY_TEXT: Final = slice(len(ENTRY_START), -len(ENTRY_END))
SEAL_KEYS: Final = {"at_ms", "digest", "first_seq", "last_seq", "session"}


def read_record(stream: BinaryIO, ahead: Ahead | None = None) -> tuple[Walk, dict[str, Any]]:
    """The whole file; what was found and the manifest, which says the same. Its signature is not looked at here. `ahead` is
    asked first. Raises Refused."""
    lines = Lines(stream)
    first = lines.next()
    header = manifest.read_header(first)
    digest_0 = hashlib.sha256(f"{header['log_format']}\n{header['session']}\n".encode()).digest()
    walk = Walk(session=header["session"], head=digest_0, offset=len(first), open_offset=len(first))
    walk.withheld = Withheld() if header["log_format"] == manifest.SALTED_FORMAT else None
    try:
        if ahead is not None:
            ahead(walk, lines, stream)
        if (last := read_lines(walk, lines, stream)) is None:
            raise Refused(f"the file ends without a manifest, after entry seq {walk.entries}: it was cut off", line=walk.line + 1)
    except Refused as refused:
        lines.settle()
        raise earliest(walk, refused, stream) from refused
    text = canonical.write(last) + b"\n"
    every_byte = lines.before(text)
    sha256 = every_byte.hexdigest()
    every_byte.update(text)
    walk.file_sha256 = every_byte.hexdigest()
    _check_end(walk, header, last, sha256, lines, stream)
    return walk, last


def read_lines(walk: Walk, lines: Lines, stream: BinaryIO, known: Measurements | None = None) -> dict[str, Any] | None:
    """From where the walk is to the manifest, which is returned, or to the end of the lines. `known`: from lines of the same session that
    were read before. Raises Refused."""
    chain = hashlib.sha256(walk.head)
    known = known or Measurements(walk.session)
    while True:
        chain = known.take(lines, walk, chain)
        if not (line := lines.next()):
            return None
        if line.startswith(ENTRY_START):
            walk.line += 1
            chain.update(_take_entry(walk, line, known) + b"\n")
        else:
            digest = chain.digest()
            if not known.take_seal(line, 0, digest, walk):
                walk.line += 1
                value = _seal_or_manifest(walk, line)
                if value["type"] == "manifest":
                    return value
                lines.settle()
                _check_seal(walk, value, digest, stream)
                walk.sealed_here(digest, len(line), leaf_hash(_seal_text(line)))
            chain = hashlib.sha256(digest)
        walk.offset += len(line)


def _take_entry(walk: Walk, line: bytes, known: Measurements) -> bytes:
    """What the chain is over."""
    match = MEASUREMENT.fullmatch(line)
    if match is None:
        return _place(walk, line) or line[ENTRY_TEXT]
    text, at, mode, number, of_session = match.groups()
    walk.place(int(number), int(at), "measurement", is_same_session=of_session == known.session_text)
    walk.modes.add(mode.decode())
    known.learn(line, match)
    return text


def _place(walk: Walk, line: bytes) -> bytes | None:
    """What the chain is over where it is not the entry as it stands."""
    seq = walk.entries + 1
    try:
        value = canonical.read(line)
        walk.place_parsed(value)
        return None if walk.withheld is None else walk.withheld.hashed(value["entry"])
    except ValueError as error:
        raise Refused(str(error), line=walk.line, seq=seq) from error


def _seal_or_manifest(walk: Walk, line: bytes) -> dict[str, Any]:
    try:
        value = canonical.read(line)
    except ValueError as error:
        raise Refused(str(error), line=walk.line, seq=_seq_if_entry(walk, line)) from error
    if value.get("type") not in ("seal", "manifest"):
        raise Refused("neither an entry, nor a seal, nor the manifest", line=walk.line, seq=_seq_if_entry(walk, line))
    return value


def _seq_if_entry(walk: Walk, line: bytes) -> int | None:
    """For a line that is spoilt: the entry that belongs here, if it was one."""
    return walk.entries + 1 if line.endswith(ENTRY_END) else None


def _check_seal(walk: Walk, line: dict[str, Any], digest: bytes, stream: BinaryIO) -> None:
    """A seal closes every entry since the seal before it; `digest` is what it must state."""
    seal = line.get("seal")
    if set(line) != {"checks", "seal", "type"} or not isinstance(seal, dict) or set(seal) != SEAL_KEYS:
        raise Refused("a seal line holds checks and a seal of at_ms, digest, first_seq, last_seq and session", line=walk.line)
    if seal["session"] != walk.session:
        raise Refused(f"the seal belongs to another session than {walk.session}", line=walk.line)
    first, last = walk.sealed + 1, walk.entries
    is_range = type(seal["first_seq"]) is type(seal["last_seq"]) is int
    if not is_range or (seal["first_seq"], seal["last_seq"]) != (first, last) or first > last:
        stated = f"the seal says it closes entries {seal['first_seq']!r} to {seal['last_seq']!r}"
        raise Refused(f"{stated}, but those since the seal before it are {first} to {last}", line=walk.line)
    if not canonical.is_same(seal["digest"], digest.hex()):
        if named := changed_entry(walk, line["checks"], stream):
            raise named
        what = f"the seal does not fit entries {first} to {last} after the seals before it"
        raise Refused(f"{what}: something in lines {walk.open_line} to {walk.line} was changed", line=walk.line)


def _seal_text(line: bytes) -> bytes:
    """The canonical bytes of the seal on a canonical seal line, which holds its checks (hex), the seal, and what it is."""
    return line[line.index(b'"seal":') + 7 : -len(b',"type":"seal"}\n')]


def _check_end(walk: Walk, header: dict[str, Any], last: dict[str, Any], sha256: str, lines: Lines, stream: BinaryIO) -> None:
    """`last` is the manifest's line, `sha256` that of every byte before it."""
    check_nothing_after(lines, walk)
    fits, unsealed = canonical.is_same(last.get("sha256"), sha256), last.get("unsealed")
    if not fits and isinstance(unsealed, dict) and (named := changed_entry(walk, unsealed.get("checks"), stream)):
        raise named
    manifest.check_contents(walk, header, last)
    if not fits:
        raise Refused("the lines above are not those this manifest was made for: a seal or an unsealed entry was changed", line=walk.line)


def check_nothing_after(lines: Lines, walk: Walk) -> None:
    """After the manifest, that is."""
    if extra := lines.next()[:40]:
        raise Refused(f"there is something after the manifest: {extra!r}", line=walk.line + 1)
