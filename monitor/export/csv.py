"""A table for spreadsheets: one row a reading, one row an event, RFC 4180, UTF-8, CRLF. A view; the record is the JSONL export.

Text columns are always quoted, and a cell that a spreadsheet could take for a formula gets a `'` in front. Numeric columns (`seq`,
`value`) are never quoted and never changed. There are no comment lines: what a reader must know is in the `mode` column and in the
manifest beside the file.
"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Final

from monitor.export.cells import END, text_cell, time_text
from monitor.export.event_cells import event_cells
from monitor.export.jsonl import SLICE
from monitor.export.manifest import Stamp, Tally, csv_manifest, header_of
from monitor.export.selection import LogSource, Selection, mode_of
from monitor.sessions.journal import describe
from schemas.log import Entry, Measured
from schemas.measurement import Mode, Reading
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
MAX_KNOWN: Final = 20_000  # cells of readings that are kept: some 5 MB; at the bound all are forgotten
_MODE: Final = {mode: f'"{mode.value}",' for mode in Mode}
_UNITS: Final = {vital: sign.unit.value for vital, sign in VITAL_SIGNS.items()}


class CsvExport:
    """One CSV file and its manifest. Iterate `rows()` to its end, then ask for `manifest()`."""

    def __init__(self, source: LogSource, selection: Selection, stamp: Stamp) -> None:
        self._source = source
        self._selection = selection
        self._stamp = stamp
        self._session = text_cell(selection.session)
        self._mode = text_cell(mode_of(selection.modes))
        self._devices: dict[str, str] = {}
        self._cells: dict[int, str] = {}
        self._kept: list[Reading] = []
        self._tally = Tally(selection)
        self._hash = sha256()
        self._rows = 0
        self._size_bytes = 0
        self._is_written = False

    async def rows(self) -> AsyncIterator[bytes]:
        """Bytes of whole rows, the names of the columns first."""
        yield self._counted([",".join(COLUMNS), END])
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
        parts: list[str] = []
        session, devices, known = self._session, self._devices, self._cells.get
        for entry in entries:
            body = entry.body
            if type(body) is not Measured:
                parts.append(self._event(entry))
                self._rows += 1
                continue
            device = devices.get(body.device) or self._device(body.device)
            before = f'{session},{entry.seq},"measurement",{device}{_MODE[body.mode]}'
            times = f'"{time_text(body.measured_at_ms)}","{time_text(body.received_at_ms)}","{time_text(entry.at_ms)}",""{END}'
            for reading in body.readings:
                parts += before, known(id(reading)) or self._cells_of(reading), times
            self._rows += len(body.readings)
        self._tally.add(entries)
        return self._counted(parts)

    def _cells_of(self, reading: Reading) -> str:
        """What a row says of a reading alone. Kept by the identity of the reading, which is held on to: a store gives the same one for the
        same values."""
        if len(self._cells) >= MAX_KNOWN:
            self._cells.clear()
            self._kept.clear()
        value = "" if reading.value_milli is None else format_milli(reading.value_milli)
        self._kept.append(reading)
        self._cells[id(reading)] = cells = (
            f'"{reading.vital.value}",{value},"{_UNITS[reading.vital]}","{reading.validity.value}","{reading.reason.value}",'
        )
        return cells

    def _device(self, device: str) -> str:
        """Its cell. As many are kept as devices were bound."""
        self._devices[device] = cell = text_cell(device) + ","
        return cell

    def _event(self, entry: Entry) -> str:
        kind = entry.body.__struct_config__.tag
        cells = event_cells(entry.body)
        mode = text_cell(cells.mode) if cells.mode else self._mode
        at, text = time_text(entry.at_ms), text_cell(describe(entry.body))
        where = f'{self._session},{entry.seq},"{kind}",{text_cell(cells.device)},{mode},"{cells.vital}"'
        return f'{where},{cells.value},{text_cell(cells.unit)},"","{cells.reason}","","","{at}",{text}{END}'

    def _counted(self, parts: list[str]) -> bytes:
        block = "".join(parts).encode()
        self._size_bytes += len(block)
        self._hash.update(block)
        return block
