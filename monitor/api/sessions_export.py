"""A session's record as a file. Streamed: memory does not grow with the log; the access log knows of it before the first byte goes out.

What fails after the first byte ends the connection in the middle: a JSONL file then has no manifest, which no verifier accepts.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

import monitor.export.pdf.rems  # noqa: F401 - at the start: loading what paints in the first export would hold up what comes in
from monitor.access.control import AccessControl
from monitor.access.ports import AccessStore
from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.rest_refusals import on_record, require
from monitor.clock import Clock
from monitor.export.bundle.job import Job
from monitor.export.checkpoints import Checkpoints
from monitor.export.deidentified import MARK, salt_of
from monitor.export.formats import FORMS, Format
from monitor.export.manifest import Stamp
from monitor.export.selection import Selection, select
from monitor.sessions.registry import Registry
from monitor.store.ports import MAX_ASIDE_ROWS, Store

MAX_EXPORTS: Final = 4  # written at a time; the others wait for their turn


class Exporter:
    """`software`: the version that stands in the manifest. `zone`: the site's, for what is printed."""

    def __init__(
        self,
        registry: Registry,
        store: Store,
        clock: Clock,
        checkpoints: Checkpoints,
        accesses: AccessStore,
        *,
        software: str,
        zone: str,
    ) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._checkpoints = checkpoints
        self._accesses = accesses
        self._software = software
        self._zone = zone
        self._turns = asyncio.Semaphore(MAX_EXPORTS)

    @property
    def public_key(self) -> bytes:
        """Of the key that signs now: 32 bytes."""
        return self._checkpoints.keyring.key.public

    async def open(self, session_id: str) -> Selection:
        """What was taken before this call is in it. Raises SessionUnknown, Problem (503)."""
        await on_record(self._registry.settled())
        return await select(self._store, session_id)

    def job(self, selection: Selection, *, is_deidentified: bool = False) -> Job:
        """Raises NotSalted."""
        keyring = self._checkpoints.keyring
        stamp = Stamp(keyring.key, self._software, self._clock.now_ms(), keyring.installation)
        return Job(
            self._store,
            selection,
            stamp,
            refused=lambda: self._store.aside(MAX_ASIDE_ROWS),
            access=self._accesses,
            zone=self._zone,
            is_deidentified=is_deidentified,
        )

    async def file(self, selection: Selection, form: Format, *, is_deidentified: bool = False) -> AsyncIterator[bytes]:
        async with self._turns:
            job = self.job(selection, is_deidentified=is_deidentified)
            if form is Format.BUNDLE:
                await self._checkpoints.prove(job)
            async for chunk in FORMS[form].blocks(job):
                yield chunk

    async def written(self, selection: Selection, form: Format, path: Path) -> AsyncIterator[int]:
        """The same into a file at `path`: how many bytes each piece has, once it is there."""
        with await asyncio.to_thread(path.open, "wb") as file:
            async for chunk in self.file(selection, form):
                yield await asyncio.to_thread(file.write, chunk)


def routes(exporter: Exporter, access: AccessControl) -> APIRouter:
    router = APIRouter(tags=["export"])

    @router.get(
        "/sessions/{session_id}/export",
        response_class=StreamingResponse,
        summary="The record as JSONL; a bundle of everything; or a view: csv, csv_zip (with its manifest), parquet, fhir, pdf, rems",
    )
    async def export(
        request: Request,
        person: PersonHere,
        session_id: str,
        format: Format = Format.JSONL,  # noqa: A002 - the name in the address
        *,
        deidentified: bool = False,
    ) -> Response:
        """`deidentified`: commitments stand for names, texts and the patient, under the same seals."""
        require(person, Role.CLINICIAN, Role.AUDITOR)
        selection = await exporter.open(session_id)
        address = None if request.client is None else request.client.host
        if deidentified:
            salt_of(selection)  # raises NotSalted while it can still be said
        await access.exporting(person, address, session=session_id, form=f"{format} de-identified" if deidentified else format)
        form = FORMS[format]
        headers = {"Content-Disposition": f'attachment; filename="{selection.session}{MARK if deidentified else ""}{form.suffix}"'}
        blocks = exporter.file(selection, format, is_deidentified=deidentified)
        return StreamingResponse(blocks, headers=headers, media_type=form.media_type)

    return router
