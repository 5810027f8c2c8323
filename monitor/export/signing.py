"""The installation's signing key: one Ed25519 key in the data directory, made at first use.

It signs exports and checkpoints; `keyring` tells how one key follows another. Whoever holds the key and the database can rewrite both: keep
the public key outside (print it, mail it), then a file signed by any other key is found by `infusion-monitor verify --key`.
"""

import base64
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

KEY_FILE: Final = "key.ed25519"
NEXT_KEY_FILE: Final = "key.ed25519.next"  # while keys are being changed


class KeyFileError(Exception):
    """The key file is there and cannot be used, or cannot be made; the message says what to do."""


class InstallationKey:
    """Signs for this installation. `public_text`: base64 of the raw 32 bytes. `key_id`: first 16 hex digits of their SHA-256."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        raw = private.public_key().public_bytes_raw()
        self._private = private
        self.public = raw
        self.public_text = base64.b64encode(raw).decode()
        self.key_id = sha256(raw).hexdigest()[:16]

    def signature(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def sign(self, message: bytes) -> str:
        """Base64 of the 64 signature bytes."""
        return base64.b64encode(self.signature(message)).decode()


def open_key(data_dir: Path, name: str = KEY_FILE) -> InstallationKey:
    """The key of this data directory; makes it (PEM, PKCS#8, mode 0600) where there is none. Of two processes that make it at once both
    get the same one. Raises KeyFileError, also where anybody but the owner may read the file."""
    path = data_dir / name
    try:
        if not path.exists():
            _make(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileError(f"{path} can be read by others than its owner: chmod 600 it; if somebody may have read it, make a new one")
        private = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} does not hold an Ed25519 private key in PEM form: restore it from a backup") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds another kind of key than Ed25519: restore it from a backup")
    return InstallationKey(private)


def sync_folder(path: Path) -> None:
    """What was renamed or linked there is on disk when it returns."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _make(path: Path) -> None:
    """Writes beside the final name and links it there: the name never holds half a key, and an existing key is never replaced."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was first: its key is the installation's
        sync_folder(path.parent)
    finally:
        draft.unlink()
