"""All readings as a Parquet file, for programs that work on columns: one row a reading, typed, in row groups. A view; events are not in it.

Streamed: memory is one row group. Values are doubles in the unit of their row; times are milliseconds of UTC. What a reader must know of
where it comes from stands in the schema's metadata (`infusion.*`), the units of `value` also in that column's own.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Final

from monitor.export.manifest import Stamp, header_of
from monitor.export.pipe import Pipe
from monitor.export.selection import LogSource, Selection
from schemas.log import Entry, Measured
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.vitals import VITAL_SIGNS, Vital, from_milli

if TYPE_CHECKING:
    import pyarrow

ROW_GROUP: Final = 100_000  # readings held until they are written: some 20 MB
PARQUET_IS_A_VIEW: Final = "a view for reading; the record is the JSONL export of the session, under the head digest named here"
# Columns of few different values; a dictionary of times or of `seq` only grows, and made the file three times as large.
_WORDS: Final = ["session", "device", "mode", "vital", "value", "unit", "validity", "reason"]
_VITALS: Final = {vital: number for number, vital in enumerate(Vital)}
_MODES: Final = {mode: number for number, mode in enumerate(Mode)}
_VALIDITIES: Final = {validity: number for number, validity in enumerate(Validity)}
_REASONS: Final = {reason: number for number, reason in enumerate(Reason)}


async def parquet(source: LogSource, selection: Selection, stamp: Stamp) -> AsyncIterator[bytes]:
    """Bytes of the file. Whatever `source` raises ends it without its footer, which no reader opens."""
    from pyarrow.parquet import ParquetWriter  # loading it takes 100 MB and a moment: only who asks for this pays

    columns, pipe = _Columns(selection.session), Pipe()
    schema = _schema(selection, stamp)
    writer = await asyncio.to_thread(ParquetWriter, pipe, schema, compression="zstd", use_dictionary=_WORDS)
    try:
        async for chunk in source.entries(selection.session, until_seq=selection.last_seq):
            columns.add(chunk)
            if columns.rows >= ROW_GROUP:
                await asyncio.to_thread(lambda: writer.write_table(columns.take(schema)))
                yield pipe.take()
            await asyncio.sleep(0)
        if columns.rows:
            await asyncio.to_thread(lambda: writer.write_table(columns.take(schema)))
    finally:
        writer.close()
    yield pipe.take()


def _schema(selection: Selection, stamp: Stamp) -> "pyarrow.Schema":
    import pyarrow as pa

    word = pa.dictionary(pa.int8(), pa.string())
    units = {vital.value: row.unit.value for vital, row in VITAL_SIGNS.items()}
    time = pa.timestamp("ms", tz="UTC")
    about = {"record": PARQUET_IS_A_VIEW, "entries": selection.last_seq, "head": selection.head, "is_complete": selection.is_complete}
    header = header_of(selection, stamp)
    told = {name: getattr(header, name) for name in header.__struct_fields__} | about
    return pa.schema(
        [
            pa.field("session", pa.dictionary(pa.int8(), pa.string()), nullable=False),
            pa.field("seq", pa.int64(), nullable=False),
            pa.field("device", pa.dictionary(pa.int16(), pa.string()), nullable=False),
            pa.field("mode", word, nullable=False),
            pa.field("vital", word, nullable=False),
            pa.field("value", pa.float64(), metadata={"units": json.dumps(units)}),
            pa.field("unit", word, nullable=False),
            pa.field("validity", word, nullable=False),
            pa.field("reason", word, nullable=False),
            pa.field("measured_at", time, nullable=False),
            pa.field("received_at", time, nullable=False),
            pa.field("at", time, nullable=False),
        ],
        metadata={f"infusion.{name}": value if isinstance(value, str) else json.dumps(value) for name, value in told.items()},
    )


class _Columns:
    """The readings that are not written yet. A reading is a number here: the same few come again and again, and what each says is told
    once for all its rows."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._devices: dict[str, int] = {}
        self._empty()

    def _empty(self) -> None:
        self.rows = 0
        self._measurements: tuple[list[int], ...] = ([], [], [], [], [], [])  # seq, device, mode, three times
        self._first_rows: list[int] = []  # of each measurement
        self._readings: list[int] = []  # of each row
        self._known: list[Reading] = []  # by its number; held, so that its identity stays its own
        self._numbers: dict[int, int] = {}  # by identity: a store gives the same readings for the same values

    def add(self, entries: list[Entry]) -> None:
        measured = [(entry, entry.body) for entry in entries if type(entry.body) is Measured]
        seqs, devices, modes, measured_ats, received_ats, ats = self._measurements
        seqs += [entry.seq for entry, _ in measured]
        devices += [self._devices.setdefault(body.device, len(self._devices)) for _, body in measured]
        modes += [_MODES[body.mode] for _, body in measured]
        measured_ats += [body.measured_at_ms for _, body in measured]
        received_ats += [body.received_at_ms for _, body in measured]
        ats += [entry.at_ms for entry, _ in measured]
        readings, first_rows, number = self._readings, self._first_rows, self._numbers.get
        for _, body in measured:
            first_rows.append(len(readings))
            for reading in body.readings:
                known = number(id(reading))
                readings.append(self._number(reading) if known is None else known)
        self.rows = len(readings)

    def _number(self, reading: Reading) -> int:
        self._numbers[id(reading)] = number = len(self._known)
        self._known.append(reading)
        return number

    def take(self, schema: "pyarrow.Schema") -> "pyarrow.Table":
        import pyarrow as pa
        from pyarrow.compute import list_parent_indices

        of_rows = pa.array(self._readings, pa.int32())
        offsets = pa.array([*self._first_rows, self.rows], pa.int32())
        of_measurements = list_parent_indices(pa.ListArray.from_arrays(offsets, of_rows))
        seq, device, mode, *times = (pa.array(column, pa.int64()).take(of_measurements) for column in self._measurements)

        def word(numbers: "pyarrow.Array", words: Iterable[str]) -> "pyarrow.Array":
            return pa.DictionaryArray.from_arrays(numbers, list(words))

        def told(numbers: list[int]) -> "pyarrow.Array":
            return pa.array(numbers, pa.int8()).take(of_rows)

        known = self._known
        vital = told([_VITALS[reading.vital] for reading in known])
        values = [None if reading.value_milli is None else from_milli(reading.value_milli) for reading in known]
        columns = [
            word(pa.repeat(pa.scalar(0, pa.int8()), self.rows), [self._session]),
            seq,
            word(device.cast(pa.int16()), self._devices),
            word(mode.cast(pa.int8()), _MODES),
            word(vital, _VITALS),
            pa.array(values, pa.float64()).take(of_rows),
            word(vital, [VITAL_SIGNS[vital].unit for vital in _VITALS]),
            word(told([_VALIDITIES[reading.validity] for reading in known]), _VALIDITIES),
            word(told([_REASONS[reading.reason] for reading in known]), _REASONS),
            *(column.cast(schema.field("at").type) for column in times),
        ]
        self._empty()
        return pa.Table.from_arrays(columns, schema=schema)
