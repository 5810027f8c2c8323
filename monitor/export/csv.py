"""A table for spreadsheets: one row a reading, one row an event, RFC 4180, UTF-8, CRLF. A view; the record is the JSONL export.

Text columns are always quoted, and a cell that a spreadsheet could take for a formula gets a `'` in front. Numeric columns (`seq`,
`value`) are never quoted and never changed. There are no comment lines: what a reader must know is in the `mode` column and in the
manifest beside the file.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import lru_cache
from hashlib import sha256
from typing import Final

from monitor.export.event_cells import event_cells
from monitor.export.jsonl import SLICE
from monitor.export.manifest import Stamp, Tally, csv_manifest, header_of
from monitor.export.selection import LogSource, Selection, mode_of
from monitor.sessions.journal import describe
from schemas.instant import format_ms
from schemas.log import Entry, Measured
from schemas.vitals import VITAL_SIGNS, format_milli

COLUMNS: Final = (
    "session",
    "seq",
    "kind",
    "device",
    "mode",
    "vital",
    "value",
    "unit",
    "validity",
    "reason",
    "measured_at",
    "received_at",
    "at",
    "text",
)
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # ASCII, and the full-width forms some spreadsheets fold to them
_UNITS: Final = {vital: sign.unit.value for vital, sign in VITAL_SIGNS.items()}


def text_cell(text: str) -> str:
    """A quoted cell that no spreadsheet runs as a formula. NUL, which many readers take for the end, becomes U+2400."""
    guarded = "'" + text if text.startswith(_FORMULA_STARTS) else text
    return '"' + guarded.replace('"', '""').replace("\0", "\u2400") + '"'


class CsvExport:
    """One CSV file and its manifest. Iterate `rows()` to its end, then ask for `manifest()`."""

    def __init__(self, source: LogSource, selection: Selection, stamp: Stamp) -> None:
        self._source = source
        self._selection = selection
        self._stamp = stamp
        self._session = text_cell(selection.session)
        self._mode = text_cell(mode_of(selection.modes))
        self._tally = Tally(selection)
        self._hash = sha256()
        self._rows = 0
        self._size_bytes = 0
        self._is_written = False

    async def rows(self) -> AsyncIterator[bytes]:
        """Bytes of whole rows, the names of the columns first."""
        yield self._counted([",".join(COLUMNS)])
        self._rows = 0
        async for chunk in self._source.entries(self._selection.session, until_seq=self._selection.last_seq):
            for start in range(0, len(chunk), SLICE):
                yield self._add(chunk[start : start + SLICE])
                await asyncio.sleep(0)
        self._is_written = True

    def manifest(self) -> bytes:
        """Raises RuntimeError before the last row was written."""
        if not self._is_written:
            raise RuntimeError("a CSV manifest can be made only after the last row")
        header = header_of(self._selection, self._stamp)
        digest, key = self._hash.hexdigest(), self._stamp.key
        return csv_manifest(header, self._tally.contents(), rows=self._rows, size_bytes=self._size_bytes, sha256=digest, key=key)

    def _add(self, entries: list[Entry]) -> bytes:
        rows: list[str] = []
        for entry in entries:
            if isinstance(entry.body, Measured):
                self._readings(entry, entry.body, rows)
            else:
                rows.append(self._event(entry))
        self._tally.add(entries)
        return self._counted(rows)

    def _readings(self, entry: Entry, body: Measured, rows: list[str]) -> None:
        before = f'{self._session},{entry.seq},"measurement",{text_cell(body.device)},"{body.mode.value}","'
        times = f'"{_time(body.measured_at_ms)}","{_time(body.received_at_ms)}","{_time(entry.at_ms)}",""'
        for reading in body.readings:
            milli = reading.value_milli
            value = "" if milli is None else format_milli(milli)
            unit = _UNITS[reading.vital]
            rows.append(f'{before}{reading.vital.value}",{value},"{unit}","{reading.validity.value}","{reading.reason.value}",{times}')

    def _event(self, entry: Entry) -> str:
        kind = entry.body.__struct_config__.tag
        cells = event_cells(entry.body)
        mode = text_cell(cells.mode) if cells.mode else self._mode
        where = f'{self._session},{entry.seq},"{kind}",{text_cell(cells.device)},{mode},"{cells.vital}"'
        return f'{where},{cells.value},"{cells.unit}","","{cells.reason}","","","{_time(entry.at_ms)}",{text_cell(describe(entry.body))}'

    def _counted(self, rows: list[str]) -> bytes:
        rows.append("")
        block = "\r\n".join(rows).encode()
        self._rows += len(rows) - 1
        self._size_bytes += len(block)
        self._hash.update(block)
        return block


def _time(at_ms: int) -> str:
    """As `format_ms`, the second kept: neighbours share it."""
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{_second(seconds)}{milliseconds:03d}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return format_ms(seconds * 1000)[:-4]
