"""Makes bundles with proofs: a store with this session and others in one tree, checkpoints on the way, and the bundle of one of them."""

import asyncio
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

from monitor.clock import ManualClock
from monitor.export.bundle.archive import MANIFEST, bundle
from monitor.export.bundle.job import Job, Part
from monitor.export.bundle.parts import proofs, record, table
from monitor.export.checkpoints import Checkpoints
from monitor.export.keyring import Keyring, open_keyring
from monitor.export.manifest import Stamp, signed
from monitor.export.pipe import Pipe, member
from monitor.export.proof_files import proven
from monitor.export.selection import select
from monitor.export.signing import InstallationKey
from monitor.export.verify import Verdict, verify_bundle
from monitor.store.memory import MemoryStore
from monitor.store.ports import Batch
from monitor.store.proofs_memory import MemoryProofStore
from tests.unit.export.session_log import START_MS, Log, short_log

CREATED_MS = START_MS + 9_000_000
PROVEN = (record, table, proofs)  # without the parts that take long to make and to pack


@cache
def ring() -> Keyring:
    """The installation's keys, the same for a run of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        return open_keyring(Path(folder), START_MS)


class Installation:
    """Logs are recorded one after the other, a commit for each seal."""

    def __init__(self, keyring: Keyring | None = None) -> None:
        self.store = MemoryStore()
        self.proofs = MemoryProofStore(self.store)
        self.keyring = keyring or ring()
        self.checkpoints = Checkpoints(self.proofs, self.keyring, ManualClock(START_MS), lambda _: None)

    async def record(self, log: Log, *, every: int = 4) -> None:
        """With a checkpoint at every `every`th seal."""
        first = 0
        for number, seal in enumerate(log.seals):
            await self.store.append(Batch(log.entries[first : seal.last_seq], [seal]))
            first = seal.last_seq
            if number % every == every - 1:
                await self.checkpoints.now()
        if log.entries[first:]:
            await self.store.append(Batch(log.entries[first:]))

    async def bundle(
        self,
        session: str = "S-000001",
        *,
        keyring: Keyring | None = None,
        is_deidentified: bool = False,
        parts: Iterable[Part] = PROVEN,
    ) -> bytes:
        keys = keyring or self.keyring
        stamp = Stamp(key=keys.key, software="1.2.3", exported_at_ms=CREATED_MS)
        job = Job(self.store, await select(self.store, session), stamp, is_deidentified=is_deidentified)
        await proven(job, self.proofs, keys)
        return b"".join([block async for block in bundle(job, parts)])


async def installed(*logs: Log, keyring: Keyring | None = None) -> Installation:
    made = Installation(keyring)
    for log in logs:
        await made.record(log)
    await made.checkpoints.now()
    return made


async def _bundle_of(log: Log, before: int, after: int, *, is_deidentified: bool) -> bytes:
    others = [short_log(f"S-{number:06d}", measurements=number, is_closed=True) for number in range(90, 90 + before + after)]
    for number, other in enumerate(others):  # no device is bound in two open sessions: they came one after the other
        assert other.id != log.id, number
    made = await installed(*others[:before], log, *others[before:])
    return await made.bundle(log.id, is_deidentified=is_deidentified)


def bundle_of(log: Log | None = None, *, before: int = 2, after: int = 1, is_deidentified: bool = False) -> bytes:
    """Of a log that lies between others in the tree. For tests that are not asynchronous."""
    return asyncio.run(_bundle_of(log or short_log(), before, after, is_deidentified=is_deidentified))


def check_bundle(data: bytes, *, pinned: bytes | None = None) -> Verdict:
    return verify_bundle(io.BytesIO(data), "export.zip", pinned=pinned)


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    """As a bundle is packed, whatever is in it; the last file is stored."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, content in files.items():
            archive.writestr(member(name, is_packed=name != MANIFEST), content)
    return pipe.take()


def signed_anew(files: dict[str, bytes], key: InstallationKey, **changed: object) -> bytes:
    """What a forger does: a manifest that fits what is there now, signed with `key`. `changed` goes into it last."""
    contents = {name: content for name, content in files.items() if name != MANIFEST}
    before = packed(contents)
    listed = [
        {"name": name, "role": "record" if name == "record.jsonl" else "view", "sha256": sha256(content).hexdigest(), "size": len(content)}
        for name, content in sorted(contents.items())
    ]
    start = int.from_bytes(before[-6:-2], "little")  # of the directory: so much lies before the manifest
    about = {name: value for name, value in json.loads(files[MANIFEST]).items() if name not in {"signature", "public_key"}}
    about |= {"files": listed, "packed_sha256": sha256(before[:start]).hexdigest(), "installation": key.key_id, **changed}
    return packed(contents | {MANIFEST: signed(about, key)})
