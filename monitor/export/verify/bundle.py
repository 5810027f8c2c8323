"""A bundle: the archive, every file of it under the signed manifest, the record, and the proofs that lead to a signed checkpoint."""

import base64
import hashlib
import io
from typing import Any, BinaryIO, Final

from monitor.export.verify import canonical
from monitor.export.verify.archive import STORED, Member, Unpacked, read_archive, unpacked
from monitor.export.verify.keys import KEYS_FILE, check_trust, read_keys
from monitor.export.verify.manifest import INTENDED_USE, read_canonical_file
from monitor.export.verify.notes import NOTES_FILE, Note, read_notes
from monitor.export.verify.proofs import PROOFS_FILE, check_proofs
from monitor.export.verify.record import Ahead, read_record
from monitor.export.verify.signer import check_signature
from monitor.export.verify.verdict import Refused, Verdict, verdict
from monitor.export.verify.walk import Walk
from monitor.export.verify.words import SIGNED_BY_GIVEN, verified

BUNDLE_FORMAT: Final = "infusion-monitor/bundle/1"
MANIFEST_FILE: Final = "manifest.json"
RECORD_FILE: Final = "record.jsonl"
BUNDLE_KEYS: Final = {
    *("checkpoint", "complete", "created_at_ms", "entries", "files", "format", "head", "installation", "intended_use"),
    *("packed_sha256", "public_key", "session", "signature", "software"),
}
SAME_AS_RECORD: Final = ("complete", "entries", "head", "installation", "public_key", "session", "software")
ROLES: Final = {"record", "view", "proof", "tool", "key"}
MAX_SMALL: Final = 64 << 20  # bytes of a file that is read whole: proofs, checkpoints, keys, manifest


def verify_bundle(stream: BinaryIO, name: str, *, pinned: bytes | None = None, ahead: Ahead | None = None) -> Verdict:
    """From a stream that can seek. Memory is a block, the proofs, and 72 bytes a seal."""
    try:
        members = {member.name: member for member in read_archive(stream)}
        bundle = _read_manifest(stream, members)
        _check_files(stream, members, bundle)
        walk, record = _read_record(stream, members, bundle, ahead)
        origin, keys, named = read_keys(_small(stream, members, KEYS_FILE))
        signer = keys[-1]
        if base64.b64encode(signer).decode() != bundle["public_key"]:
            raise Refused("the last key is not the one that signed this bundle", file=KEYS_FILE)
        steps = None if pinned is None else check_trust(pinned, signer, keys, named)
        notes = read_notes(_small(stream, members, NOTES_FILE), origin, keys)
        _check_checkpoint(bundle["checkpoint"], origin, notes)
        _check_signed(walk, notes)
        covered = check_proofs(_small(stream, members, PROOFS_FILE), walk, notes)
    except Refused as refused:
        return verdict([f"REFUSED {name}", str(refused)], refused)
    trust = (
        None if steps is None else SIGNED_BY_GIVEN if steps == 0 else f"Signed by a key that {steps} statements lead to from the given key."
    )
    return verified(name, record, _notes(walk, notes, covered, len(members)), trust=trust)


def _read_manifest(stream: BinaryIO, members: dict[str, Member]) -> dict[str, Any]:
    """The last file: its form, its signature, and that nothing before it was packed anew."""
    if next(reversed(members)) != MANIFEST_FILE or members[MANIFEST_FILE].method != STORED:
        raise Refused("the archive does not end with a manifest.json that is stored as it is")
    bundle = read_canonical_file(_small(stream, members, MANIFEST_FILE), MANIFEST_FILE, BUNDLE_KEYS)
    if (bundle["format"], bundle["intended_use"]) != (BUNDLE_FORMAT, INTENDED_USE):
        raise Refused(f"format or intended_use is not the one that this verifier knows, {BUNDLE_FORMAT!r}", file=MANIFEST_FILE, line=1)
    try:
        check_signature(bundle, None, line=1)
    except Refused as refused:
        raise Refused(refused.what, file=MANIFEST_FILE, line=1) from refused
    return bundle


def _check_files(stream: BinaryIO, members: dict[str, Member], bundle: dict[str, Any]) -> None:
    """Each as it was, none more, none fewer. The record is looked at by itself: there the entry can be named."""
    listed = bundle["files"]
    if not isinstance(listed, list) or not all(
        isinstance(file, dict) and set(file) == {"name", "role", "sha256", "size"} for file in listed
    ):
        raise Refused("files does not have the form of a list of files", file=MANIFEST_FILE, line=1)
    names = [file["name"] for file in listed]
    for missing in [name for name in names if name not in members]:
        raise Refused("the manifest names it, the archive does not hold it", file=str(missing))
    for extra in [name for name in members if name not in names and name != MANIFEST_FILE]:
        raise Refused("the archive holds it, the manifest does not name it", file=extra)
    if names != sorted(set(names)) or RECORD_FILE not in names or any(file["role"] not in ROLES for file in listed):
        raise Refused("files is not sorted by name, without a record, or with an unknown role", file=MANIFEST_FILE, line=1)
    for file in listed:
        member = members[file["name"]]
        if member.name == RECORD_FILE:
            continue
        if not canonical.is_equal(file["size"], member.size):
            raise Refused(f"it holds {member.size} bytes, the manifest says {file['size']!r}", file=member.name)
        digest = hashlib.sha256()
        for block in unpacked(stream, member):
            digest.update(block)
        if not canonical.is_same(file["sha256"], digest.hexdigest()):
            raise Refused("it was changed after the bundle was made: its SHA-256 is not the one in the manifest", file=member.name)


def _read_record(stream: BinaryIO, members: dict[str, Member], bundle: dict[str, Any], ahead: Ahead | None) -> tuple[Walk, dict[str, Any]]:
    """The record, as it is verified alone, and that it is the one the manifest speaks of."""
    try:
        walk, record = read_record(io.BufferedReader(Unpacked(stream, members[RECORD_FILE]), 1 << 18), ahead)
        check_signature(record, None, line=walk.line)
    except Refused as refused:
        raise Refused(refused.what, line=refused.line, seq=refused.seq, file=refused.file or RECORD_FILE) from refused
    stated = next(file for file in bundle["files"] if file["name"] == RECORD_FILE)
    fits = canonical.is_same(stated["sha256"], walk.file_sha256)
    if not fits or not canonical.is_equal(stated["size"], members[RECORD_FILE].size):
        raise Refused("it is a whole record, but not the one that this bundle was made with", file=RECORD_FILE)
    for name in SAME_AS_RECORD:
        if not canonical.is_equal(bundle[name], record[name]):
            raise Refused(f"the manifest says {name} is {bundle[name]!r}, the record {record[name]!r}", file=MANIFEST_FILE, line=1)
    _check_packing(stream, members[MANIFEST_FILE].start, bundle["packed_sha256"])
    return walk, record


def _check_packing(stream: BinaryIO, end: int, stated: object) -> None:
    """Every byte before the manifest: the same contents, packed otherwise, are refused too."""
    digest, left = hashlib.sha256(), end
    stream.seek(0)
    while left:
        block = stream.read(min(1 << 20, left))
        digest.update(block)
        left -= len(block)
    if not canonical.is_same(stated, digest.hexdigest()):
        raise Refused("the archive was packed anew after the bundle was made: its bytes are not those in the manifest")


def _check_checkpoint(stated: object, origin: str, notes: list[Note]) -> None:
    newest = notes[-1] if notes else None
    found = None if newest is None else {"origin": origin, "root": base64.b64encode(newest.root).decode(), "size": newest.size}
    if not canonical.is_equal(stated, found):
        raise Refused("checkpoint is not the newest of checkpoints.txt", file=MANIFEST_FILE, line=1)


def _check_signed(walk: Walk, notes: list[Note]) -> None:
    """Each checkpoint that a signature in the record names is among those of the bundle."""
    roots = {note.size: base64.b64encode(note.root).decode() for note in notes}
    for size, (root, line, seq) in walk.signed.checkpoints.items():
        if not canonical.is_same(root, roots.get(size)):
            known = "with another root" if size in roots else "which this bundle does not hold"
            raise Refused(f"the signature names a checkpoint of {size} leaves, {known}", line=line, seq=seq, file=RECORD_FILE)


def _small(stream: BinaryIO, members: dict[str, Member], name: str) -> bytes:
    if name not in members:
        raise Refused("the archive does not hold it", file=name)
    if members[name].size > MAX_SMALL:
        raise Refused(f"it is larger than the {MAX_SMALL >> 20} MiB that such a file may have", file=name)
    return b"".join(unpacked(stream, members[name]))


def _notes(walk: Walk, notes: list[Note], covered: int, files: int) -> list[str]:
    words = [*walk.said, f"All {files - 1} files are those of the signed manifest."]
    if notes:
        witnesses = f", {notes[-1].others} other signatures under it not looked at" if notes[-1].others else ""
        words.append(f"{covered} seals are in the tree of {notes[-1].size} leaves of {notes[-1].origin}{witnesses}.")
    if covered < walk.seals:
        words.append(f"The last {walk.seals - covered} seals are under no checkpoint yet: only the signature of this bundle covers them.")
    if walk.entries > walk.sealed:
        words.append(f"The last {walk.entries - walk.sealed} entries are under no seal yet: only the signature of this bundle covers them.")
    return words
