"""Recordings: what was not measured never becomes a value, and the file's own description is true."""

import math
import warnings
from pathlib import Path

import msgspec
import numpy as np
import pytest

from schemas.log import DeviceBound, Entry, Measured, PhaseOrdered, SessionCreated, canonical
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Order, Patient, Phase, Treatment
from schemas.vitals import Vital
from simulators.recordings.opening import open_recording
from simulators.recordings.recording import Recording, RecordingError
from tests.support.samples import sample

REAL_RECORD = "s00001-2896-10-10-00-31n.hea"
CUFF = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)


def _write_trap_record(folder: Path) -> Path:
    """A tiny record with the traps of the real one: zeros, NaN, partial cuffs, invasive pressure beside the cuff's, one value a minute."""
    minutes, nan = 30, math.nan
    heart_rate = [0.0, 62.8, 57.8] + [60.0 + 0.1 * minute for minute in range(minutes - 3)]
    spo2 = [0.0] * 8 + [96.4] * (minutes - 8)
    pulse = [0.0] * 8 + [59.9] * (minutes - 8)
    resp = [23.0, 0.0] + [12.7] * (minutes - 2)
    abp = [0.0] * 5 + [151.0] * (minutes - 5)
    cuff = [[nan, nan, nan] for _ in range(minutes)]
    cuff[10], cuff[15], cuff[20], cuff[25] = [120.0, 72.0, 89.0], [118.0, nan, 88.0], [122.0, 70.0, 0.0], [0.0, 0.0, 0.0]
    columns = [heart_rate, abp, pulse, resp, spo2, *zip(*cuff, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # wfdb's own use of pandas
        import wfdb

        wfdb.wrsamp(
            "s00009-2896-01-01-00-00n",
            fs=1 / 60,
            units=["bpm", "mmHg", "bpm", "pm", "%", "mmHg", "mmHg", "mmHg"],
            sig_name=["HR", "ABPSys", "PULSE", "RESP", "SpO2", "NBPSys", "NBPDias", "NBPMean"],
            p_signal=np.array(columns, dtype=float).T,
            fmt=["16"] * 8,
            adc_gain=[10.0] * 8,
            baseline=[0] * 8,
            write_dir=str(folder),
        )
    return folder / "s00009-2896-01-01-00-00n.hea"


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return open_recording(_write_trap_record(tmp_path_factory.mktemp("wfdb")))


def _series(recording: Recording, vital: Vital) -> dict[int, float | None]:
    """Minute -> value of the samples that have this vital sign."""
    return {row.offset_ms // 60_000: row.values[vital] for row in recording.samples() if vital in row.values}


def _assert_never_zero(recording: Recording) -> None:
    for row in recording.samples():
        for vital, value in row.values.items():
            assert value is None or (math.isfinite(value) and value > 0), (row.offset_ms, vital)


def test_wfdb_zero_and_nan_never_become_a_value(trap: Recording):
    _assert_never_zero(trap)
    assert _series(trap, Vital.HEART_RATE)[0] is None
    assert _series(trap, Vital.HEART_RATE)[1] == pytest.approx(62.8)
    assert _series(trap, Vital.RESPIRATORY_RATE)[1] is None
    assert [minute for minute, value in _series(trap, Vital.SPO2).items() if value is not None] == list(range(8, 30))


def test_wfdb_cuff_is_an_event_and_whole_or_without_value(trap: Recording):
    systolic, mean = _series(trap, Vital.SYSTOLIC_BP), _series(trap, Vital.MEAN_BP)
    assert list(systolic) == [10, 15, 20]
    assert systolic == {10: 120.0, 15: None, 20: None}
    assert mean == {10: 89.0, 15: None, 20: None}


def test_wfdb_invasive_pressure_is_not_replayed_and_that_is_said(trap: Recording):
    assert 151.0 not in [value for row in trap.samples() for value in row.values.values()]
    assert any("ABPSys" in line and "invasive" in line for line in trap.description.unmapped)


def test_wfdb_description(trap: Recording):
    said = trap.description
    assert said.source == "MIMIC-II s00009, recorded intensive-care patient, not a ketamine infusion"
    assert not said.is_ketamine_infusion
    assert said.intervals_s[Vital.HEART_RATE] == said.intervals_s[Vital.SPO2] == 60.0
    assert said.default_start_ms == 8 * 60_000
    assert said.length_ms == 29 * 60_000


def test_samples_can_begin_later(trap: Recording):
    assert [row.offset_ms for row in trap.samples(28 * 60_000)] == [28 * 60_000, 29 * 60_000]


@pytest.mark.filterwarnings("default::UserWarning")
def test_the_real_intensive_care_record(trap: Recording):
    """Where the real record is not at hand this says so, and the law stands on the record that has the same traps."""
    real = sample(f"replay/{REAL_RECORD}")
    if real is None:
        _assert_never_zero(trap)
        return
    recording = open_recording(real)
    _assert_never_zero(recording)
    nones = {
        vital: list(_series(recording, vital).values()).count(None) for vital in (Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE)
    }
    assert nones == {Vital.HEART_RATE: 46, Vital.SPO2: 363, Vital.RESPIRATORY_RATE: 45}
    assert len(_series(recording, Vital.SYSTOLIC_BP)) == 152
    assert recording.description.source == "MIMIC-II s00001, recorded intensive-care patient, not a ketamine infusion"
    assert recording.description.default_start_ms == 52 * 60_000
    assert {line.split(":")[0] for line in recording.description.unmapped} == {"ABPSys", "ABPDias", "ABPMean"}


def test_a_record_is_found_by_its_name_its_folder_and_its_values(tmp_path: Path):
    header = _write_trap_record(tmp_path)
    for path in (header, header.with_suffix(""), header.with_suffix(".dat"), tmp_path):
        assert open_recording(path).description.name == "MIMIC-II s00009"


CSV = """# source: Ward 3, anonymised
# ketamine_infusion: yes
offset_s,heart_rate,spo2,systolic_bp,diastolic_bp,mean_bp,mood
0,72,98,,,,good
1,0,nan,,,,good
2,71.5,97,124,76,92,
300,70,96,126,0,93,
"""


def _file(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_values_gaps_and_description(tmp_path: Path):
    recording = open_recording(_file(tmp_path, "ward.csv", CSV))
    rows = list(recording.samples())
    assert [row.offset_ms for row in rows] == [0, 1000, 2000, 300_000]
    assert rows[0].values == {Vital.HEART_RATE: 72.0, Vital.SPO2: 98.0}
    assert rows[1].values == {Vital.HEART_RATE: None, Vital.SPO2: None}
    assert [rows[2].values[vital] for vital in CUFF] == [124.0, 76.0, 92.0]
    assert [rows[3].values[vital] for vital in CUFF] == [None, None, None]
    assert recording.description.is_ketamine_infusion
    assert recording.description.source.startswith("Ward 3, anonymised")
    assert recording.description.unmapped == ("mood: no vital sign of this monitor",)


def test_csv_with_times_instead_of_offsets(tmp_path: Path):
    text = "time,spo2\n2026-11-22T10:00:00Z,97\n2026-11-22T10:00:05.500Z,96\n"
    assert [row.offset_ms for row in open_recording(_file(tmp_path, "t.csv", text)).samples()] == [0, 5500]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no header"),
        ("spo2,heart_rate\n1,2\n", "first column"),
        ("offset_s,mood\n1,2\n", "no column is named"),
        ("offset_s,spo2,spo2\n1,2,3\n", "two columns"),
        ("offset_s,spo2\n0,97\n1\n", "line 3: 1 cells"),
        ("offset_s,spo2\n0,ninety\n", "line 2: spo2 is 'ninety'"),
        ("offset_s,spo2\nx,97\n", "line 2: offset_s 'x'"),
        ("time,spo2\n2026-11-22T10:00:00,97\n", "line 2: time"),
        ("offset_s,spo2\n5,97\n4,97\n", "line 3: earlier"),
        ("offset_s,spo2\n", "nothing in it"),
        ("# ketamine_infusion: perhaps\noffset_s,spo2\n0,97\n", "yes or no"),
        ('offset_s,spo2\n0,"97\n', "not a readable CSV"),
        (b"offset_s,spo2\n0,\xff\xfe\n", "not a readable CSV"),
    ],
)
def test_a_wrong_csv_is_refused_and_the_place_is_named(tmp_path: Path, text: str | bytes, says: str):
    with pytest.raises(RecordingError, match=says):
        open_recording(_file(tmp_path, "bad.csv", text))


def _log_lines(*, with_manifest: bool = True) -> bytes:
    def measured(seq: int, counter: int, offset_ms: int, **values: int | None) -> Entry:
        readings = tuple(
            Reading(
                Reason.NONE if value is not None else Reason.NOT_MEASURED,
                Validity.VALID if value is not None else Validity.INVALID,
                value,
                Vital(vital),
            )
            for vital, value in values.items()
        )
        return Entry(
            5_000 + offset_ms, Measured(counter, "sim-room-1", 1_000 + offset_ms, Mode.SIMULATED, readings, 2_000), seq, "S-000007"
        )

    created = SessionCreated("c", "{}", "", Order(35_000, 2_400_000, Treatment.KETAMINE_IV), Patient(1980, "A.B.", 70_000), "Room 1")
    entries = [
        Entry(1, created, 1, "S-000007"),
        Entry(2, DeviceBound("c", "sim-room-1", Mode.SIMULATED, "simulated"), 2, "S-000007"),
        measured(3, 1, 0, heart_rate=72_000, spo2=97_500),
        measured(4, 2, 0, systolic_bp=124_000, diastolic_bp=76_000, mean_bp=92_000),  # the cuff, at the same instant
        Entry(3, PhaseOrdered("c", None, Phase.BASELINE), 5, "S-000007"),
        measured(6, 5, 3_000, heart_rate=73_000, spo2=None),
        measured(7, 5, 3_000, heart_rate=73_000, spo2=None),  # a hung monitor's repetition
        measured(8, 3, 1_000, heart_rate=72_000, spo2=97_000),  # came late
    ]
    lines = [b'{"type":"header","format":"infusion-monitor/log/1","session":"S-000007","installation":"x"}']
    lines += [b'{"type":"entry","entry":' + canonical(entry) + b"}" for entry in entries]
    lines.append(b'{"type":"seal","seal":{"at_ms":1,"digest":"00","first_seq":1,"last_seq":8,"session":"S-000007"}}')
    lines += [b'{"type":"manifest","first_seq":1,"last_seq":8}'] if with_manifest else []
    return b"\n".join(lines) + b"\n"


def test_a_session_export_is_replayed_as_its_devices_said_it(tmp_path: Path):
    recording = open_recording(_file(tmp_path, "S-000007.jsonl", _log_lines()))
    rows = list(recording.samples())
    assert [row.offset_ms for row in rows] == [0, 0, 1_000, 3_000]
    assert rows[0].values == {Vital.HEART_RATE: 72.0, Vital.SPO2: 97.5}
    assert [rows[1].values[vital] for vital in CUFF] == [124.0, 76.0, 92.0]
    assert rows[3].values == {Vital.HEART_RATE: 73.0, Vital.SPO2: None}
    said = recording.description
    assert said.source == "session S-000007 of an infusion monitor (simulated), a ketamine infusion"
    assert said.is_ketamine_infusion
    assert said.unmapped == ()


def test_an_export_that_is_cut_short_says_so(tmp_path: Path):
    recording = open_recording(_file(tmp_path, "cut.jsonl", _log_lines(with_manifest=False)))
    assert "cut short" in recording.description.unmapped[0]


def test_a_damaged_export_names_the_line(tmp_path: Path):
    lines = _log_lines().split(b"\n")
    lines[4] = lines[4][:50]
    with pytest.raises(RecordingError, match="line 5"):
        open_recording(_file(tmp_path, "bad.jsonl", b"\n".join(lines)))


@pytest.mark.parametrize("name", ["missing.csv", "lonely.dat", "empty-folder"])
def test_what_is_not_there_is_a_named_error(tmp_path: Path, name: str):
    (tmp_path / "empty-folder").mkdir()
    (tmp_path / "lonely.dat").write_bytes(b"\0\0")
    with pytest.raises(RecordingError):
        open_recording(tmp_path / name)


def test_a_waveform_record_is_refused(tmp_path: Path):
    header = _write_trap_record(tmp_path)
    header.write_text(header.read_text().replace(" 0.01666", " 125.01666", 1))
    with pytest.raises(RecordingError, match="waveforms"):
        open_recording(header)


def test_a_channel_in_another_unit_is_not_guessed(tmp_path: Path):
    header = _write_trap_record(tmp_path)
    header.write_text(header.read_text().replace("/%", "/mmHg", 1))
    recording = open_recording(header)
    assert any("SpO2: its unit is mmHg" in line for line in recording.description.unmapped)
    assert Vital.SPO2 not in recording.description.intervals_s


def test_descriptions_can_be_written_down(trap: Recording):
    assert msgspec.json.encode(trap.description)
