"""The record as a file: header, every entry's canonical bytes, the seals between them, and a signed manifest. One JSON object a line.

Streamed: memory is one slice of entries and the seals, whatever the length of the log. What the store gives is written as it is; whether
the chain holds is for `verify` to say.
"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Final

from monitor.export.manifest import Stamp, Tally, Unsealed, header_of, jsonl_manifest
from monitor.export.selection import LogSource, Selection
from schemas.log import Entry, canonical

SLICE: Final = 250  # entries made into bytes before other tasks of the loop get their turn: about 2 ms
MAX_CHECKS: Final = 100_000  # entries under one seal; above it the line carries no checks, so that no line outgrows a reader


async def jsonl(source: LogSource, selection: Selection, stamp: Stamp) -> AsyncIterator[bytes]:
    """Bytes of whole lines, some 100 KB at a time. Whatever `source` raises ends the file without a manifest, which no verifier accepts."""
    writer = _Writer(selection, stamp)
    yield writer.begin()
    async for chunk in source.entries(selection.session, until_seq=selection.last_seq):
        for start in range(0, len(chunk), SLICE):
            yield writer.add(chunk[start : start + SLICE])
            await asyncio.sleep(0)
    yield writer.end()


class _Writer:
    def __init__(self, selection: Selection, stamp: Stamp) -> None:
        self._header = header_of(selection, stamp)
        self._key = stamp.key
        self._tally = Tally(selection)
        self._seals = list(reversed(selection.seals))  # the next one last
        self._checks: list[str] = []
        self._hash = sha256()

    def begin(self) -> bytes:
        return self._counted(canonical(self._header) + b"\n")

    def add(self, entries: list[Entry]) -> bytes:
        lines: list[bytes] = []
        checks = self._checks
        sealed_seq = self._seals[-1].last_seq if self._seals else None
        for entry in entries:
            while sealed_seq is not None and sealed_seq < entry.seq:
                sealed_seq = self._seal(lines)
            text = canonical(entry)
            checks.append(sha256(text).hexdigest()[:8])
            lines.append(b'{"entry":%b,"type":"entry"}\n' % text)
        self._tally.add(entries)
        return self._counted(b"".join(lines))

    def end(self) -> bytes:
        lines: list[bytes] = []
        while self._seals:
            self._seal(lines)
        rest = self._counted(b"".join(lines))
        unsealed = Unsealed(checks=self._checks_text(), entries=len(self._checks))
        return rest + jsonl_manifest(self._header, self._tally.contents(), unsealed, self._hash.hexdigest(), self._key)

    def _seal(self, lines: list[bytes]) -> int | None:
        """Write the seal that is due; the last `seq` of the one after it."""
        text = canonical(self._seals.pop())
        lines.append(b'{"checks":"%b","seal":%b,"type":"seal"}\n' % (self._checks_text().encode(), text))
        self._checks.clear()
        return self._seals[-1].last_seq if self._seals else None

    def _checks_text(self) -> str:
        return "".join(self._checks) if len(self._checks) <= MAX_CHECKS else ""

    def _counted(self, block: bytes) -> bytes:
        self._hash.update(block)
        return block
