"""What is written beside the work: who opened a page, who watches. A screen never waits for it, also where the disk is full or hangs.

Looking after a patient comes first: the page opens and the stream runs, whatever becomes of the row. What looks into the past or takes data
out is not written here but before the answer.
"""

import asyncio
from typing import Final

from monitor.access.log import AccessLog
from monitor.access.ports import AccessKind

MAX_ON_THEIR_WAY: Final = 1_000


class WrittenAside:
    """Rows keep the order in which they came. At MAX_ON_THEIR_WAY further ones are counted in `log.unwritten`."""

    def __init__(self, log: AccessLog) -> None:
        self._log = log
        self._last: asyncio.Task[None] | None = None
        self._on_their_way = 0

    def write(self, kind: AccessKind, who: str, address: str | None, what: str, detail: str) -> None:
        if self._on_their_way >= MAX_ON_THEIR_WAY:
            self._log.unwritten += 1
            return
        self._on_their_way += 1
        self._last = asyncio.create_task(self._write(self._last, kind, who, address, what, detail))

    async def settled(self) -> None:
        if self._last is not None:
            await self._last

    async def _write(
        self, before: asyncio.Task[None] | None, kind: AccessKind, who: str, address: str | None, what: str, detail: str
    ) -> None:
        try:
            if before is not None:
                await before
            await self._log.note(kind, who=who, address=address, what=what, detail=detail)
        finally:
            self._on_their_way -= 1
