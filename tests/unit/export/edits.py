"""Structural edits of a bundle: what somebody does who wants another record to pass. Most are signed again with a key of the forger's own.

`edited` draws one; the same draw gives the same edit. Every edit changes what the bundle says, so every one must be refused where the
installation's public key is given.
"""

import json
import random
from collections.abc import Callable
from functools import cache

from monitor.export.bundle.archive import MANIFEST
from monitor.export.signing import InstallationKey
from schemas.log import canonical
from tests.unit.export.proven import bundle_of, files_of, packed, signed_anew
from tests.unit.export.session_log import key_of, short_log, signed_again

Lines = list[bytes]
FORGER = key_of(66)


def drop(draw: random.Random, lines: Lines) -> Lines:
    at = draw.randrange(1, len(lines) - 1)
    return lines[:at] + lines[at + 1 :]


def double(draw: random.Random, lines: Lines) -> Lines:
    at = draw.randrange(1, len(lines) - 1)
    return lines[: at + 1] + lines[at:]


def swap(draw: random.Random, lines: Lines) -> Lines:
    one, other = sorted(draw.sample(range(1, len(lines) - 1), 2))
    return [*lines[:one], lines[other], *lines[one + 1 : other], lines[one], *lines[other + 1 :]]


def reorder(draw: random.Random, lines: Lines) -> Lines:
    first = draw.randrange(1, len(lines) - 3)
    last = draw.randrange(first + 2, len(lines))
    return [*lines[:first], *lines[first:last][::-1], *lines[last:]]


def cut_the_tail(draw: random.Random, lines: Lines) -> Lines:
    return [*lines[: draw.randrange(2, len(lines) - 1)], lines[-1]]


def cut_the_head(draw: random.Random, lines: Lines) -> Lines:
    return [lines[0], *lines[draw.randrange(2, len(lines) - 1) :]]


def merge(draw: random.Random, lines: Lines) -> Lines:
    """Lines of another session between these, as they are or under this session's name."""
    other = _other_record().splitlines(keepends=True)[1:-1]
    first = draw.randrange(len(other))
    taken = other[first : first + draw.randrange(1, 6)]
    if draw.random() < 0.5:
        taken = [line.replace(b"S-000777", b"S-000001") for line in taken]
    at = draw.randrange(1, len(lines) - 1)
    return [*lines[:at], *taken, *lines[at + draw.randrange(2) * len(taken) :]]


def change_a_number(draw: random.Random, lines: Lines) -> Lines:
    """In an entry, with its own check made to fit."""
    numbers = [number for number, line in enumerate(lines) if b'"value_milli":97500' in line]
    at = draw.choice(numbers)
    return [*lines[:at], lines[at].replace(b'"value_milli":97500', b'"value_milli":%d' % draw.randrange(97_000, 97_500)), *lines[at + 1 :]]


@cache
def _other_record() -> bytes:
    return files_of(bundle_of(short_log("S-000777", measurements=20), before=0, after=0))["record.jsonl"]


_EDITS = (drop, double, swap, reorder, cut_the_tail, cut_the_head, merge, change_a_number)
RECORD_EDITS: dict[str, Callable[[random.Random, Lines], Lines]] = {edit.__name__: edit for edit in _EDITS}
FILE_EDITS = (
    "replace_session",
    "old_checkpoint",
    "drop_a_file",
    "swap_files",
    "sign_again",
    "cut_archive",
    "other_archive_tail",
    "other_proofs",
)


def edited(draw: random.Random, honest: bytes) -> tuple[str, bytes]:
    """The name of the edit and the bundle after it, which differs from the honest one."""
    while True:
        name = draw.choice((*RECORD_EDITS, *FILE_EDITS))
        try:
            data = _record_edit(draw, honest, RECORD_EDITS[name]) if name in RECORD_EDITS else _file_edit(draw, honest, name)
        except (ValueError, KeyError, IndexError):
            continue  # the forger could not make it fit
        if data != honest:
            return name, data


def _record_edit(draw: random.Random, honest: bytes, edit: Callable[[random.Random, Lines], Lines]) -> bytes:
    files = files_of(honest)
    record = b"".join(edit(draw, files["record.jsonl"].splitlines(keepends=True)))
    if record == files["record.jsonl"]:
        return honest
    if draw.random() < 0.3:
        return packed(files | {"record.jsonl": record})
    return forged(files | {"record.jsonl": record}, FORGER)


def _file_edit(draw: random.Random, honest: bytes, edit: str) -> bytes:
    files = files_of(honest)
    names = [name for name in files if name != MANIFEST]
    match edit:
        case "replace_session":
            files["record.jsonl"] = _other_record().replace(b"S-000777", b"S-000001") if draw.random() < 0.5 else _other_record()
        case "old_checkpoint":
            notes = files["checkpoints.txt"].split(b"\n\n")
            files["checkpoints.txt"] = b"\n\n".join(notes[:2]) + b"\n"
        case "drop_a_file":
            del files[draw.choice(names)]
        case "swap_files":
            one, other = draw.sample(names, 2)
            files[one], files[other] = files[other], files[one]
        case "cut_archive":
            return honest[: draw.randrange(len(honest))]
        case "other_archive_tail":
            at = draw.randrange(len(honest))
            return honest[:at] + packed(files)[at:] + bytes([draw.randrange(256)])
        case "other_proofs":
            files["proofs.json"] = files_of(bundle_of(short_log("S-000777", measurements=20), before=0, after=0))["proofs.json"]
    return packed(files) if draw.random() < 0.3 and edit != "sign_again" else forged(files, FORGER)


def forged(files: dict[str, bytes], key: InstallationKey) -> bytes:
    """All that a forger can make fit: record, manifest and the list of keys, to which his own is added."""
    made = dict(files)
    made["record.jsonl"] = signed_again(files["record.jsonl"], key)
    row = {"from_ms": 1, "id": key.key_id, "public_key": key.public_text, "statement": None, "until_ms": None}
    keys = json.loads(files["keys.json"])
    if keys["keys"]:
        keys["keys"] = [*keys["keys"][:-1], keys["keys"][-1] | {"until_ms": 1}, row]
        made["keys.json"] = canonical(keys) + b"\n"
    manifest = json.loads(made["record.jsonl"].splitlines()[-1])
    about = {name: manifest[name] for name in ("complete", "entries", "head", "session", "software")}
    return signed_anew(made, key, **about)
