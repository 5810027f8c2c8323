"""Signed states of the installation's tree as C2SP checkpoints: what is signed, and the note that carries it.

    ORIGIN            name of the log, which is the name of its key as well
    SIZE              leaves, decimal
    ROOT              base64 of the 32 bytes
                      an empty line, then one line for each signature:
    - NAME base64(first 4 bytes of SHA-256(NAME LF kind public-key) || signature)     (the dash is U+2014)

Kind 1 is Ed25519 over the three lines. Kind 4 is a witness's cosignature/v1: 8 bytes of seconds since 1970 come before the signature, which
is over "cosignature/v1", "time SECONDS" and the three lines.
"""

import base64
import re
from hashlib import sha256
from typing import Final

import msgspec

ED25519: Final = 1
COSIGNATURE: Final = 4
MAX_NOTE: Final = 16_384  # characters of a note with its signatures
_BODY: Final = re.compile(r"([^\s+]{1,200})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE: Final = re.compile(r"\u2014 ([^\s+]{1,200}) ([A-Za-z0-9+/]+={0,2})")


class Signature(msgspec.Struct, frozen=True):
    """One line under a note: who says he signed, 4 bytes of his key's id, and what follows them."""

    name: str
    key: bytes
    value: bytes


class Checkpoint(msgspec.Struct, frozen=True):
    """`body` is what is signed."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...] = ()

    @property
    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def note(self) -> str:
        return f"{self.body}\n" + "".join(signature_line(each.name, each.key + each.value) for each in self.signatures)


def signature_line(name: str, value: bytes) -> str:
    return f"\u2014 {name} {base64.b64encode(value).decode()}\n"


def note_key(name: str, public: bytes, kind: int = ED25519) -> bytes:
    """The 4 bytes that stand for a key in a note."""
    return sha256(f"{name}\n".encode() + bytes([kind]) + public).digest()[:4]


def cosigned(body: str, at_s: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {at_s}\n{body}".encode()


def read_checkpoint(note: str) -> Checkpoint:
    """Raises ValueError for anything but one note. Whether its signatures hold is for the caller to see."""
    if len(note) > MAX_NOTE:
        raise ValueError(f"a checkpoint has at most {MAX_NOTE} characters")
    head, empty, tail = note.partition("\n\n")
    match = _BODY.fullmatch(f"{head}\n")
    if not empty or match is None or not tail.endswith("\n"):
        raise ValueError("not a checkpoint: a name, a size, a root in base64, an empty line and signatures")
    found = Checkpoint(match[1], int(match[2]), base64.b64decode(match[3]), tuple(map(_read_signature, tail[:-1].split("\n"))))
    if found.note != note:
        raise ValueError("not a checkpoint: its base64 is not in the one form there is")
    return found


def _read_signature(line: str) -> Signature:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise ValueError("not a signature line: a dash, a name and base64")
    value = base64.b64decode(match[2])
    if len(value) < 5:
        raise ValueError("a signature line holds 4 bytes of the key's id and a signature")
    return Signature(match[1], value[:4], value[4:])
