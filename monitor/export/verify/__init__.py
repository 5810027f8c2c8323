"""Checks an exported session: is it whole, unchanged, and signed by whom it should be?

Needs the standard library and `cryptography`, and shares no code with the writer: this folder can be copied (as `monitor/export/verify`)
to a machine that has nothing else of this project and run as `python -m monitor.export.verify FILE`. The format is
docs/reference/export-format.md. Memory does not grow with the file.
"""

import hashlib
from pathlib import Path
from typing import Any, BinaryIO, Final

from monitor.export.verify import canonical
from monitor.export.verify.bundle import verify_bundle
from monitor.export.verify.manifest import SIGNED_KEYS, check_about
from monitor.export.verify.parts import crew, is_bundle_file
from monitor.export.verify.record import Ahead, read_record
from monitor.export.verify.signer import check_signature, read_public_key
from monitor.export.verify.verdict import Refused, Unusable, Verdict, verdict
from monitor.export.verify.words import SIGNED_BY_GIVEN, verified

__all__ = ["Refused", "Unusable", "Verdict", "read_public_key", "verify_bundle", "verify_file", "verify_record", "verify_table"]

TABLE_KEYS: Final = SIGNED_KEYS | {"record", "rows", "size_bytes"}
CSV_IS_A_VIEW: Final = "this CSV is a view for reading; the record is the JSONL export of the session, under the head digest named here"


def verify_file(path: Path, *, pinned: bytes | None = None, processes: int = 1) -> Verdict:
    """A bundle (FILE.zip), FILE.jsonl, or FILE.csv with FILE.csv.manifest.json beside it (either may be named). `processes`: that may walk
    the parts of a long record; 0: as many as there are cores. Raises Unusable where it cannot be read."""
    table = path.with_name(path.name.removesuffix(".manifest.json"))
    try:
        if table.suffix == ".csv":
            beside = table.with_name(f"{table.name}.manifest.json")
            if not beside.is_file():
                raise Unusable(f"{beside} is not there: a CSV can be checked only against the manifest that was exported with it")
            with table.open("rb") as stream, beside.open("rb") as manifest:
                return verify_table(stream, manifest.read(canonical.MAX_LINE), table.name, pinned=pinned)
        with path.open("rb") as stream, crew(path, processes) as ahead:
            if is_bundle_file(path):
                return verify_bundle(stream, path.name, pinned=pinned, ahead=ahead)
            return verify_record(stream, path.name, pinned=pinned, ahead=ahead)
    except OSError as error:
        raise Unusable(f"{error.filename}: {error.strerror}") from error


def verify_record(stream: BinaryIO, name: str, *, pinned: bytes | None = None, ahead: Ahead | None = None) -> Verdict:
    """A JSONL export, from a stream that can seek. `name` is for the words; `pinned` is the raw public key that must have signed."""
    try:
        walk, manifest = read_record(stream, ahead)
        check_signature(manifest, pinned, line=walk.line)
    except Refused as refused:
        return verdict([f"REFUSED {name}", str(refused)], refused)
    rest = walk.entries - walk.sealed
    note = [f"The last {rest} entries are under no seal yet: only the signature of this export covers them."] if rest else []
    return verified(name, manifest, [*walk.said, *note], trust=SIGNED_BY_GIVEN if pinned else None)


def verify_table(stream: BinaryIO, manifest_line: bytes, name: str, *, pinned: bytes | None = None) -> Verdict:
    """A CSV export and the manifest beside it. Which row was changed cannot be told; the record can tell."""
    try:
        manifest = _table_manifest(manifest_line)
        check_signature(manifest, pinned, line=None)
        every_byte, size_bytes = hashlib.sha256(), 0
        for block in iter(lambda: stream.read(1 << 20), b""):
            every_byte.update(block)
            size_bytes += len(block)
        if size_bytes != manifest["size_bytes"]:
            raise Refused(f"the CSV has {size_bytes} bytes, it had {manifest['size_bytes']} when it was exported")
        if not canonical.is_same(manifest["sha256"], every_byte.hexdigest()):
            raise Refused("the CSV was changed after it was exported: its SHA-256 is not the one in its manifest")
    except Refused as refused:
        return verdict([f"REFUSED {name}", str(refused)], refused)
    return verified(name, manifest, [f"Note: {CSV_IS_A_VIEW}."], trust=SIGNED_BY_GIVEN if pinned else None)


def _table_manifest(line: bytes) -> dict[str, Any]:
    try:
        manifest = canonical.read(line)
    except ValueError as error:
        raise Refused(f"the manifest beside the CSV: {error}") from error
    if set(manifest) != TABLE_KEYS or manifest["type"] != "csv_manifest" or manifest["record"] != CSV_IS_A_VIEW:
        raise Refused("the manifest beside the CSV does not have the fields of one")
    check_about(manifest, line=None)
    return manifest
