"""The columns: every reading of the log with its type, unit and provenance, whatever the size of a row group."""

import io
import json

import pyarrow
import pytest
from pyarrow.parquet import ParquetFile

from monitor.export import parquet as module
from monitor.export.parquet import parquet
from monitor.export.selection import select
from schemas.log import Measured
from schemas.vitals import VITAL_SIGNS, from_milli
from tests.unit.export.played import course, store_of
from tests.unit.export.session_log import FakeStore, Log, short_log, stamp_of


async def written(store: FakeStore) -> ParquetFile:
    data = b"".join([block async for block in parquet(store, await select(store, "S-000001"), stamp_of())])
    return ParquetFile(io.BytesIO(data))


@pytest.mark.parametrize("row_group", [1_000, 100_000])
async def test_every_reading_is_a_row_as_the_log_has_it(monkeypatch: pytest.MonkeyPatch, row_group: int):
    monkeypatch.setattr(module, "ROW_GROUP", row_group)
    store = store_of()
    file = await written(FakeStore(store._logs["S-000001"], chunk=100))
    assert (file.num_row_groups > 3) is (row_group == 1_000)
    rows = file.read().to_pylist()
    expected = [
        (entry.seq, reading.vital, reading.value_milli, reading.validity, reading.reason, entry.at_ms, entry.body)
        for entry in course().entries
        if isinstance(entry.body, Measured)
        for reading in entry.body.readings
    ]
    assert len(rows) == len(expected)
    for row, (seq, vital, milli, validity, reason, at_ms, body) in zip(rows, expected, strict=True):
        assert (row["seq"], row["vital"], row["validity"], row["reason"]) == (seq, vital, validity, reason)
        assert row["value"] == (None if milli is None else from_milli(milli))
        assert row["unit"] == VITAL_SIGNS[vital].unit
        times = [round(row[name].timestamp() * 1000) for name in ("measured_at", "received_at", "at")]
        assert times == [body.measured_at_ms, body.received_at_ms, at_ms]
        assert (row["session"], row["device"], row["mode"]) == ("S-000001", body.device, body.mode)


async def test_the_columns_are_typed_and_say_their_units_and_where_they_come_from():
    schema = (await written(FakeStore(short_log()))).schema_arrow
    assert schema.field("value").type == pyarrow.float64()
    assert schema.field("at").type == pyarrow.timestamp("ms", tz="UTC")
    assert json.loads(schema.field("value").metadata[b"units"])["systolic_bp"] == "mm[Hg]"
    told = {name.decode(): value.decode() for name, value in schema.metadata.items() if name.startswith(b"infusion.")}
    selection = await select(FakeStore(short_log()), "S-000001")
    assert told["infusion.head"] == selection.head
    assert told["infusion.session"] == "S-000001"
    assert json.loads(told["infusion.modes"]) == ["simulated"]
    assert "not for primary monitoring" in told["infusion.intended_use"]


async def test_a_value_that_the_device_did_not_have_is_null():
    rows = (await written(FakeStore(short_log()))).read().to_pylist()
    assert {row["value"] for row in rows if row["vital"] == "respiratory_rate"} == {None}
    assert None not in {row["value"] for row in rows if row["vital"] == "spo2"}


async def test_a_session_without_readings_is_an_empty_table():
    log = Log()
    log.create()
    assert (await written(FakeStore(log))).read().num_rows == 0
