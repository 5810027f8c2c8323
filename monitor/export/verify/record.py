"""Walks a JSONL export from its first byte to its last: the order of the entries, each seal, the manifest."""

import hashlib
import json
import re
from functools import partial
from typing import Any, BinaryIO, Final

from monitor.export.verify import canonical, manifest
from monitor.export.verify.naming import ENTRY_END, ENTRY_START, changed_entry, earliest, entry_text
from monitor.export.verify.verdict import Refused
from monitor.export.verify.walk import Walk

SEAL_KEYS: Final = {"at_ms", "digest", "first_seq", "last_seq", "session"}

# A measurement in its one canonical form: keys sorted, no white space, no escapes, integers of at most 15 digits. What matches needs no
# parsing. Anything else, a measurement with an escape in the name of its device too, is parsed and written again to compare.
_WORD: Final = rb'"[A-Za-z0-9._-]*+"'
_INTEGER: Final = rb"(?:0|-?[1-9][0-9]{0,14}+)"
_READING: Final = rb'\{"reason":%b,"validity":%b,"value_milli":(?:null|%b),"vital":%b\}' % (_WORD, _WORD, _INTEGER, _WORD)
MEASUREMENT: Final = re.compile(
    rb'\{"entry":(\{"at_ms":(%b),"body":\{"counter":%b,"device":%b,"kind":"measurement","measured_at_ms":%b,"mode":"(real|simulated|replayed)",'
    rb'"readings":\[(?:%b(?:,%b)*+)?\],"received_at_ms":%b\},"seq":(%b),"session":(%b)\}),"type":"entry"\}\n'
    % (_INTEGER, _INTEGER, _WORD, _INTEGER, _READING, _READING, _INTEGER, _INTEGER, _WORD)
)


def read_record(stream: BinaryIO) -> tuple[Walk, dict[str, Any]]:
    """The whole file; what was found and the manifest, which says the same. Its signature is not looked at here. Raises Refused."""
    first = stream.readline(canonical.MAX_LINE)
    header = manifest.read_header(first)
    digest_0 = hashlib.sha256(f"{manifest.LOG_FORMAT}\n{header['session']}\n".encode()).digest()
    walk = Walk(session=header["session"], head=digest_0, offset=len(first), open_offset=len(first))
    every_byte = hashlib.sha256(first)
    try:
        last = _read_lines(walk, stream, every_byte)
    except Refused as refused:
        raise earliest(walk, refused, stream) from refused
    _check_end(walk, header, last, every_byte.hexdigest(), stream)
    return walk, last


def _read_lines(walk: Walk, stream: BinaryIO, every_byte: "hashlib._Hash") -> dict[str, Any]:
    """From the second line to the manifest, which is returned. `every_byte` takes in what comes before it."""
    chain = hashlib.sha256(walk.head)
    session = json.dumps(walk.session).encode()
    for line in iter(partial(stream.readline, canonical.MAX_LINE), b""):
        walk.line += 1
        if match := MEASUREMENT.fullmatch(line):
            text, at_ms, mode, seq, of_session = match.groups()
            walk.place(int(seq), int(at_ms), "measurement", is_same_session=of_session == session)
            walk.modes.add(mode.decode())
            chain.update(text + b"\n")
        elif line.startswith(ENTRY_START):
            _place(walk, line)
            chain.update(entry_text(line) + b"\n")
        else:
            value = _seal_or_manifest(walk, line)
            if value["type"] == "manifest":
                return value
            digest = chain.digest()
            _check_seal(walk, value, digest, stream)
            walk.sealed_here(digest, len(line))
            chain = hashlib.sha256(digest)
        every_byte.update(line)
        walk.offset += len(line)
    raise Refused(f"the file ends without a manifest, after entry seq {walk.entries}: it was cut off", line=walk.line + 1)


def _place(walk: Walk, line: bytes) -> None:
    seq = walk.entries + 1
    try:
        walk.place_parsed(canonical.read(line))
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
    if not canonical.is_equal([seal["first_seq"], seal["last_seq"]], [first, last]) or first > last:
        stated = f"the seal says it closes entries {seal['first_seq']!r} to {seal['last_seq']!r}"
        raise Refused(f"{stated}, but those since the seal before it are {first} to {last}", line=walk.line)
    if not canonical.is_same(seal["digest"], digest.hex()):
        if named := changed_entry(walk, line["checks"], stream):
            raise named
        what = f"the seal does not fit entries {first} to {last} after the seals before it"
        raise Refused(f"{what}: something in lines {walk.open_line} to {walk.line} was changed", line=walk.line)


def _check_end(walk: Walk, header: dict[str, Any], last: dict[str, Any], sha256: str, stream: BinaryIO) -> None:
    """`last` is the manifest's line, `sha256` that of every byte before it."""
    if extra := stream.read(40):
        raise Refused(f"there is something after the manifest: {extra!r}", line=walk.line + 1)
    fits, unsealed = canonical.is_same(last.get("sha256"), sha256), last.get("unsealed")
    if not fits and isinstance(unsealed, dict) and (named := changed_entry(walk, unsealed.get("checks"), stream)):
        raise named
    manifest.check_contents(walk, header, last)
    if not fits:
        raise Refused("the lines above are not those this manifest was made for: a seal or an unsealed entry was changed", line=walk.line)
