"""Who signed: Ed25519 over the canonical bytes of the manifest without its `signature`."""

import base64
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from monitor.export.verify import canonical
from monitor.export.verify.verdict import Refused, Unusable


def check_signature(manifest: dict[str, Any], pinned: bytes | None, *, line: int | None) -> None:
    """Raises Refused where the signature does not hold, or is not by `pinned` (raw public key), where that is given."""
    public, signature = read_base64(manifest["public_key"], 32), read_base64(manifest["signature"], 64)
    if public is None or signature is None:
        raise Refused("the public key or the signature is not base64 of its length", line=line)
    if not is_signed_by(public, signature, canonical.write({name: manifest[name] for name in manifest if name != "signature"})):
        raise Refused("the signature does not fit the manifest: it was changed after it was signed", line=line)
    if manifest["installation"] != key_id(public):
        raise Refused("the installation is not named after the key that signed", line=line)
    if pinned is not None and public != pinned:
        raise Refused(f"signed by key {key_id(public)}, not by the given key {key_id(pinned)}: made or changed elsewhere", line=line)


def is_signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id(public: bytes) -> str:
    """First 16 hex digits of the SHA-256 of the raw public key."""
    return canonical.hexadecimal(public)[:16]


def read_public_key(text: str) -> bytes:
    """The raw public key: `text` is base64, or the path of a file that holds base64 or a PEM public or private key. Raises Unusable."""
    if raw := read_base64(text.strip(), 32):
        return raw
    try:
        content = Path(text).read_bytes()
    except (OSError, ValueError) as error:
        raise Unusable(f"--key {text}: neither an Ed25519 public key in base64 nor a file that can be read") from error
    raw = read_base64(content.decode("ascii", "replace").strip(), 32) or _pem(content)
    if raw is None:
        raise Unusable(f"--key {text}: the file holds no Ed25519 key, neither base64 nor PEM")
    return raw


def _pem(content: bytes) -> bytes | None:
    try:
        if b"PRIVATE KEY" in content:
            private = load_pem_private_key(content, password=None)
            return private.public_key().public_bytes_raw() if isinstance(private, Ed25519PrivateKey) else None
        public = load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return public.public_bytes_raw() if isinstance(public, Ed25519PublicKey) else None


def read_base64(text: object, size: int) -> bytes | None:
    """Strict: only the one text form of these bytes, so that no bit of it is free."""
    try:
        raw = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        return None
    return raw if len(raw) == size and base64.b64encode(raw).decode() == text else None
