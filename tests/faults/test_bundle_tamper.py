"""Hazards F8 and F9, for bundles: any byte and any structure changed is found. Samples; `python -m tests.faults.flip_every_byte` does all.

The negative controls: without its comparison of digests, its order of entries or its signatures the verifier takes the same edits.
"""

import json
import random
from collections import Counter

import pytest

import monitor.export.verify.bundle
from monitor.export.verify import canonical, keys, notes, signer
from tests.faults.flip_every_byte import flip_archive, flip_record, flipped
from tests.unit.export.edits import FILE_EDITS, FORGER, RECORD_EDITS, edited, forged
from tests.unit.export.proven import bundle_of, check_bundle, files_of, packed, ring, signed_anew
from tests.unit.export.session_log import check, exported, short_log

SEED = 20_261_122
HONEST = bundle_of()
PINNED = ring().key.public


def test_a_flip_of_any_byte_of_the_archive_is_found():
    draw = random.Random(SEED)
    for at in draw.sample(range(len(HONEST)), 400):
        mask = draw.randrange(1, 256)
        verdict = check_bundle(HONEST[:at] + bytes([HONEST[at] ^ mask]) + HONEST[at + 1 :], pinned=PINNED)
        assert not verdict.is_verified, f"byte {at} ^ {mask:#04x} (seed {SEED})"


def test_the_quick_ways_of_the_command_see_what_the_whole_verifier_sees():
    """They look at a part only, from a state that was kept: held against the whole verdict here."""
    draw = random.Random(SEED)
    for at in draw.sample(range(len(HONEST)), 60):
        assert flip_archive(HONEST, [at], mask=1) == []
    data = exported(short_log(), ring().key)
    sealed = range(data.index(b"\n") + 1, data.rindex(b'"type":"seal"}\n') + 15)
    by_sha = 0
    for at in draw.sample(sealed, 1_500):
        mask = draw.choice((1, 32, draw.randrange(1, 256)))
        refused, is_taken = flipped(data, at, mask)
        whole = check(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
        assert not is_taken
        if refused is None:
            by_sha += 1
            assert "the lines above are not those this manifest was made for" in whole.lines[1], at
        else:
            assert (whole.line, whole.seq, whole.lines[1]) == (refused.line, refused.seq, str(refused)), at
    assert by_sha > 20
    assert flip_record(data, draw.sample(range(len(data)), 300), mask=1) == []


def test_structural_edits_are_refused_whatever_the_forger_makes_fit():
    draw = random.Random(SEED)
    done: Counter[str] = Counter()
    for number in range(250):
        name, data = edited(draw, HONEST)
        verdict = check_bundle(data, pinned=PINNED)
        assert not verdict.is_verified, (name, number, SEED)
        done[name] += 1
        if name in RECORD_EDITS and verdict.file == "record.jsonl":
            assert verdict.line is not None, (name, verdict.lines)
    assert set(done) == {*RECORD_EDITS, *FILE_EDITS}


def test_honest_bundles_are_not_refused():
    draw = random.Random(SEED)
    for _ in range(12):
        log = short_log(measurements=draw.randrange(60), is_closed=draw.random() < 0.7)
        verdict = check_bundle(bundle_of(log, before=draw.randrange(3), after=draw.randrange(3)), pinned=PINNED)
        assert verdict.is_verified, (verdict.lines, SEED)


# --- negative controls


def with_a_changed_value() -> bytes:
    """A value is changed; check, SHA-256, signatures and keys are the forger's and fit. Only the chain can tell."""
    files = files_of(HONEST)
    lines = files["record.jsonl"].replace(b'"value_milli":97500', b'"value_milli":87500', 1)
    return forged(files | {"record.jsonl": lines}, FORGER)


def test_control_without_the_comparison_of_digests_a_changed_value_passes(monkeypatch: pytest.MonkeyPatch):
    data = with_a_changed_value()
    verdict = check_bundle(data)
    assert (verdict.is_verified, verdict.file, verdict.seq) == (False, "record.jsonl", 3)
    monkeypatch.setattr(canonical, "is_same", lambda *_: True)
    assert check_bundle(data).is_verified


def test_control_without_the_manifest_a_changed_file_passes(monkeypatch: pytest.MonkeyPatch):
    data = packed(files_of(HONEST) | {"readings.csv": files_of(HONEST)["readings.csv"].replace(b"97.5", b"87.5")})
    assert check_bundle(data).file == "readings.csv"
    monkeypatch.setattr(monitor.export.verify.bundle, "_check_files", lambda *_: None)
    assert not check_bundle(data).is_verified, "the digest of the archive finds it, too"
    monkeypatch.setattr(monitor.export.verify.bundle, "_check_packing", lambda *_: None)
    assert check_bundle(data).is_verified


def test_control_without_the_proofs_a_record_under_no_checkpoint_of_ours_passes(monkeypatch: pytest.MonkeyPatch):
    """The whole record is another one, sealed anew and signed with the installation's own key: who holds the key and not the old tree."""
    other = files_of(bundle_of(short_log(measurements=29), before=0, after=0))
    mine = files_of(HONEST)
    manifest = json.loads(other["record.jsonl"].splitlines()[-1])
    about = {name: manifest[name] for name in ("complete", "entries", "head")}
    data = signed_anew(mine | {"record.jsonl": other["record.jsonl"]}, ring().key, **about)
    assert check_bundle(data, pinned=PINNED).file == "proofs.json"
    monkeypatch.setattr(monitor.export.verify.bundle, "check_proofs", lambda *_: 0)
    assert check_bundle(data, pinned=PINNED).is_verified


def test_control_without_signatures_a_changed_manifest_passes(monkeypatch: pytest.MonkeyPatch):
    files = files_of(HONEST)
    files["manifest.json"] = files["manifest.json"].replace(b'"created_at_ms":1', b'"created_at_ms":2')
    data = packed(files)
    assert check_bundle(data).file == "manifest.json"
    for module in (signer, keys, notes):
        monkeypatch.setattr(module, "is_signed_by", lambda *_: True)
    assert check_bundle(data).is_verified
