"""docs/reference/export-format.md is enough to write a verifier: this one is written from it alone, and agrees with ours on every file."""

import base64
import hmac
import json
import random
import re
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.export.csv import COLUMNS
from tests.unit.export.hidden_logs import Named
from tests.unit.export.proven import bundle_of, files_of
from tests.unit.export.session_log import FakeStore, Log, check, export_csv, export_jsonl, exported, key_of, short_log, signed_again

DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "export-format.md"
SEED = 20_261_122


def accepts(data: bytes) -> bool:
    try:
        holds(data)
    except (AssertionError, ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        return False
    return True


class Form:
    """docs/reference/log.md, "Without names": the form of an entry that is hashed."""

    people = ("by", "confirmed_by", "name")
    texts = ("text", "comment", "override", "note", "meaning", "read_back", "source", "detail", "code", "old_code")

    def __init__(self, salt: str) -> None:
        assert re.fullmatch("(sha256:)?[0-9a-f]{64}", salt)
        self.is_hidden, self.salt = salt.startswith("sha256:"), bytes.fromhex(salt[-64:])

    def of(self, value: Any, label: str) -> Any:
        if value is None:
            return None
        if self.is_hidden:
            assert re.fullmatch("withheld:[0-9a-f]{64}", value)
            return value
        key = hmac.digest(self.salt, label.encode(), "sha256")
        return f"withheld:{hmac.digest(key, rfc8785.dumps(value), 'sha256').hex()}"

    def person(self, name: Any) -> Any:
        return self.of(name, f"person/{rfc8785.dumps(name).decode()}")

    def entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        body = dict(entry["body"])
        texts = (*self.texts, *(["reason"] if body["kind"] in {"entry_voided", "limit_proposed", "patient_corrected"} else []))
        body |= {name: self.person(body[name]) for name in self.people if name in body}
        body |= {name: self.of(body[name], f"{entry['seq']}/{name}") for name in texts if name in body}
        if "people" in body:
            body["people"] = sorted(map(self.person, body["people"]))
        if body["kind"] == "alert_changed":
            body["alert"] = body["alert"] | {"acknowledged_by": self.person(body["alert"]["acknowledged_by"])}
        if body["kind"] == "session_created":
            who = {"birth_year": None, "code": None, **body["patient"]}
            weight_g = who.pop("weight_g")
            label = self.of(who["label"] if self.is_hidden else who, "1/patient")
            body["patient"] = {"birth_year": None, "label": label, "weight_g": weight_g}
            found = re.compile(r'"reviewer":("(?:[^"\\]|\\.)*")')
            limits = found.sub(
                lambda name: name[0] if name[1] == '"unreviewed"' else f'"reviewer":"{self.person(json.loads(name[1]))}"', body["limits"]
            )
            salt = body["salt"] if self.is_hidden else "sha256:" + sha256(self.salt).hexdigest()
            body |= {"limits": limits, "limits_sha256": sha256(limits.encode()).hexdigest(), "salt": salt}
        made = entry | {"body": body}
        assert not self.is_hidden or made == entry
        return made


def form_of(header: dict[str, Any], created: dict[str, Any]) -> Form | None:
    """None: of a log of format 1."""
    assert (header["type"], header["format"]) == ("header", "infusion-monitor/export/1")
    assert header["log_format"] == ("infusion-monitor/log/2" if "salt" in created else "infusion-monitor/log/1")
    return Form(created["salt"]) if "salt" in created else None


def holds(data: bytes) -> None:
    assert data.endswith(b"\n")
    texts = data[:-1].split(b"\n")
    lines: list[dict[str, Any]] = [json.loads(text.decode()) for text in texts]
    assert all(rfc8785.dumps(line) == text for line, text in zip(lines, texts, strict=True))
    header, *between, manifest = lines
    form = form_of(header, between[0]["entry"]["body"])
    assert manifest["type"] == "manifest"
    session, entries, seals, sealed, texts_open = header["session"], [], [], 0, []
    digest = sha256(f"{header['log_format']}\n{session}\n".encode()).digest()
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
            texts_open.append(rfc8785.dumps(form.entry(entry) if form else entry))
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


def hidden(log: Log) -> bytes:
    """Exported without names."""
    return files_of(bundle_of(log, before=0, after=0, is_deidentified=True))["record.jsonl"]


def test_both_agree_on_files_that_chance_or_a_forger_changed():
    """Half of the files are signed again after the change, so that some of them are accepted. A third are without names."""
    draw = random.Random(SEED)
    honest = [exported(short_log(measurements=number, is_closed=number % 2 == 0)) for number in range(4)]
    salted = [Named(number, measurements=number).log for number in (1, 2)]
    honest += [exported(log) for log in salted] + [hidden(log) for log in salted]
    assert all(accepts(each) and check(each).is_verified for each in honest)
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
