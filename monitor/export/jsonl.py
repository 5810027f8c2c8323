"""The record as a file: header, every entry's canonical bytes, the seals between them, and a signed manifest. One JSON object a line.

Streamed: memory is a chunk of entries and a page of seals, whatever the length of the log. What the store gives is written as it is;
whether the chain holds is for `verify` to say.
"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Final

from monitor.export.manifest import Stamp, Tally, Unsealed, header_of, jsonl_manifest
from monitor.export.selection import LogSource, Selection, seals_of
from schemas.log import Entry, Seal, canonical

SLICE: Final = 250  # entries made into bytes before other tasks of the loop get their turn: about 2 ms
MAX_CHECKS: Final = 100_000  # entries under one seal; above it the line carries no checks, so that no line outgrows a reader


async def jsonl(source: LogSource, selection: Selection, stamp: Stamp) -> AsyncIterator[bytes]:
    """Bytes of whole lines, some 100 KB at a time. Whatever `source` raises ends the file without a manifest, which no verifier accepts."""
    writer = _Writer(selection, stamp)
    seals = seals_of(source, selection.session, selection.sealed_seq)
    seal = await anext(seals, None)
    yield writer.begin()
    async for chunk in source.entries(selection.session, until_seq=selection.last_seq):
        for start in range(0, len(chunk), SLICE):
            part, lines = chunk[start : start + SLICE], list[bytes]()
            for entry in part:
                while seal is not None and seal.last_seq < entry.seq:
                    lines.append(writer.seal(seal))
                    seal = await anext(seals, None)
                lines.append(writer.entry(entry))
            yield writer.take(part, lines)
            await asyncio.sleep(0)
    while seal is not None:
        yield writer.take([], [writer.seal(seal)])
        seal = await anext(seals, None)
    yield writer.end()


class _Writer:
    def __init__(self, selection: Selection, stamp: Stamp) -> None:
        self._header = header_of(selection, stamp)
        self._key = stamp.key
        self._tally = Tally(selection)
        self._checks: list[str] = []
        self._hash = sha256()

    def begin(self) -> bytes:
        return self._counted(canonical(self._header) + b"\n")

    def entry(self, entry: Entry) -> bytes:
        text = canonical(entry)
        self._checks.append(sha256(text).hexdigest()[:8])
        return b'{"entry":%b,"type":"entry"}\n' % text

    def seal(self, seal: Seal) -> bytes:
        line = b'{"checks":"%b","seal":%b,"type":"seal"}\n' % (self._checks_text().encode(), canonical(seal))
        self._checks.clear()
        return line

    def take(self, entries: list[Entry], lines: list[bytes]) -> bytes:
        """The next bytes of the file: `lines`, in which `entries` stand."""
        self._tally.add(entries)
        return self._counted(b"".join(lines))

    def end(self) -> bytes:
        unsealed = Unsealed(checks=self._checks_text(), entries=len(self._checks))
        return jsonl_manifest(self._header, self._tally.contents(), unsealed, self._hash.hexdigest(), self._key)

    def _checks_text(self) -> str:
        return "".join(self._checks) if len(self._checks) <= MAX_CHECKS else ""

    def _counted(self, block: bytes) -> bytes:
        self._hash.update(block)
        return block
