"""The verifier: its words, its exit codes, whom it trusts, and that it stands alone."""

import ast
import base64
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import monitor.export.verify
from monitor.export.signing import KEY_FILE, open_key
from monitor.export.verify import Unusable, read_public_key, verify_file, verify_table
from monitor.export.verify.__main__ import main
from schemas.log import canonical
from tests.unit.export.session_log import FakeStore, check, export_csv, export_jsonl, exported, key_of, short_log, signed_again

FOLDER = Path(monitor.export.verify.__file__).parent


def raw_public(seed: int = 1) -> bytes:
    return base64.b64decode(key_of(seed).public_text)


# --- the verdict


def test_a_good_file_is_verified_in_words():
    verdict = check(exported(short_log()))
    assert verdict.exit_code == 0
    text = "\n".join(verdict.lines)
    assert text.startswith("VERIFIED export.jsonl\nSession S-000001, complete.\n46 entries under 19 seals, 2026-")
    assert "SIMULATED data: not measured on a patient" in text
    assert "Intended use: secondary display and record; not for primary monitoring." in text


def test_without_a_key_the_verdict_says_how_little_the_signature_proves():
    text = "\n".join(check(exported(short_log())).lines)
    assert f"proves only that nothing changed since key {key_of().key_id} signed" in text
    assert "--key" in text


def test_with_the_right_key_the_signer_is_known():
    text = "\n".join(check(exported(short_log()), pinned=raw_public()).lines)
    assert "Signed by the given key." in text
    assert "--key" not in text


def test_a_file_signed_by_another_key_is_refused_where_the_signer_is_pinned():
    verdict = check(exported(short_log(), key_of(2)), pinned=raw_public(1))
    assert verdict.exit_code == 1
    assert f"signed by key {key_of(2).key_id}, not by the given key {key_of(1).key_id}" in verdict.lines[1]


def test_a_forger_who_writes_all_again_passes_only_where_nobody_pins_the_signer():
    """What a hash chain alone cannot do, and why the public key must be kept outside: this is the documented residual risk."""
    forged = exported(short_log(measurements=29), key_of(66))
    assert check(forged).is_verified
    assert not check(forged, pinned=raw_public(1)).is_verified


def test_nothing_in_a_file_reaches_the_terminal_as_a_control_character():
    data = exported(short_log())
    *above, last = data.splitlines(keepends=True)
    header, manifest = json.loads(above[0]), json.loads(last)
    header["software"] = manifest["software"] = "\x1b[2J\x1b]0;owned\x07"
    above[0] = canonical(header) + b"\n"
    verdict = check(signed_again(b"".join(above) + canonical(manifest) + b"\n", key_of()))
    assert verdict.is_verified
    assert all(line.isprintable() for line in verdict.lines)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "line 1: not an Infusion Monitor export"),
        (b"\n", "line 1: not an Infusion Monitor export: not JSON"),
        (b"PK\x03\x04\xff\xfe\n", "line 1: not an Infusion Monitor export: byte 5 of the line is not UTF-8"),
        (b"[1]\n", "not a JSON object"),
        (b"{}\n", "the first line is not a header"),
        (b"[" * 200_000 + b"\n", "nested too deeply"),
        (b'{"a":' + b"9" * 5_000 + b"}\n", "beyond 2^53 - 1"),
        (b'{"a":9007199254740992}\n', "beyond 2^53 - 1"),
        (b'{"a":1.5}\n', "1.5 is not an integer"),
        (b'{"a":NaN}\n', "NaN is not an integer"),
        (b'{"a":1e3}\n', "1e3 is not an integer"),
        (b'{"a":1,"a":2}\n', "the key 'a' is there twice"),
        (b'{"b":1,"a":2}\n', "not in canonical form"),
        (b'{"a": 1}\n', "not in canonical form"),
        (b'{"a":"\\u0041"}\n', "not in canonical form"),
        (b'{"a":"\\ud800"}\n', "not in canonical form"),
        (b'{"a":-0}\n', "not in canonical form"),
        (b'{"a":1}\r\n', "CR LF"),
        (b'{"a":1}', "cut off"),
        (b'{"a":"' + b"x" * 9_000_000, "longer than a line may be"),
    ],
    ids=lambda value: value[:20].decode("ascii", "replace") if isinstance(value, bytes) else None,
)
def test_what_is_no_record_is_refused_with_its_reason(data: bytes, why: str):
    verdict = check(data)
    assert verdict.exit_code == 1
    assert verdict.line == 1
    assert why in verdict.lines[1]


def test_a_header_of_a_later_format_is_not_guessed():
    data = exported(short_log()).replace(b"infusion-monitor/export/1", b"infusion-monitor/export/2", 1)
    assert "this verifier knows 'infusion-monitor/export/1'" in check(data).lines[1]


@pytest.mark.parametrize("name", ["public_key", "signature"])
def test_the_spare_bits_of_base64_are_not_free(name: str):
    """The last digit before '=' holds bits that a lenient decoder ignores: a change of them must be found."""
    data = exported(short_log())
    text = json.loads(data.splitlines()[-1])[name].rstrip("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(text[-1]) ^ 1]
    changed = data.replace(text.encode(), (text[:-1] + other).encode())
    assert changed != data
    assert not check(changed).is_verified


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("complete", False),
        ("complete", 1),
        ("counts", {}),
        ("entries", 44),
        ("entries", True),
        ("first_at_ms", 0),
        ("first_seq", 0),
        ("head", "00" * 32),
        ("installation", "0" * 16),
        ("intended_use", "primary monitoring"),
        ("last_at_ms", None),
        ("last_seq", 47),
        ("limits_sha256", "00" * 32),
        ("modes", ["real"]),
        ("modes", []),
        ("seals", 17),
        ("session", "S-000002"),
        ("software", "9.9.9"),
        ("unsealed", {"checks": "", "entries": 1}),
        ("unsealed", None),
        ("more", 1),
    ],
)
def test_a_manifest_that_says_something_else_is_refused_even_if_it_is_signed(name: str, value: object):
    *above, last = exported(short_log()).splitlines(keepends=True)
    manifest = json.loads(last) | {name: value}
    manifest.pop("signature")
    manifest["signature"] = key_of().sign(canonical(manifest))
    verdict = check(b"".join(above) + canonical(manifest) + b"\n")
    assert not verdict.is_verified
    assert verdict.line in (1, len(above) + 1)


# --- keys


def test_a_public_key_is_read_from_text_and_from_every_kind_of_file(tmp_path: Path):
    key = open_key(tmp_path)
    raw = base64.b64decode(key.public_text)
    (tmp_path / "public.txt").write_text(key.public_text + "\n")
    public = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32).public_key()
    (tmp_path / "public.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert read_public_key(key.public_text) == raw
    assert read_public_key(str(tmp_path / "public.txt")) == raw
    assert read_public_key(str(tmp_path / KEY_FILE)) == raw
    assert read_public_key(str(tmp_path / "public.pem")) == raw_public(1)


@pytest.mark.parametrize("text", ["", "abc", "A" * 44, "no/such/file", "\0", "."])
def test_a_key_that_cannot_be_read_is_a_question_that_cannot_be_answered(text: str):
    with pytest.raises(Unusable, match="--key"):
        read_public_key(text)


@pytest.mark.parametrize("content", [b"", b"\xff", b"-----BEGIN PUBLIC KEY-----\nAAAA\n", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_without_a_key_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(Unusable, match="holds no Ed25519 key"):
        read_public_key(str(tmp_path / "key"))


# --- files


async def csv_files(folder: Path) -> Path:
    table, manifest = await export_csv(FakeStore(short_log()))
    (folder / "s.csv").write_bytes(table)
    (folder / "s.csv.manifest.json").write_bytes(manifest)
    return folder / "s.csv"


async def test_a_csv_is_checked_against_the_manifest_beside_it(tmp_path: Path):
    path = await csv_files(tmp_path)
    for named in (path, tmp_path / "s.csv.manifest.json"):
        verdict = verify_file(named, pinned=raw_public())
        assert verdict.is_verified
        assert any("the record is the JSONL export" in line for line in verdict.lines)


async def test_a_csv_without_its_manifest_cannot_be_checked(tmp_path: Path):
    path = await csv_files(tmp_path)
    (tmp_path / "s.csv.manifest.json").unlink()
    with pytest.raises(Unusable, match="only against the manifest"):
        verify_file(path)


async def test_every_byte_of_a_csv_and_of_its_manifest_counts():
    table, manifest = await export_csv(FakeStore(short_log(measurements=1)))
    assert verify_table(io.BytesIO(table), manifest, "s.csv").is_verified
    for position in range(len(manifest)):
        changed = manifest[:position] + bytes([manifest[position] ^ 1]) + manifest[position + 1 :]
        assert not verify_table(io.BytesIO(table), changed, "s.csv").is_verified, position
    for position in range(len(table)):
        changed = table[:position] + bytes([table[position] ^ 1]) + table[position + 1 :]
        assert not verify_table(io.BytesIO(changed), manifest, "s.csv").is_verified, position


async def test_a_longer_or_shorter_csv_says_by_how_much():
    table, manifest = await export_csv(FakeStore(short_log()))
    verdict = verify_table(io.BytesIO(table[:-10]), manifest, "s.csv")
    assert f"has {len(table) - 10} bytes, it had {len(table)}" in verdict.lines[1]


async def test_the_manifest_of_a_record_does_not_pass_for_that_of_a_csv():
    table, _ = await export_csv(FakeStore(short_log()))
    record_manifest = (await export_jsonl(FakeStore(short_log()))).splitlines(keepends=True)[-1]
    assert not verify_table(io.BytesIO(table), record_manifest, "s.csv").is_verified


def test_the_command_answers_by_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_bytes(exported(short_log()))
    bad.write_bytes(good.read_bytes() + b"\n")
    assert main([str(good)]) == 0
    assert capsys.readouterr().out.startswith("VERIFIED good.jsonl\n")
    assert main([str(bad)]) == 1
    assert "something after the manifest" in capsys.readouterr().out
    assert main([str(tmp_path / "none.jsonl")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main([str(good), "--key", "nonsense"]) == 2


# --- alone


def test_the_verifier_imports_the_standard_library_and_cryptography_only():
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
    foreign = {name for name in found if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("monitor.export.verify")}
    assert {name.split(".")[0] for name in foreign} == {"cryptography"}


def test_a_copy_of_the_folder_works_where_nothing_else_of_the_project_is(tmp_path: Path):
    shutil.copytree(FOLDER, tmp_path / "monitor" / "export" / "verify")
    (tmp_path / "s.jsonl").write_bytes(exported(short_log()))
    program = f"""
import runpy, sys
sys.path.insert(0, {str(tmp_path)!r})
sys.modules.update(dict.fromkeys(["msgspec", "schemas", "fastapi", "sqlmodel"]))  # an import of any of them fails
sys.argv = ["verify", "s.jsonl"]
runpy.run_module("monitor.export.verify", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("VERIFIED s.jsonl\n")
