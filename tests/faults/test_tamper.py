"""Hazards F8 and F9: a record altered, cut, rolled back, spliced or forked is found, and the place is named.

The attacker is somebody with a text editor, somebody who signs again with a key of his own, and chance (bit rot). What cannot be found
without the installation's public key is tested as well (`tests/unit/export/test_verify.py`, the forger).
"""

import base64
import json
import random
import re
from collections.abc import Callable
from hashlib import sha256

import pytest

import monitor.export.verify
from monitor.export.verify import canonical as form
from monitor.export.verify.walk import Walk
from schemas.log import NoteAdded, canonical
from tests.unit.export.session_log import Log, check, exported, key_of, short_log, signed_again

SEED = 20_261_122
FLIPS = 2_000
ENTRIES = 300
PINNED = base64.b64decode(key_of().public_text)


def log_of_300(session: str = "S-000001", *, is_closed: bool = True) -> Log:
    log = short_log(session, measurements=ENTRIES - 16, is_closed=is_closed)
    assert len(log.entries) == ENTRIES + (0 if is_closed else 2)
    return log


def lines_of(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def line_starts(data: bytes) -> list[int]:
    """Where each line begins."""
    return [0, *(match.end() for match in re.finditer(b"\n", data))][:-1]


def seq_by_line(data: bytes) -> dict[int, int]:
    """Line number -> seq of the entry on it."""
    found = {}
    for number, line in enumerate(lines_of(data), start=1):
        if line.startswith(b'{"entry":'):
            found[number] = json.loads(line)["entry"]["seq"]
    return found


# --- every byte counts


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "open"])
def test_a_flip_of_any_byte_is_found_and_the_entry_is_named(is_closed: bool):
    """Half of the flips change one bit, half the whole byte. A flip inside the text of an entry must name that line and that seq."""
    data = exported(log_of_300(is_closed=is_closed))
    starts, seqs = line_starts(data), seq_by_line(data)
    draw = random.Random(SEED + is_closed)
    inside = 0
    tail = range(data.rindex(b'"type":"seal"}\n'), len(data))  # in an open session: entries under no seal
    for position in draw.sample(range(len(data)), FLIPS) + draw.sample(tail, 300):
        mask = 1 << draw.randrange(8) if draw.random() < 0.5 else draw.randrange(1, 256)
        verdict = check(data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :])
        where = f"byte {position} ^ {mask:#04x} (seed {SEED}): {verdict.lines}"
        assert not verdict.is_verified, where
        line = sum(start <= position for start in starts)
        if line in seqs and position >= starts[line - 1] + len(b'{"entry":'):
            inside += 1
            assert (verdict.line, verdict.seq) == (line, seqs[line]), where
    assert inside > FLIPS // 2, f"only {inside} flips fell inside an entry: this test saw too little (seed {SEED})"


def test_every_byte_of_the_header_of_a_seal_and_of_the_manifest_counts():
    """The lines that the chain does not cover: every byte of them in turn, the bit by turns."""
    data = exported(short_log(measurements=1))
    starts, lines = line_starts(data), lines_of(data)
    a_seal = next(number for number, line in enumerate(lines) if line.endswith(b'"type":"seal"}\n'))
    flips = 0
    for number in (0, a_seal, len(lines) - 1):
        for position in range(starts[number], starts[number] + len(lines[number])):
            for bit in {position % 8, 0, 5}:  # bit 0 is the spare one of base64, bit 5 the case of a letter
                flips += 1
                changed = data[:position] + bytes([data[position] ^ (1 << bit)]) + data[position + 1 :]
                assert not check(changed).is_verified, f"byte {position}, bit {bit}"
    assert flips > 4_000


# --- structure


def drop(lines: list[bytes], at: int) -> list[bytes]:
    return lines[:at] + lines[at + 1 :]


def double(lines: list[bytes], at: int) -> list[bytes]:
    return lines[: at + 1] + lines[at:]


def swap(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def insert_blank(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], b"\n", *lines[at:]]


def move_to_the_end(lines: list[bytes], at: int) -> list[bytes]:
    return [*drop(lines, at), lines[at]]


def cut_here(lines: list[bytes], at: int) -> list[bytes]:
    return lines[:at]


def cut_out_the_rest(lines: list[bytes], at: int) -> list[bytes]:
    """The tail is dropped, the manifest is kept."""
    return [*lines[:at], lines[-1]]


def cut_within(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], lines[at][: len(lines[at]) // 2]]


def windows_line_end(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], lines[at][:-1] + b"\r\n", *lines[at + 1 :]]


@pytest.mark.parametrize(
    "edit", [drop, double, swap, insert_blank, move_to_the_end, cut_here, cut_out_the_rest, cut_within, windows_line_end]
)
def test_no_line_can_be_dropped_doubled_moved_or_cut(edit: Callable[[list[bytes], int], list[bytes]]):
    """Every line in turn."""
    lines = lines_of(exported(short_log()))
    edited = 0
    for at in range(len(lines) - 1):
        changed = edit(lines, at)
        if changed == lines:
            continue  # cutting out nothing
        edited += 1
        verdict = check(b"".join(changed))
        assert not verdict.is_verified, f"{edit.__name__} at line {at + 1}"
        assert verdict.line is not None, verdict.lines
    assert edited >= len(lines) - 2


@pytest.mark.parametrize("edit", [drop, double, swap])
def test_a_dropped_or_moved_entry_is_named_even_if_the_manifest_is_made_anew(edit: Callable[[list[bytes], int], list[bytes]]):
    """The last entry is left out: that a forged manifest agrees with a shorter record is what the pinned key is for."""
    data = exported(log_of_300())
    lines, seqs = lines_of(data), seq_by_line(data)
    for number, seq in seqs.items():
        if seq == ENTRIES:
            continue
        verdict = check(signed_again(b"".join(edit(lines, number - 1)), key_of(66)))
        assert not verdict.is_verified
        assert verdict.line in (number, number + 1), (number, verdict.lines)
        assert verdict.seq in (seq, seq + 1, None)


def test_text_after_the_manifest_is_refused():
    data = exported(short_log())
    for extra in (b"\n", b" ", b"{}\n", b"\0", lines_of(data)[-1], data):
        verdict = check(data + extra)
        assert not verdict.is_verified
        assert verdict.line == len(lines_of(data)) + 1


def test_entries_of_another_session_do_not_pass_in_place_of_these():
    """Spliced as they are, under this session's name, and with the seal of the other log."""
    mine, other = lines_of(exported(log_of_300("S-000001"))), lines_of(exported(short_log("S-000002", measurements=ENTRIES - 16)))
    assert len(mine) == len(other)
    edits = 0
    for at in range(1, len(mine) - 1):
        for line in (other[at], other[at].replace(b"S-000002", b"S-000001")):
            if line != mine[at]:
                edits += 1
                verdict = check(b"".join([*mine[:at], line, *mine[at + 1 :]]))
                assert not verdict.is_verified, at + 1
    assert edits > ENTRIES
    assert not check(b"".join([mine[0], *other[1:]])).is_verified
    assert not check(b"".join([*mine[:-1], other[-1]])).is_verified
    assert not check(b"".join(other).replace(b"S-000002", b"S-000001")).is_verified


def test_a_forked_record_does_not_pass_in_any_mixture_with_the_first():
    """Two honest records with one beginning, under one key: the second goes another way after entry 100."""
    first, second = log_of_300(), Log()
    for entry in first.entries:
        body = NoteAdded(by="anna", text="another course") if entry.seq == 101 else entry.body
        second.say(body, seal=entry.seq in {seal.last_seq for seal in first.seals})
    mine, other = lines_of(exported(first)), lines_of(exported(second))
    fork = next(number for number, (one, two) in enumerate(zip(mine, other, strict=True)) if one != two)
    assert mine[fork].startswith(b'{"entry":{"at_ms":')
    assert check(b"".join(other)).is_verified
    assert not check(b"".join([*other[:-1], mine[-1]])).is_verified
    for at in range(fork + 1, len(mine)):
        assert not check(b"".join([*mine[:at], *other[at:]])).is_verified


def test_an_older_export_is_whole_but_says_that_it_is_not_complete():
    """A rollback to an earlier, honest export cannot be told from the file alone; that it is not the whole session can."""
    log = log_of_300()
    older = Log(log.id)
    older.entries, older.seals = log.entries[:150], [seal for seal in log.seals if seal.last_seq <= 150]
    verdict = check(exported(older), pinned=PINNED)
    assert verdict.is_verified
    assert "NOT COMPLETE" in verdict.lines[1]
    claimed = lines_of(exported(older))
    manifest = json.loads(claimed[-1]) | {"complete": True}
    manifest.pop("signature")
    manifest["signature"] = key_of().sign(canonical(manifest))
    assert not check(b"".join([*claimed[:-1], canonical(manifest) + b"\n"])).is_verified


def test_time_that_goes_back_is_named():
    log = short_log()
    log.entries[20] = log.entries[20].__class__(at_ms=log.entries[19].at_ms - 1, body=log.entries[20].body, seq=21, session=log.id)
    verdict = check(exported(log))
    assert verdict.seq == 21
    assert "its time goes back" in verdict.lines[1]


# --- changed in the database, before the export


def test_an_entry_changed_in_the_database_does_not_fit_its_seal():
    """The check beside the seal is made at export, from the changed entry: the range is named, since the entry cannot be."""
    log = log_of_300()
    entry = log.entries[123]
    changed = json.loads(canonical(entry))
    changed["body"]["counter"] += 1
    seal = next(seal for seal in log.seals if seal.last_seq >= 124)
    data = exported(log).replace(canonical(entry), canonical(changed))
    old, new = (sha256(canonical(value)).hexdigest()[:8].encode() for value in (entry, changed))
    verdict = check(signed_again(data.replace(old, new), key_of()), pinned=PINNED)
    assert not verdict.is_verified
    assert f"does not fit entries {seal.first_seq} to {seal.last_seq}" in verdict.lines[1]


def test_an_entry_deleted_from_the_database_is_named():
    log = log_of_300()
    del log.entries[123]
    verdict = check(exported(log))
    assert (verdict.is_verified, verdict.seq) == (False, 124)


# --- negative controls: without the protection the same test sees nothing, so it is the protection that it sees


def tampered_and_signed_again() -> bytes:
    """A value is changed; the checks, the SHA-256 and the signature are made to fit. Only the chain can tell."""
    log = short_log()
    data = exported(log)
    changed = data.replace(b'"value_milli":97500', b'"value_milli":87500', 1)
    assert changed != data
    return signed_again(changed, key_of())


def test_control_without_the_comparison_of_digests_a_changed_value_passes(monkeypatch: pytest.MonkeyPatch):
    data = tampered_and_signed_again()
    verdict = check(data, pinned=PINNED)
    assert (verdict.is_verified, verdict.seq) == (False, 3)
    monkeypatch.setattr(form, "is_same", lambda *_: True)
    assert check(data, pinned=PINNED).is_verified


def test_control_without_the_signature_a_changed_manifest_passes(monkeypatch: pytest.MonkeyPatch):
    data = exported(short_log())
    at = data.rindex(b'"exported_at_ms":') + len(b'"exported_at_ms":')
    in_header = data.index(b'"exported_at_ms":') + len(b'"exported_at_ms":')
    changed = bytearray(data)
    changed[at : at + 1] = changed[in_header : in_header + 1] = b"2"
    *above, last = lines_of(bytes(changed))
    manifest = json.loads(last) | {"sha256": sha256(b"".join(above)).hexdigest()}
    edited = b"".join(above) + canonical(manifest) + b"\n"
    assert not check(edited).is_verified
    monkeypatch.setattr(monitor.export.verify.signer, "is_signed_by", lambda *_: True)
    assert check(edited).is_verified


def test_control_without_the_order_of_seq_a_missing_entry_passes(monkeypatch: pytest.MonkeyPatch):
    """An entry after the last seal is missing in the database: no seal can tell, the order can."""
    log = short_log(is_closed=False)
    del log.entries[-2]
    data = exported(log)
    verdict = check(data)
    assert (verdict.is_verified, verdict.seq) == (False, len(log.entries))
    monkeypatch.setattr(Walk, "place", place_whatever_it_says)
    last = len(log.entries) + 1
    assert check(signed_again(data.replace(b'"last_seq":%d,' % last, b'"last_seq":%d,' % (last - 1)), key_of())).is_verified


def place_whatever_it_says(walk: Walk, seq: int, at_ms: int, kind: str, *, is_same_session: bool) -> None:
    walk.entries, walk.at_ms = walk.entries + 1, at_ms
    walk.first_at_ms = walk.first_at_ms or at_ms
    walk.counts[kind] = walk.counts.get(kind, 0) + 1


def test_the_tail_under_no_seal_rests_on_the_signature_alone_as_the_verdict_says():
    log = short_log(is_closed=False)
    changed = exported(log).replace(b'"counter":45,', b'"counter":44,')
    assert not check(changed).is_verified
    verdict = check(signed_again(changed, key_of(66)))
    assert verdict.is_verified
    assert any("The last 3 entries are under no seal yet" in line for line in verdict.lines)
    assert not check(signed_again(changed, key_of(66)), pinned=PINNED).is_verified
