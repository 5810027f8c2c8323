"""docs/reference/export-format.md is enough to write a verifier: this one is written from it alone, and agrees with ours on every file."""

import base64
import json
import random
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.export.csv import COLUMNS
from tests.unit.export.session_log import FakeStore, check, export_csv, export_jsonl, exported, key_of, short_log, signed_again

DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "export-format.md"
SEED = 20_261_122


def accepts(data: bytes) -> bool:
    try:
        holds(data)
    except (AssertionError, ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        return False
    return True


def holds(data: bytes) -> None:
    assert data.endswith(b"\n")
    texts = data[:-1].split(b"\n")
    lines: list[dict[str, Any]] = [json.loads(text.decode()) for text in texts]
    assert all(rfc8785.dumps(line) == text for line, text in zip(lines, texts, strict=True))
    header, *between, manifest = lines
    assert (header["type"], header["format"], header["log_format"]) == ("header", "infusion-monitor/export/1", "infusion-monitor/log/1")
    assert manifest["type"] == "manifest"
    session, entries, seals, sealed, texts_open = header["session"], [], [], 0, []
    digest = sha256(f"infusion-monitor/log/1\n{session}\n".encode()).digest()
    for line in between:
        if line["type"] == "entry":
            assert set(line) == {"entry", "type"}
            entry = line["entry"]
            assert set(entry) == {"at_ms", "body", "seq", "session"}
            assert entry["session"] == session
            assert entry["seq"] == len(entries) + 1
            assert not entries or entry["at_ms"] >= entries[-1]["at_ms"]
            assert (entry["body"]["kind"] == "session_created") == (not entries)
            entries.append(entry)
            texts_open.append(rfc8785.dumps(entry))
        else:
            assert line["type"] == "seal"
            assert set(line) == {"checks", "seal", "type"}
            digest = sha256(digest + b"".join(text + b"\n" for text in texts_open)).digest()
            seal = line["seal"]
            assert seal.pop("at_ms") >= 0
            assert texts_open
            assert seal == {"digest": digest.hex(), "first_seq": sealed + 1, "last_seq": len(entries), "session": session}
            seals.append(seal)
            sealed, texts_open = len(entries), []
    limits = entries[0]["body"]["limits_sha256"]
    assert limits == sha256(entries[0]["body"]["limits"].encode()).hexdigest()
    over = any(entry["body"]["kind"] == "phase_ordered" and entry["body"]["phase"] in {"closed", "aborted"} for entry in entries)
    unsigned = {name: value for name, value in manifest.items() if name != "signature"}
    signature, public = base64.b64decode(manifest["signature"]), base64.b64decode(manifest["public_key"])
    assert base64.b64encode(signature).decode() == manifest["signature"]
    Ed25519PublicKey.from_public_bytes(public).verify(signature, rfc8785.dumps(unsigned))
    checks = unsigned.pop("unsealed")
    assert set(checks) == {"checks", "entries"}
    assert checks["entries"] == len(texts_open)
    assert unsigned == header | {
        "complete": over and not texts_open,
        "counts": dict(Counter(entry["body"]["kind"] for entry in entries)),
        "entries": len(entries),
        "first_at_ms": entries[0]["at_ms"],
        "first_seq": 1,
        "head": seals[-1]["digest"] if seals else None,
        "installation": sha256(public).hexdigest()[:16],
        "last_at_ms": entries[-1]["at_ms"],
        "last_seq": len(entries),
        "limits_sha256": limits,
        "modes": sorted({entry["body"]["mode"] for entry in entries if "mode" in entry["body"]}),
        "public_key": manifest["public_key"],
        "seals": len(seals),
        "sha256": sha256(b"".join(text + b"\n" for text in texts[:-1])).hexdigest(),
        "type": "manifest",
    }


def test_both_accept_what_is_honest():
    for is_closed in (True, False):
        for measurements in (0, 1, 25):
            data = exported(short_log(measurements=measurements, is_closed=is_closed))
            assert accepts(data)
            assert check(data).is_verified


def test_both_agree_on_files_that_chance_or_a_forger_changed():
    """Half of the files are signed again after the change, so that some of them are accepted."""
    draw = random.Random(SEED)
    honest = [exported(short_log(measurements=number, is_closed=number % 2 == 0)) for number in range(4)]
    accepted = 0
    for number in range(600):
        lines = draw.choice(honest).splitlines(keepends=True)
        at = draw.randrange(len(lines))
        match draw.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, draw.choice(lines))
            case 2:
                lines[at] = lines[at].replace(b"1", b"2", 1)
            case 3:
                position = draw.randrange(len(lines[at]))
                lines[at] = lines[at][:position] + bytes([draw.randrange(256)]) + lines[at][position + 1 :]
            case _:
                lines[at] = lines[at].replace(b"anna", b"berta")
        data = b"".join(lines)
        if number % 2:
            try:
                data = signed_again(data, key_of(2))
            except (ValueError, KeyError, TypeError):
                continue
        verdict = check(data)
        assert verdict.is_verified == accepts(data), (number, verdict.lines, SEED)
        accepted += verdict.is_verified
    assert 20 < accepted < 500, f"{accepted} of the files were accepted: this test saw only one side (seed {SEED})"


async def test_the_document_names_every_field_and_every_column():
    document = DOCUMENT.read_text(encoding="utf-8")
    store = FakeStore(short_log())
    fields = set(COLUMNS) | set(json.loads((await export_csv(store))[1]))
    for line in (await export_jsonl(store)).splitlines():
        value = json.loads(line)
        fields |= set(value) | set(value.get("entry", {})) | set(value.get("seal", {}))
    assert len(fields) > 40
    assert {name for name in fields if f"`{name}`" not in document and f'"{name}"' not in document} == set()
