"""The table: what a row holds, and that no cell is run by a spreadsheet."""

import csv
import io
import json
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.export.cells import text_cell
from monitor.export.csv import COLUMNS, CsvExport
from monitor.export.selection import select
from schemas.instant import format_ms, parse_ms
from schemas.log import DeviceBound, Measured, NoteAdded
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.vitals import Vital
from tests.unit.export.session_log import START_MS, FakeStore, Log, export_csv, export_jsonl, short_log, stamp_of

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode(), newline=""), strict=True))


async def test_the_first_line_is_the_names_of_the_columns():
    table, _ = await export_csv(FakeStore(short_log()))
    assert table.startswith(",".join(COLUMNS).encode() + b"\r\n")
    assert COLUMNS == (
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


async def test_there_is_one_row_a_reading_and_one_an_event():
    log = short_log()
    rows = rows_of((await export_csv(FakeStore(log)))[0])
    expected = [entry.seq for entry in log.entries for _ in (entry.body.readings if isinstance(entry.body, Measured) else (0,))]
    assert [int(row["seq"]) for row in rows] == expected
    assert {row["session"] for row in rows} == {"S-000001"}


async def test_a_reading_has_its_value_unit_validity_and_three_times():
    log = short_log()
    rows = [row for row in rows_of((await export_csv(FakeStore(log)))[0]) if row["seq"] == "3"]
    body = log.entries[2].body
    assert isinstance(body, Measured)
    assert rows[1] == {
        "session": "S-000001",
        "seq": "3",
        "kind": "measurement",
        "device": "sim-room-1",
        "mode": "simulated",
        "vital": "spo2",
        "value": "97.5",
        "unit": "%",
        "validity": "valid",
        "reason": "none",
        "measured_at": format_ms(body.measured_at_ms),
        "received_at": format_ms(body.received_at_ms),
        "at": format_ms(log.entries[2].at_ms),
        "text": "",
    }
    assert (rows[2]["value"], rows[2]["validity"], rows[2]["reason"]) == ("", "invalid", "not_measured")


async def test_every_row_of_a_session_with_simulated_data_is_marked():
    rows = rows_of((await export_csv(FakeStore(short_log())))[0])
    assert {row["mode"] for row in rows} == {"simulated"}


async def test_a_real_device_in_a_mixed_session_keeps_its_own_mode():
    log = Log()
    log.create()
    log.bind("monitor-7", Mode.REAL)
    log.bind("player", Mode.REPLAYED)
    log.measure(mode=Mode.REAL, device="monitor-7", seal=True)
    rows = rows_of((await export_csv(FakeStore(log)))[0])
    assert [(row["kind"], row["mode"]) for row in rows[:4]] == [
        ("session_created", "replayed"),
        ("device_bound", "real"),
        ("device_bound", "replayed"),
        ("measurement", "real"),
    ]


async def test_doses_are_numbers_with_a_unit():
    rows = {row["kind"]: row for row in rows_of((await export_csv(FakeStore(short_log())))[0])}
    assert (rows["rate_set"]["value"], rows["rate_set"]["unit"]) == ("0.937", "mg/min")
    assert (rows["bolus_given"]["value"], rows["bolus_given"]["unit"]) == ("5.25", "mg")


async def test_times_are_utc_to_the_millisecond():
    log = short_log()
    for row in rows_of((await export_csv(FakeStore(log)))[0]):
        assert parse_ms(row["at"]) == log.entries[int(row["seq"]) - 1].at_ms
        assert row["at"].endswith("Z")


async def test_a_negative_value_stays_a_number():
    log = Log()
    log.create()
    log.bind()
    reading = Reading(reason=Reason.OUT_OF_RANGE, validity=Validity.INVALID, value_milli=-1_500, vital=Vital.ETCO2)
    log.say(Measured(counter=1, device="d", measured_at_ms=START_MS, mode=Mode.SIMULATED, readings=(reading,), received_at_ms=START_MS))
    table, _ = await export_csv(FakeStore(log))
    assert b',"etco2",-1.5,"mm[Hg]",' in table
    assert Decimal(rows_of(table)[-1]["value"]) == Decimal("-1.5")


@pytest.mark.parametrize("start", FORMULA_STARTS)
@pytest.mark.parametrize("rest", ["", 'HYPERLINK("http://x","y")', "1+1", "cmd|' /C calc'!A0"])
async def test_no_text_begins_like_a_formula(start: str, rest: str):
    log = Log()
    log.create()
    log.say(NoteAdded(by=start + rest, text=start + rest))
    log.say(DeviceBound(by="anna", device=start + rest, mode=Mode.SIMULATED, source="s"))
    rows = rows_of((await export_csv(FakeStore(log)))[0])
    assert rows[1]["text"] == f"'{start}{rest}: {start}{rest}"
    assert rows[2]["device"] == f"'{start}{rest}"
    for row in rows:
        for name, cell in row.items():
            assert name == "value" or not cell.startswith(FORMULA_STARTS)


@given(text=st.text() | st.builds("".join, st.lists(st.sampled_from([*FORMULA_STARTS, '"', ",", "'", ";", "\0", "1", " "]))))
@example(text='"')
@example(text="\r\n")
def test_a_text_cell_is_read_back_as_it_was_but_for_the_guard(text: str):
    (row,) = csv.reader(io.StringIO(text_cell(text) + ',1,"x"\r\n', newline=""), strict=True)
    assert row[1:] == ["1", "x"]
    assert not row[0].startswith(FORMULA_STARTS)
    assert row[0] in {guard + text.replace("\0", "\u2400") for guard in ("", "'")}


async def test_the_manifest_beside_it_names_the_record():
    log = short_log()
    table, beside = await export_csv(FakeStore(log))
    manifest = json.loads(beside)
    record = json.loads((await export_jsonl(FakeStore(log))).splitlines()[-1])
    assert manifest["sha256"] == sha256(table).hexdigest()
    assert manifest["size_bytes"] == len(table)
    assert manifest["rows"] == len(rows_of(table))
    assert "the record is the JSONL export" in manifest["record"]
    for name in ("head", "counts", "entries", "modes", "complete", "limits_sha256", "intended_use", "public_key", "seals"):
        assert manifest[name] == record[name]


async def test_there_is_no_manifest_before_the_last_row():
    store = FakeStore(short_log())
    export = CsvExport(store, await select(store, "S-000001"), stamp_of())
    with pytest.raises(RuntimeError, match="after the last row"):
        export.manifest()
    rows = export.rows()
    await anext(rows)
    with pytest.raises(RuntimeError, match="after the last row"):
        export.manifest()
