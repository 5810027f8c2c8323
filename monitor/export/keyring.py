"""The keys of an installation through time, as the file `keys.json` beside the signing key tells them.

A key that is changed in good order signs a statement that names the next one: who holds an old public key can follow the statements to the
key of today. A key that was lost has signed none; the chain of statements ends there, and what is older still stands under the old key.
The name of the tree (`origin`) is made of the first key and stays.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from monitor.core.checkpoint import ED25519, Checkpoint, Signature, note_key
from monitor.export.signing import KEY_FILE, NEXT_KEY_FILE, InstallationKey, KeyFileError, open_key, sync_folder
from schemas.log import canonical

KEYS_FILE: Final = "keys.json"
KEYS_FORMAT: Final = "infusion-monitor/keys/1"
STATEMENT_FORMAT: Final = "infusion-monitor/key-statement/1"
MAX_KEYS: Final = 1_000


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The old key says who comes after it. `signature`: base64, by the old key, over the canonical bytes of the other fields."""

    format: str = STATEMENT_FORMAT
    from_ms: int
    new: str
    old: str
    origin: str
    signature: str = ""


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """`id`: first 16 hex digits of the SHA-256 of the raw public key. `statement`: by the key before;
    None for the first, and after a loss."""

    from_ms: int
    id: str
    public_key: str
    statement: Statement | None
    until_ms: int | None


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first; the last one signs today."""

    format: str = KEYS_FORMAT
    keys: tuple[KeyRow, ...]
    origin: str


class Keyring:
    """The key that signs now, and all before it as they are published."""

    def __init__(self, key: InstallationKey, keys: Keys) -> None:
        self.key = key
        self.keys = keys

    @property
    def origin(self) -> str:
        return self.keys.origin

    @property
    def installation(self) -> str:
        """The lasting name of the installation: the id of its first key, whichever key signs now."""
        return self.origin.rpartition("/")[2]

    def sign(self, size: int, root: bytes) -> Checkpoint:
        unsigned = Checkpoint(self.origin, size, root)
        value = self.key.signature(unsigned.body.encode())
        return msgspec.structs.replace(
            unsigned, signatures=(Signature(self.origin, note_key(self.origin, self.key.public, ED25519), value),)
        )

    def published(self) -> bytes:
        """`keys.json` of a bundle."""
        return canonical(self.keys) + b"\n"


def open_keyring(data_dir: Path, now_ms: int) -> Keyring:
    """The keys of this data directory; finishes a change of keys that was cut off. A signing key that `keys.json` does not know follows the
    last one without a statement: the last one was lost. Raises KeyFileError."""
    known = _read(data_dir)
    _finish_change(data_dir, known)
    key = open_key(data_dir)
    if known is not None and known.keys[-1].id == key.key_id:
        return Keyring(key, known)
    if known is None:
        keys = Keys(keys=(_row(key, now_ms, None),), origin=f"infusion-monitor/{key.key_id}")
    else:
        keys = _followed(known, _row(key, now_ms, None))
    _write(data_dir, keys)
    return Keyring(key, keys)


def change_key(data_dir: Path, now_ms: int) -> Keyring:
    """A new key, named by the old one, which is then gone. Not while a monitor runs on this directory. Raises KeyFileError.

    In an order that any crash leaves whole: the new key beside the old, then `keys.json`, then the new key in the old one's place."""
    ring = open_keyring(data_dir, now_ms)
    (data_dir / NEXT_KEY_FILE).unlink(missing_ok=True)
    new = open_key(data_dir, NEXT_KEY_FILE)
    said = Statement(from_ms=now_ms, new=new.public_text, old=ring.key.public_text, origin=ring.origin)
    keys = _followed(ring.keys, _row(new, now_ms, msgspec.structs.replace(said, signature=ring.key.sign(signed_bytes(said)))))
    _write(data_dir, keys)
    _finish_change(data_dir, keys)
    return Keyring(new, keys)


def signed_bytes(statement: Statement) -> bytes:
    fields = msgspec.to_builtins(statement)
    del fields["signature"]
    return canonical(fields)


def _row(key: InstallationKey, from_ms: int, statement: Statement | None) -> KeyRow:
    return KeyRow(from_ms=from_ms, id=key.key_id, public_key=key.public_text, statement=statement, until_ms=None)


def _followed(keys: Keys, row: KeyRow) -> Keys:
    if len(keys.keys) >= MAX_KEYS:
        raise KeyFileError(f"{KEYS_FILE} holds {MAX_KEYS} keys: begin a new data directory")
    *before, last = keys.keys
    return msgspec.structs.replace(keys, keys=(*before, msgspec.structs.replace(last, until_ms=row.from_ms), row))


def _read(data_dir: Path) -> Keys | None:
    path = data_dir / KEYS_FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Keys)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise KeyFileError(f"{path} cannot be read: restore it from a backup, or from keys.json of any bundle") from error
    if not found.keys:
        raise KeyFileError(f"{path} holds no key: restore it from a backup, or from keys.json of any bundle")
    return found


def _finish_change(data_dir: Path, known: Keys | None) -> None:
    """The new key takes its place once `keys.json` names it; before that it has signed nothing and is forgotten."""
    waiting = data_dir / NEXT_KEY_FILE
    if not waiting.exists():
        return
    new = open_key(data_dir, NEXT_KEY_FILE)
    if known is not None and known.keys[-1].id == new.key_id:
        waiting.replace(data_dir / KEY_FILE)
    else:
        waiting.unlink()
    sync_folder(data_dir)


def _write(data_dir: Path, keys: Keys) -> None:
    draft = data_dir / f".{KEYS_FILE}.{os.getpid()}"
    try:
        with draft.open("wb") as file:
            file.write(canonical(keys) + b"\n")
            os.fsync(file.fileno())
        draft.replace(data_dir / KEYS_FILE)
        sync_folder(data_dir)
    except OSError as error:
        raise KeyFileError(f"{data_dir / KEYS_FILE} cannot be written: {error.strerror}") from error
