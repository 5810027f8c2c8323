"""Recordings of other programs' libraries: written with them, read here, and what is not there is no number."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from pyedflib import EdfWriter, highlevel

from schemas.vitals import Vital
from simulators.recordings.opening import open_recording
from simulators.recordings.recording import RecordingError

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its own use of pandas
    from vitaldb import VitalFile


def vital_file(path: Path, **tracks: tuple[str, list[float | None], float]) -> Path:
    """Track -> its unit, its values, seconds between two."""
    file = VitalFile()
    for name, (unit, values, seconds) in tracks.items():
        recs = [{"dt": 1_700_000_000 + place * seconds, "val": value} for place, value in enumerate(values) if value is not None]
        file.add_track(f"Solar8000/{name}", recs, unit=unit)
    file.to_vital(str(path))
    return path


def edf_file(path: Path, **signals: tuple[str, float, list[float]]) -> Path:
    """Signal -> its unit, values a second, values."""
    heads = [
        highlevel.make_signal_header(name, dimension=unit, sample_frequency=rate, physical_min=0, physical_max=300)
        for name, (unit, rate, _) in signals.items()
    ]
    with EdfWriter(str(path), len(signals)) as file:
        file.setSignalHeaders(heads)
        file.writeSamples([np.array(values) for _, _, values in signals.values()])
    return path


def test_a_vital_file(tmp_path: Path) -> None:
    """The cuff stands in its own instant; what has another unit, and waves, are named and left out."""
    path = vital_file(
        tmp_path / "case.vital",
        HR=("/min", [72, 73, 74], 1),
        PLETH_SPO2=("%", [97, 0, 98], 1),
        NIBP_SBP=("mmHg", [118], 1),
        NIBP_DBP=("mmHg", [74], 1),
        ETCO2=("kPa", [5, 5, 5], 1),
        BT=("C", [36.5], 1),
    )
    recording = open_recording(path)
    first, second, third = recording.samples()
    assert first.values == {Vital.HEART_RATE: 72, Vital.SPO2: 97, Vital.SYSTOLIC_BP: 118, Vital.DIASTOLIC_BP: 74}
    assert second.values == {Vital.HEART_RATE: 73, Vital.SPO2: None}
    assert (third.offset_ms, recording.description.intervals_s[Vital.HEART_RATE]) == (2_000, 1)
    assert [line.partition(":")[0] for line in recording.description.unmapped] == ["Solar8000/ETCO2", "Solar8000/BT"]
    assert not recording.description.is_ketamine_infusion


def test_an_edf_file(tmp_path: Path) -> None:
    """Numbers come back a fraction beside what they were; none comes back as a number from nothing."""
    seconds = 20
    path = edf_file(
        tmp_path / "night.edf",
        HR=("bpm", 1, [72.0, 0.0, 74.0, 141.0] * (seconds // 4)),
        SpO2=("%", 1, [97.0, 96.0, 0.0, 0.0] * (seconds // 4)),
        ECG=("mV", 100, [1.0] * 100 * seconds),
        Flow=("L", 1, [1.0] * seconds),
    )
    recording = open_recording(path)
    first, second, third, fourth, *_ = recording.samples()
    assert [sample.values for sample in (first, second, third, fourth)] == [
        {Vital.HEART_RATE: pytest.approx(72, abs=0.1), Vital.SPO2: pytest.approx(97, abs=0.1)},
        {Vital.HEART_RATE: None, Vital.SPO2: pytest.approx(96, abs=0.1)},
        {Vital.HEART_RATE: pytest.approx(74, abs=0.1), Vital.SPO2: None},
        {Vital.HEART_RATE: pytest.approx(141, abs=0.1), Vital.SPO2: None},
    ]
    assert [sample.offset_ms for sample in (first, second)] == [0, 1_000]
    assert [line.partition(":")[0] for line in recording.description.unmapped] == ["Flow", "ECG"]


@pytest.mark.parametrize("name", ["broken.vital", "broken.edf"])
def test_what_is_no_recording_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00no recording" * 40)
    with pytest.raises(RecordingError, match=name):
        open_recording(tmp_path / name)


def test_a_file_without_a_vital_sign_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no track that is known: Solar8000/BT"):
        open_recording(vital_file(tmp_path / "case.vital", BT=("C", [36.5], 1)))
    with pytest.raises(RecordingError, match="no channel that is known: Flow"):
        open_recording(edf_file(tmp_path / "night.edf", Flow=("L", 1, [1.0] * 10)))


@pytest.mark.parametrize(("name", "module"), [("a.vital", "vitaldb"), ("a.edf", "pyedflib")])
def test_a_missing_extra_says_how_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str) -> None:
    (tmp_path / name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RecordingError, match="the extra `vital`"):
        open_recording(tmp_path / name)
