"""The archive: the files of all parts one after the other, and the signed manifest over them, which comes last.

Streamed: memory is one block, whatever the length of the record. The bytes depend on the contents alone, not on when and where they were
written. What fails in the middle leaves an archive without a manifest and without a directory, which nothing opens.
"""

import asyncio
import re
import zipfile
from collections.abc import AsyncIterator, Iterable
from hashlib import sha256
from typing import Final

import msgspec

from monitor.export.bundle.job import BundleFile, Job, Part
from monitor.export.bundle.parts import PARTS
from monitor.export.manifest import INTENDED_USE, signed
from monitor.export.pipe import Pipe, is_large, member

BUNDLE_FORMAT: Final = "infusion-monitor/bundle/1"
MANIFEST: Final = "manifest.json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}(/[A-Za-z0-9][A-Za-z0-9._-]{0,80})?")


class Listed(msgspec.Struct, frozen=True):
    """A file as the manifest names it. `sha256` and `size` (bytes) are of what it holds, not of how it is packed."""

    name: str
    role: str
    sha256: str
    size: int


async def bundle(job: Job, parts: Iterable[Part] = PARTS) -> AsyncIterator[bytes]:
    """Bytes of the archive. Raises ValueError for two files of one name, or a name that could lead out of a folder."""
    pipe, packed_sha256 = Pipe(), sha256()
    listed: list[Listed] = []
    with zipfile.ZipFile(pipe, "w") as archive:
        for part in parts:
            for file in await part(job):
                _check_name(file.name, listed)
                async for packed in _pack(job, archive, pipe, file, listed):
                    packed_sha256.update(packed)
                    yield packed
        rest = pipe.take()
        packed_sha256.update(rest)
        yield rest
        archive.writestr(member(MANIFEST, is_packed=False), _manifest(job, listed, packed_sha256.hexdigest()))
    yield pipe.take()


async def _pack(job: Job, archive: zipfile.ZipFile, pipe: Pipe, file: BundleFile, listed: list[Listed]) -> AsyncIterator[bytes]:
    digest, size = sha256(), 0
    with archive.open(member(file.name), "w", force_zip64=is_large(job.selection)) as packed:
        async for block in file.blocks():
            digest.update(block)
            size += len(block)
            packed.write(block)
            yield pipe.take()
            await asyncio.sleep(0)
    listed.append(Listed(file.name, file.role, digest.hexdigest(), size))


def _check_name(name: str, listed: list[Listed]) -> None:
    if not _NAME.fullmatch(name) or name == MANIFEST or any(name.lower() == other.name.lower() for other in listed):
        raise ValueError(f"{name!r} cannot be the name of a file in a bundle, or is there already")


def _manifest(job: Job, listed: list[Listed], packed_sha256: str) -> bytes:
    """One canonical line. `packed_sha256`: of every byte of the archive before this file, so that no bit of the packing is free."""
    selection = job.selection
    return signed(
        {
            "checkpoint": None if job.checkpoint is None else msgspec.to_builtins(job.checkpoint),
            "complete": selection.is_complete,
            "created_at_ms": job.stamp.exported_at_ms,
            "entries": selection.last_seq,
            "files": [msgspec.to_builtins(file) for file in sorted(listed, key=lambda file: file.name)],
            "format": BUNDLE_FORMAT,
            "head": selection.head,
            "installation": job.stamp.key.key_id,
            "intended_use": INTENDED_USE,
            "packed_sha256": packed_sha256,
            "session": selection.session,
            "software": job.stamp.software,
        },
        job.stamp.key,
    )
