"""Many sessions taken out at once: one archive for a person, made in the background, session by session, and fetched when it is ready.

The archive lies in a temporary folder of its own until the person asks for another one, MAX_PEOPLE others have, or the monitor ends.
"""

import asyncio
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from monitor.access.control import AccessControl
from monitor.access.ports import AccessStoreFailed
from monitor.access.roles import Person
from monitor.api.sessions_export import Exporter
from monitor.export.formats import FORMS, Format
from schemas.review import ExportNow

MAX_SESSIONS: Final = 200  # of one archive
MAX_PEOPLE: Final = 8  # whose last archive is kept; the oldest that is over falls out, and where none is over another is refused
MAX_BYTES: Final = 2 << 30  # of one archive; at it the sessions that are left are named as not in it


class CannotStart(Exception):
    """The person's own last one, or as many as there may be, are still being made; says which."""


class _Job:
    def __init__(self, sessions: Sequence[str], form: Format) -> None:
        self.sessions, self.form = tuple(sessions), form
        self.state, self.why = "waiting", ""
        self.done, self.bytes = 0, 0
        self.failed: list[str] = []
        self.folder = Path(tempfile.mkdtemp(prefix="infusion-export-"))
        self.remove = weakref.finalize(self, shutil.rmtree, self.folder)  # called, or by itself when the monitor ends
        self.task: asyncio.Task[None] | None = None

    @property
    def path(self) -> Path:
        return self.folder / "export.zip"

    @property
    def is_over(self) -> bool:
        return self.state in {"ready", "failed"}

    def now(self) -> ExportNow:
        return ExportNow(self.state, self.form.value, self.done, len(self.sessions), self.bytes, tuple(self.failed), self.why)


class ExportJobs:
    """Owned by the event loop. One archive is made at a time, so that a live ward notices no more of many than of one."""

    def __init__(self, exporter: Exporter, access: AccessControl) -> None:
        self._exporter = exporter
        self._access = access
        self._turn = asyncio.Semaphore(1)
        self._of: dict[str, _Job] = {}

    def of(self, person: str) -> ExportNow | None:
        job = self._of.get(person)
        return None if job is None else job.now()

    def file(self, person: str) -> Path | None:
        """The archive, once it is ready."""
        job = self._of.get(person)
        return job.path if job is not None and job.state == "ready" else None

    async def start(self, person: Person, address: str | None, sessions: Sequence[str], form: Format) -> ExportNow:
        """Raises CannotStart."""
        last = self._of.get(person.username)
        if last is not None and not last.is_over:
            raise CannotStart("your last one is still being made")
        over = [name for name, job in self._of.items() if job.is_over]
        if last is None and len(self._of) >= MAX_PEOPLE and not over:
            raise CannotStart(f"{MAX_PEOPLE} others are being made")
        gone = [person.username] if last is not None else over[: max(0, len(self._of) - MAX_PEOPLE + 1)]
        dropped = [self._of.pop(name) for name in gone]
        job = self._of[person.username] = _Job(sessions, form)
        job.task = asyncio.create_task(self._run(job, person, address), name="export of many")
        for each in dropped:
            await asyncio.to_thread(each.remove)
        return job.now()

    async def _run(self, job: _Job, person: Person, address: str | None) -> None:
        try:
            async with self._turn:
                job.state = "writing"
                for session in job.sessions:
                    await self._add(job, session, person, address)
                    job.done += 1
            job.state = "ready" if len(job.failed) < len(job.sessions) else "failed"
        except Exception as error:  # noqa: BLE001 - told to whoever started it
            job.state, job.why = "failed", f"{type(error).__name__}: {error}"

    async def _add(self, job: _Job, session: str, person: Person, address: str | None) -> None:
        """A session that cannot be exported is named, and the others go on. Raises AccessStoreFailed: unlogged nothing goes out."""
        if job.bytes >= MAX_BYTES:
            job.failed.append(f"{session}: not in it, the archive is full at {MAX_BYTES >> 30} GiB. Ask for fewer sessions at a time")
            return
        path = job.folder / f"{session}{FORMS[job.form].suffix}"
        try:
            selection = await self._exporter.open(session)
            await self._access.exporting(person, address, session=session, form=job.form)
            async for size in self._exporter.written(selection, job.form, path):
                job.bytes += size
            await asyncio.to_thread(_put, job.path, path)
        except AccessStoreFailed:
            raise
        except Exception as error:  # noqa: BLE001 - told to whoever started it
            job.failed.append(f"{session}: {type(error).__name__}: {error}")
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)


def _put(archive: Path, file: Path) -> None:
    """Stored as it is: what is exported is packed already, or is to be verified byte by byte."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_STORED) as into:
        into.write(file, file.name)
