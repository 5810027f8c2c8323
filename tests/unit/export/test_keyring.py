"""Keys follow one another by statements; a crash at any step leaves a whole ring; a lost key ends the chain and says so."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.core.checkpoint import note_key
from monitor.core.merkle import EMPTY_ROOT
from monitor.export import keyring
from monitor.export.keyring import KEYS_FILE, change_key, open_keyring, signed_bytes
from monitor.export.signing import KEY_FILE, NEXT_KEY_FILE, KeyFileError, open_key


def test_the_first_key_names_the_tree_and_stays(tmp_path: Path):
    ring = open_keyring(tmp_path, 5)
    assert ring.origin == f"infusion-monitor/{ring.key.key_id}"
    assert [(row.id, row.from_ms, row.until_ms, row.statement) for row in ring.keys.keys] == [(ring.key.key_id, 5, None, None)]
    assert open_keyring(tmp_path, 9).keys == ring.keys
    assert ring.published() == (tmp_path / KEYS_FILE).read_bytes()


def test_an_installation_from_before_the_ring_keeps_its_key(tmp_path: Path):
    old = open_key(tmp_path)
    assert open_keyring(tmp_path, 5).key.key_id == old.key_id


def test_a_checkpoint_is_signed_under_the_name_of_the_tree(tmp_path: Path):
    ring = open_keyring(tmp_path, 5)
    signed = ring.sign(0, EMPTY_ROOT)
    (signature,) = signed.signatures
    assert (signature.name, signature.key) == (ring.origin, note_key(ring.origin, ring.key.public))
    Ed25519PublicKey.from_public_bytes(ring.key.public).verify(signature.value, signed.body.encode())


def test_the_old_key_names_the_new_one_and_is_gone(tmp_path: Path):
    old = open_keyring(tmp_path, 5)
    new = change_key(tmp_path, 9)
    assert new.key.key_id != old.key.key_id
    assert new.origin == old.origin
    first, second = new.keys.keys
    assert (first.until_ms, second.from_ms, second.until_ms) == (9, 9, None)
    said = second.statement
    assert said is not None
    assert (said.old, said.new, said.origin, said.from_ms) == (old.key.public_text, new.key.public_text, old.origin, 9)
    Ed25519PublicKey.from_public_bytes(old.key.public).verify(base64.b64decode(said.signature), signed_bytes(said))
    assert open_keyring(tmp_path, 11).keys == new.keys
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY_FILE, KEYS_FILE]


def test_a_change_that_dies_before_it_is_written_down_did_not_happen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = open_keyring(tmp_path, 5)
    monkeypatch.setattr(keyring, "_write", lambda *_: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        change_key(tmp_path, 9)
    monkeypatch.undo()
    assert (tmp_path / NEXT_KEY_FILE).exists()
    again = open_keyring(tmp_path, 11)
    assert (again.key.key_id, again.keys) == (old.key.key_id, old.keys)
    assert not (tmp_path / NEXT_KEY_FILE).exists()


def test_a_change_that_dies_after_it_is_written_down_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = open_keyring(tmp_path, 5)
    finish, calls = keyring._finish_change, []

    def dies_at_the_end(data_dir: Path, known: keyring.Keys | None) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        finish(data_dir, known)

    monkeypatch.setattr(keyring, "_finish_change", dies_at_the_end)
    with pytest.raises(MemoryError):
        change_key(tmp_path, 9)
    monkeypatch.undo()
    again = open_keyring(tmp_path, 11)
    assert len(again.keys.keys) == 2
    assert again.key.key_id == again.keys.keys[-1].id != old.key.key_id
    assert not (tmp_path / NEXT_KEY_FILE).exists()


def test_a_lost_key_is_followed_by_one_that_nobody_vouches_for(tmp_path: Path):
    old = open_keyring(tmp_path, 5)
    (tmp_path / KEY_FILE).unlink()
    new = open_keyring(tmp_path, 9)
    assert new.origin == old.origin
    assert [(row.id, row.until_ms, row.statement) for row in new.keys.keys] == [(old.key.key_id, 9, None), (new.key.key_id, None, None)]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format":"infusion-monitor/keys/1","keys":[],"origin":"x"}'])
def test_keys_that_cannot_be_read_stop_the_start(tmp_path: Path, content: bytes):
    open_keyring(tmp_path, 5)
    (tmp_path / KEYS_FILE).write_bytes(content)
    with pytest.raises(KeyFileError, match="restore it"):
        open_keyring(tmp_path, 6)
