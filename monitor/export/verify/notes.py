"""Checkpoints: signed states of the installation's tree, as C2SP notes one after the other with an empty line between them."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from monitor.export.verify.signer import is_signed_by, read_base64
from monitor.export.verify.verdict import Refused

NOTES_FILE: Final = "checkpoints.txt"
MAX_NOTES: Final = 10_000
_BODY: Final = re.compile(r"([^\s+]{1,200})\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE: Final = re.compile(r"\u2014 ([^\s+]{1,200}) ([A-Za-z0-9+/]{8,400}={0,2})")


@dataclass(frozen=True)
class Note:
    """`others`: signatures under it by keys that are not the installation's, such as a witness's. They are not looked at."""

    origin: str
    size: int
    root: bytes
    others: int


def read_notes(content: bytes, origin: str, keys: list[bytes]) -> list[Note]:
    """In ascending order of size, each signed by a key of the installation. Raises Refused."""
    if not content:
        return []
    try:
        parts = content.decode().split("\n\n")
    except UnicodeDecodeError as error:
        raise Refused("it is not text", file=NOTES_FILE) from error
    if len(parts) % 2 or len(parts) > 2 * MAX_NOTES or not parts[-1].endswith("\n"):
        raise Refused("not checkpoints: each is three lines, an empty one, and signatures", file=NOTES_FILE)
    parts[-1] = parts[-1][:-1]
    notes: list[Note] = []
    for number in range(0, len(parts), 2):
        note = _read_note(f"{parts[number]}\n", parts[number + 1].split("\n"), number // 2 + 1, origin, keys)
        if notes and note.size <= notes[-1].size:
            raise Refused(f"checkpoint {number // 2 + 1} does not cover more than the one before it", file=NOTES_FILE)
        notes.append(note)
    return notes


def _read_note(body: str, lines: list[str], number: int, origin: str, keys: list[bytes]) -> Note:
    match = _BODY.fullmatch(body)
    root = read_base64(match[3], 32) if match else None
    if match is None or root is None or match[1] != origin:
        raise Refused(f"checkpoint {number} is not one of {origin}", file=NOTES_FILE)
    own, others = 0, 0
    for line in lines:
        signed = _SIGNATURE.fullmatch(line)
        value = _decoded(signed[2]) if signed else None
        if signed is None or value is None:
            raise Refused(f"checkpoint {number}: a signature is not in its one form", file=NOTES_FILE)
        key = next((key for key in keys if signed[1] == origin and value[:4] == note_key(origin, key)), None)
        if key is None:
            others += 1
            continue
        if len(value) != 68 or not is_signed_by(key, value[4:], body.encode()):
            raise Refused(f"checkpoint {number}: the signature does not fit: it was changed after it was signed", file=NOTES_FILE)
        own += 1
    if not own:
        raise Refused(f"checkpoint {number} is signed by no key of the installation", file=NOTES_FILE)
    return Note(match[1], int(match[2]), root, others)


def note_key(name: str, public: bytes) -> bytes:
    """The 4 bytes that stand for an Ed25519 key in a note."""
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def _decoded(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return raw if base64.b64encode(raw).decode() == text else None
