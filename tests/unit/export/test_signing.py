"""The installation's key: made once, readable by its owner only, never replaced."""

import base64
import os
import stat
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from monitor.export.signing import KEY_FILE, KeyFileError, open_key


def test_the_key_is_made_at_first_use_for_its_owner_only(tmp_path: Path):
    data_dir = tmp_path / "infusion-data"
    key = open_key(data_dir)
    assert stat.S_IMODE((data_dir / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in data_dir.iterdir()] == [KEY_FILE]
    raw = base64.b64decode(key.public_text)
    assert len(raw) == 32
    assert key.key_id == sha256(raw).hexdigest()[:16]


def test_the_key_stays_the_same(tmp_path: Path):
    assert open_key(tmp_path).public_text == open_key(tmp_path).public_text


def test_two_installations_share_no_key(tmp_path: Path):
    assert open_key(tmp_path / "a").public_text != open_key(tmp_path / "b").public_text


def test_a_signature_is_ed25519_over_the_message(tmp_path: Path):
    key = open_key(tmp_path)
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public_text)).verify(base64.b64decode(key.sign(b"message")), b"message")


def test_of_many_who_make_the_key_at_once_all_get_the_same(tmp_path: Path):
    start = threading.Barrier(8)
    found: list[str] = []

    def make() -> None:
        start.wait(timeout=10)
        found.append(open_key(tmp_path).public_text)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int):
    open_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        open_key(tmp_path)


def _p256() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("content", [b"", b"half a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", _p256()])
def test_a_file_that_is_no_ed25519_key_is_refused_and_kept(tmp_path: Path, content: bytes):
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="restore it from a backup"):
        open_key(tmp_path)
    assert path.read_bytes() == content


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(KeyFileError, match=os.fspath(blocked)):
        open_key(blocked / "data")
