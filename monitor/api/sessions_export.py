"""A session's record as a file. Streamed: memory does not grow with the log; the access log knows of it before the first byte goes out.

What fails after the first byte ends the connection in the middle: a JSONL file then has no manifest, which no verifier accepts.
"""

import asyncio
import zipfile
from collections.abc import AsyncIterator
from io import RawIOBase
from typing import Final, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from monitor.access.control import AccessControl
from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.rest_refusals import on_record, require
from monitor.clock import Clock
from monitor.export.csv import CsvExport
from monitor.export.jsonl import jsonl
from monitor.export.manifest import Stamp
from monitor.export.selection import Selection, select
from monitor.export.signing import InstallationKey
from monitor.sessions.registry import Registry
from monitor.store.ports import Store

MAX_EXPORTS: Final = 4  # written at a time; the others wait for their turn
Form = Literal["jsonl", "csv", "csv_zip"]
_FILES: Final = {
    "jsonl": ("{}.jsonl", "application/jsonl"),
    "csv": ("{}.csv", "text/csv; charset=utf-8"),
    "csv_zip": ("{}.zip", "application/zip"),
}


class Exporter:
    """`software`: the version that stands in the manifest."""

    def __init__(self, registry: Registry, store: Store, clock: Clock, key: InstallationKey, software: str) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._key = key
        self._software = software
        self._turns = asyncio.Semaphore(MAX_EXPORTS)

    async def open(self, session_id: str) -> Selection:
        """What was taken before this call is in it. Raises SessionUnknown, Problem (503)."""
        await on_record(self._registry.settled())
        return await select(self._store, session_id)

    async def file(self, selection: Selection, form: Form) -> AsyncIterator[bytes]:
        stamp = Stamp(key=self._key, software=self._software, exported_at_ms=self._clock.now_ms())
        async with self._turns:
            if form == "jsonl":
                chunks = jsonl(self._store, selection, stamp)
            elif form == "csv":
                chunks = CsvExport(self._store, selection, stamp).rows()
            else:
                chunks = _zipped(CsvExport(self._store, selection, stamp), selection.session)
            async for chunk in chunks:
                yield chunk


def routes(exporter: Exporter, access: AccessControl) -> APIRouter:
    router = APIRouter(tags=["export"])

    @router.get(
        "/sessions/{session_id}/export",
        response_class=StreamingResponse,
        summary="The record as JSONL; or a table: csv, or csv_zip with its manifest beside it",
    )
    async def export(request: Request, person: PersonHere, session_id: str, format: Form = "jsonl") -> Response:  # noqa: A002 - the name in the address
        require(person, Role.CLINICIAN, Role.AUDITOR)
        selection = await exporter.open(session_id)
        address = None if request.client is None else request.client.host
        await access.exporting(person, address, session=session_id, form=format)
        name, media_type = _FILES[format]
        headers = {"Content-Disposition": f'attachment; filename="{name.format(selection.session)}"'}
        return StreamingResponse(exporter.file(selection, format), headers=headers, media_type=media_type)

    return router


class _Pipe(RawIOBase):
    """Takes what zipfile writes until it is asked for; it cannot seek, so zipfile writes sizes after each file."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        block = bytes(data)  # type: ignore[call-overload]  # any buffer, as RawIOBase says
        self._written += block
        return len(block)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


async def _zipped(export: CsvExport, session: str) -> AsyncIterator[bytes]:
    """The CSV file and its manifest in one archive, compressed on the way."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(f"{session}.csv", "w", force_zip64=True) as rows:
            async for chunk in export.rows():
                rows.write(chunk)
                yield pipe.take()
                await asyncio.sleep(0)
        archive.writestr(f"{session}.csv.manifest.json", export.manifest())
    yield pipe.take()
