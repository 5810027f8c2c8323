"""Writes an export to a file that has its final name only when it is whole, or to a pipe."""

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from monitor.export.csv import CsvExport
from monitor.export.jsonl import jsonl
from monitor.export.manifest import Stamp
from monitor.export.selection import LogSource, Selection


async def jsonl_to_file(source: LogSource, selection: Selection, stamp: Stamp, path: Path) -> list[Path]:
    """Replaces `path`. Returns what was written."""
    await _write(jsonl(source, selection, stamp), path)
    return [path]


async def csv_to_file(source: LogSource, selection: Selection, stamp: Stamp, path: Path) -> list[Path]:
    """Replaces `path` and `path`.manifest.json. The manifest comes last: between the two the old one refuses the new table."""
    export = CsvExport(source, selection, stamp)
    await _write(export.rows(), path)
    beside = path.with_name(f"{path.name}.manifest.json")
    await _write(_once(export.manifest()), beside)
    return [path, beside]


async def to_pipe(blocks: AsyncIterator[bytes], pipe: BinaryIO) -> None:
    async for block in blocks:
        pipe.write(block)
    pipe.flush()


async def _write(blocks: AsyncIterator[bytes], path: Path) -> None:
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
