"""Writes an export to a file that has its final name only when it is whole, or to a pipe."""

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from monitor.export.bundle.job import Job
from monitor.export.csv import CsvExport
from monitor.export.formats import FORMS, Format


async def form_to_file(job: Job, form: Format, path: Path) -> list[Path]:
    """Replaces `path`; a table gets its manifest beside it. Returns what was written."""
    if form is Format.CSV:
        return await _csv_to_file(job, path)
    await blocks_to_file(FORMS[form].blocks(job), path)
    return [path]


async def _csv_to_file(job: Job, path: Path) -> list[Path]:
    """Replaces `path` and `path`.manifest.json. The manifest comes last: between the two the old one refuses the new table."""
    export = CsvExport(job.source, job.selection, job.stamp)
    await blocks_to_file(export.rows(), path)
    beside = path.with_name(f"{path.name}.manifest.json")
    await blocks_to_file(_once(export.manifest()), beside)
    return [path, beside]


async def to_pipe(blocks: AsyncIterator[bytes], pipe: BinaryIO) -> None:
    async for block in blocks:
        pipe.write(block)
    pipe.flush()


async def blocks_to_file(blocks: AsyncIterator[bytes], path: Path) -> None:
    """To a draft beside `path`, which takes its name after the bytes are on disk. A failure leaves no draft and the old file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            await to_pipe(blocks, file)
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


async def _once(block: bytes) -> AsyncIterator[bytes]:
    yield block
