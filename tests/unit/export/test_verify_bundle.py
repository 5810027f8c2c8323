"""A bundle is verified as a whole: its archive, its files, its record, its proofs; what does not fit is refused by name."""

import asyncio
import base64
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.export import pipe
from monitor.export.bundle.archive import MANIFEST
from monitor.export.keyring import Keyring, change_key, open_keyring
from monitor.export.signing import KEY_FILE
from monitor.export.verify import Refused, archive, verify_file
from monitor.store.ports import Batch
from schemas.log import canonical
from tests.unit.export.proven import Installation, bundle_of, check_bundle, files_of, installed, packed, ring, signed_anew
from tests.unit.export.session_log import key_of, short_log, signed_again

HONEST = bundle_of()
FILES = files_of(HONEST)
KEY = ring().key


def refusal(data: bytes, *, pinned: bytes | None = None) -> str:
    verdict = check_bundle(data, pinned=pinned)
    assert not verdict.is_verified, verdict.lines
    return verdict.lines[1]


@pytest.mark.parametrize("is_closed", [True, False])
def test_an_honest_bundle_holds(is_closed: bool):
    for before, after in ((0, 0), (3, 2)):
        verdict = check_bundle(bundle_of(short_log(is_closed=is_closed), before=before, after=after), pinned=KEY.public)
        assert verdict.is_verified, verdict.lines
        assert "Signed by the given key." in verdict.lines


async def test_before_the_first_checkpoint_the_verdict_says_that_none_covers_it():
    log, made = short_log(), Installation()
    await made.store.append(Batch(log.entries, log.seals))
    verdict = check_bundle(await made.bundle())
    assert verdict.is_verified, verdict.lines
    assert any(f"The last {len(log.seals)} seals are under no checkpoint yet" in line for line in verdict.lines)


# --- the archive


@pytest.mark.parametrize("name", ["S-000001.bundle.zip", "S-000001.bundle.zip.download", "S-000001.ZIP", "bundle"])
def test_a_bundle_is_known_whatever_it_is_called(name: str, tmp_path: Path):
    (path := tmp_path / name).write_bytes(HONEST)
    assert verify_file(path).is_verified
    path.write_bytes(HONEST[:-1])
    assert "archive" in verify_file(path).lines[1]


def test_nothing_is_added_or_cut():
    for data in (HONEST + b"\0", b"\0" + HONEST, HONEST[:-1], HONEST + HONEST, b"", HONEST[:100]):
        assert "archive" in refusal(data)


def test_a_file_more_and_a_file_less_are_named():
    extra = {"extra.txt": b"x"} | FILES
    assert refusal(packed(extra)) == "extra.txt: the archive holds it, the manifest does not name it"
    less = {name: content for name, content in FILES.items() if name != "checkpoints.txt"}
    assert refusal(packed(less)) == "checkpoints.txt: the manifest names it, the archive does not hold it"


def test_two_files_of_one_name_are_refused_before_either_is_read():
    twice = HONEST.replace(b"readings.csv", b"record.jsonl")
    assert refusal(twice) == "record.jsonl: the archive holds two files of this name"


@pytest.mark.parametrize("name", [b"../adings.csv", b"/eadings.csv", b"re/d/ngs.csv", b"C:adings.csv", b"readings\0csv", b".eadings.csv"])
def test_a_name_that_leads_elsewhere_is_refused(name: bytes):
    assert "a name that none may have" in refusal(HONEST.replace(b"readings.csv", name[:12].ljust(12, b"x")))


def test_a_file_that_unpacks_to_more_than_it_says_is_stopped_there(monkeypatch: pytest.MonkeyPatch):
    """A bomb: megabytes of zeros in a file that says it holds 10 bytes. They are never unpacked."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(16)) + packer.flush()
    member = archive.Member("a", archive.DEFLATED, 0, len(bomb), 10, 20, 0)
    data = member.local + bomb + member.descriptor
    data += member.central + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(member.central), len(data), 0)
    seen: list[int] = []
    crc32 = zlib.crc32

    def watched(block: bytes, crc: int) -> int:
        seen.append(len(block))
        return crc32(block, crc)

    monkeypatch.setattr(zlib, "crc32", watched)
    with pytest.raises(Refused, match="more than the 10 bytes"):
        list(archive.unpacked(io.BytesIO(data), archive.read_archive(io.BytesIO(data))[0]))
    assert sum(seen) <= archive.BLOCK


def test_an_archive_that_says_it_is_huge_is_refused_unread():
    member = archive.Member("a", archive.DEFLATED, 0, 2, 0xFFFFFFFE, 45, 0)
    members, at = b"", 0
    data = b""
    for name in ("a", "b", "c"):
        one = archive.Member(name, member.method, 0, 2, 0xFFFFFFFE, 45, at)
        data += one.local + b"\3\0" + one.descriptor
        members += one.central
        at = len(data)
    data += members + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 3, 3, len(members), at, 0)
    assert "unpacks to more than 8 GiB" in refusal(data)


def test_the_same_files_packed_otherwise_are_refused(monkeypatch: pytest.MonkeyPatch):
    """Another packer, the same contents: nothing but the archive's own digest can tell."""
    assert packed(FILES) == HONEST
    monkeypatch.setattr(pipe, "_FAST", 9)
    assert "packed anew" in refusal(packed(FILES))


# --- files and manifest


@pytest.mark.parametrize("name", sorted(set(FILES) - {MANIFEST, "record.jsonl"}))
def test_a_changed_file_is_named(name: str):
    assert refusal(packed(FILES | {name: FILES[name][:-2] + b"#\n"})).startswith(f"{name}: ")


def test_a_changed_entry_is_named_with_its_file_and_line():
    record = FILES["record.jsonl"].replace(b'"value_milli":97500', b'"value_milli":87500', 1)
    verdict = check_bundle(packed(FILES | {"record.jsonl": record}))
    assert (verdict.file, verdict.seq) == ("record.jsonl", 3)
    assert verdict.lines[1].startswith("record.jsonl line 6, entry seq 3: ")


def test_another_whole_record_does_not_pass_in_the_place_of_this_one():
    other = files_of(bundle_of(short_log(measurements=9)))["record.jsonl"]
    same_size = FILES | {"record.jsonl": other}
    assert "record.jsonl" in refusal(packed(same_size))
    assert "proofs.json: it names more seals" in refusal(signed_anew(same_size, KEY, **_about(other)), pinned=KEY.public)


def _about(record: bytes) -> dict[str, object]:
    manifest = json.loads(record.splitlines()[-1])
    return {name: manifest[name] for name in ("complete", "entries", "head", "session", "software")}


@pytest.mark.parametrize("field", ["complete", "entries", "head", "session", "software", "created_at_ms", "checkpoint", "packed_sha256"])
def test_every_field_of_the_manifest_is_under_the_signature_and_most_are_held_against_the_record(field: str):
    manifest = json.loads(FILES[MANIFEST])
    changed = {"complete": False, "entries": 1, "created_at_ms": 5, "checkpoint": None}.get(field, "x")
    line = canonical(manifest | {field: changed}) + b"\n"
    assert "manifest.json line 1: the signature does not fit" in refusal(packed(FILES | {MANIFEST: line}))
    if field != "created_at_ms":
        assert check_bundle(signed_anew(FILES, KEY, **{field: changed})).is_verified is False


# --- proofs, checkpoints, keys


def signed_with(name: str, edit: Callable[[dict[str, Any]], object]) -> bytes:
    """The installation's own key signs a bundle in which one JSON file is another."""
    value = json.loads(FILES[name])
    edit(value)
    return signed_anew(FILES | {name: canonical(value) + b"\n"}, KEY)


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda proofs: proofs["hashes"].pop(), "proofs.json: the proof is too short"),
        (lambda proofs: proofs["hashes"].append("00" * 32), "proofs.json: the proof is too long"),
        (lambda proofs: proofs["hashes"].__setitem__(0, "00" * 32), "proofs.json: the seals of the record are not those"),
        (lambda proofs: proofs["hashes"].__setitem__(0, "0"), "proofs.json: "),
        (lambda proofs: proofs["leaves"].pop(), "proofs.json: "),
        (lambda proofs: proofs["leaves"].__setitem__(1, proofs["leaves"][0]), "proofs.json: its leaves are not places"),
        (lambda proofs: proofs["leaves"][2].__setitem__(1, 99), "proofs.json: its seal 3 is said to end"),
        (lambda proofs: proofs["leaves"].extend(proofs["leaves"]), "proofs.json: it names more seals"),
        (lambda proofs: proofs["consistency"].pop(), "proofs.json: it holds not one proof for each older checkpoint"),
        (lambda proofs: proofs["consistency"][0]["hashes"].pop(), "history was rewritten"),
        (lambda proofs: proofs["consistency"][0].__setitem__("old", 1), "no proof of growth"),
        (lambda proofs: proofs.__setitem__("session", "S-000002"), "of another session"),
        (lambda proofs: proofs.__setitem__("size", 5), "another tree"),
    ],
)
def test_a_proof_that_does_not_hold_is_refused(edit: Callable[[dict[str, Any]], object], what: str):
    assert what in refusal(signed_with("proofs.json", edit), pinned=KEY.public)


def test_a_checkpoint_that_was_changed_or_is_not_the_newest_is_refused():
    notes = FILES["checkpoints.txt"].decode()
    assert notes.count("\n\n") > 2
    sizes = [part.split("\n")[1] for part in notes.split("\n\n")[::2]]
    older = "\n\n".join(notes.split("\n\n")[:2]) + "\n"
    for changed, what in (
        (notes.replace(f"\n{sizes[0]}\n", "\n1\n", 1), "the signature does not fit"),
        (older, "checkpoint is not the newest"),
        (notes + "\n" + older, "does not cover more"),
        (notes.replace("\u2014 ", "\u2014  ", 1), "not in its one form"),
        (notes[:-1], "not checkpoints"),
    ):
        assert what in refusal(signed_anew(FILES | {"checkpoints.txt": changed.encode()}, KEY)), what


def test_an_older_key_leads_to_the_one_of_today_by_its_statement(tmp_path: Path):
    old = open_keyring(tmp_path, 1)
    new = change_key(tmp_path, 2)
    verdict = check_bundle(_bundle_by(new), pinned=old.key.public)
    assert verdict.is_verified, verdict.lines
    assert "Signed by a key that 1 statements lead to from the given key." in verdict.lines
    assert check_bundle(_bundle_by(new), pinned=new.key.public).is_verified


def test_after_a_loss_the_old_key_vouches_for_nothing_new(tmp_path: Path):
    old = open_keyring(tmp_path, 1)
    honest = _bundle_by(old)
    (tmp_path / KEY_FILE).unlink()
    new = open_keyring(tmp_path, 2)
    assert "no statement leads from the given key" in refusal(_bundle_by(new), pinned=old.key.public)
    assert check_bundle(_bundle_by(new), pinned=new.key.public).is_verified
    assert check_bundle(honest, pinned=old.key.public).is_verified


def test_a_statement_that_the_old_key_did_not_sign_is_refused(tmp_path: Path):
    open_keyring(tmp_path, 1)
    new = change_key(tmp_path, 2)
    files = files_of(_bundle_by(new))
    keys = json.loads(files["keys.json"])
    keys["keys"][1]["statement"]["signature"] = base64.b64encode(bytes(64)).decode()
    assert "not signed by the key before it" in refusal(signed_anew(files | {"keys.json": canonical(keys) + b"\n"}, new.key))


def _bundle_by(keyring: Keyring) -> bytes:
    async def made() -> bytes:
        return await (await installed(short_log(), keyring=keyring)).bundle()

    return asyncio.run(made())


def test_a_forger_with_a_key_of_his_own_is_found_by_the_given_key():
    forger, record = key_of(66), signed_again(FILES["record.jsonl"], key_of(66))
    assert "the manifest says installation" in refusal(signed_anew(FILES, forger))
    assert "keys.json: the last key is not the one that signed" in refusal(signed_anew(FILES | {"record.jsonl": record}, forger))
    row = {"from_ms": 1, "id": forger.key_id, "public_key": forger.public_text, "statement": None, "until_ms": None}
    keys = json.loads(FILES["keys.json"])
    followed = {**keys, "keys": [keys["keys"][0] | {"until_ms": 1}, row]}
    forged = signed_anew(FILES | {"record.jsonl": record, "keys.json": canonical(followed) + b"\n"}, forger)
    assert check_bundle(forged).is_verified, "without the installation's key nothing says whose key it is"
    assert "no statement leads from the given key" in refusal(forged, pinned=KEY.public)
