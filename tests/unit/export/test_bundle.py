"""The bundle: everything in one archive, every byte under one signature."""

import base64
import io
import json
import zipfile
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.export.bundle.archive import MANIFEST, bundle
from monitor.export.bundle.job import BundleFile, Job, Part, Role, made_of
from monitor.export.bundle.parts import PARTS
from monitor.export.selection import select
from schemas.log import canonical
from tests.unit.export.session_log import FakeStore, export_csv, export_jsonl, key_of, short_log, stamp_of


async def bundle_of(store: FakeStore, *parts: Part, session: str = "S-000001") -> bytes:
    job = Job(store, await select(store, session), stamp_of())
    return b"".join([block async for block in bundle(job, parts or PARTS)])


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def test_it_holds_the_record_and_the_table_as_they_are_exported_alone():
    store = FakeStore(short_log())
    files = opened(await bundle_of(store))
    assert files["record.jsonl"] == await export_jsonl(store)
    assert files["readings.csv"] == (await export_csv(store))[0]


async def test_the_manifest_comes_last_is_signed_and_names_every_file():
    files = opened(await bundle_of(FakeStore(short_log())))
    assert list(files)[-1] == MANIFEST
    line = files.pop(MANIFEST)
    manifest = json.loads(line)
    assert line == canonical(manifest) + b"\n"
    signature = base64.b64decode(manifest.pop("signature"))
    Ed25519PublicKey.from_public_bytes(base64.b64decode(manifest["public_key"])).verify(signature, canonical(manifest))
    assert manifest["installation"] == key_of().key_id
    named = {(file["name"], file["sha256"], file["size"]) for file in manifest["files"]}
    assert named == {(name, sha256(content).hexdigest(), len(content)) for name, content in files.items()}
    assert [file["name"] for file in manifest["files"]] == sorted(files)


async def test_the_reader_is_told_what_the_record_cannot_tell():
    files = opened(await bundle_of(FakeStore(short_log())))
    (said,) = json.loads(files["completeness.json"])["not_recorded"]
    assert f"  - {said}" in files["README.txt"].decode()
    assert "canary" in said


@pytest.mark.parametrize("is_closed", [True, False])
async def test_the_manifest_says_what_the_record_says_of_itself(is_closed: bool):
    files = opened(await bundle_of(FakeStore(short_log(is_closed=is_closed))))
    manifest, record = json.loads(files[MANIFEST]), json.loads(files["record.jsonl"].splitlines()[-1])
    for same in ("complete", "entries", "head", "session", "software", "installation"):
        assert manifest[same] == record[same]
    assert manifest["complete"] is is_closed


async def test_the_same_session_gives_the_same_bytes():
    assert await bundle_of(FakeStore(short_log(), chunk=7)) == await bundle_of(FakeStore(short_log(), chunk=2_000))


@pytest.mark.parametrize("name", ["", "../a", "/a", "a/../b", "a\\b", "C:a", ".a", "a/b/c", "a\n", "manifest.json", "README.TXT", "CON\0"])
async def test_no_file_gets_a_name_that_leads_elsewhere_or_is_taken(name: str):
    async def part(_: Job) -> list[BundleFile]:
        return [made_of("readme.txt", Role.VIEW, b"x"), made_of(name, Role.VIEW, b"y")]

    with pytest.raises(ValueError, match="cannot be the name"):
        await bundle_of(FakeStore(short_log()), part)


async def test_what_fails_in_the_middle_is_no_archive():
    async def blocks() -> AsyncIterator[bytes]:
        yield b"x"
        raise OSError("disk I/O error")

    async def part(_: Job) -> list[BundleFile]:
        return [BundleFile("a", Role.VIEW, blocks)]

    store, written = FakeStore(short_log()), []
    making = bundle(Job(store, await select(store, "S-000001"), stamp_of()), (*PARTS, part))
    with pytest.raises(OSError, match="disk"):
        await _take(making, written)
    with pytest.raises(zipfile.BadZipFile):
        opened(b"".join(written))


async def _take(blocks: AsyncIterator[bytes], written: list[bytes]) -> None:
    async for block in blocks:
        written.append(block)
