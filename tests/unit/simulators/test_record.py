"""A course in a file: the frames are those of the wire, the CSV is one that `replay` reads, and both hold every value."""

from pathlib import Path

import msgspec
import pytest

from schemas.device_wire import DeviceSays, Frame, Hello
from simulators.bed import frames
from simulators.record import START_MS, write_course
from simulators.recordings.csv_file import read_csv
from simulators.recordings.recording import RecordingError
from simulators.recordings.session_log import read_log
from simulators.scenario import Scenario, load_scenario

SHORT: Scenario = msgspec.structs.replace(
    load_scenario("sleep-apnoea"),
    timeline=msgspec.structs.replace(load_scenario("sleep-apnoea").timeline, baseline_min=2, infusion_min=4, recovery_min=1),
    event=(),
    expects=(),
)


def test_the_lines_are_hello_and_the_frames_of_the_course(tmp_path: Path):
    path = tmp_path / "course.jsonl"
    assert write_course(path, SHORT, 3) == 7 * 60
    hello, *sent = (msgspec.json.decode(line, type=DeviceSays) for line in path.read_bytes().splitlines())
    assert isinstance(hello, Hello)
    assert sent == list(frames(SHORT, 3, START_MS))
    assert all(isinstance(frame, Frame) for frame in sent)


def test_frames_are_no_recording_to_replay_and_it_is_said_what_is(tmp_path: Path):
    path = tmp_path / "course.jsonl"
    write_course(path, SHORT, 3)
    with pytest.raises(RecordingError, match=r"to replay, record to a \.csv"):
        read_log(path)


def test_the_csv_can_be_replayed_with_the_same_values(tmp_path: Path):
    path = tmp_path / "course.csv"
    write_course(path, SHORT, 3)
    assert read_csv(path).description.is_ketamine_infusion
    sent = [
        (reading.vital, reading.value) for frame in frames(SHORT, 3, START_MS) for part in frame.measurements for reading in part.readings
    ]
    text = path.read_text().splitlines()
    assert len(text) == 3 + 7 * 60
    assert sum(cell != "" for line in text[3:] for cell in line.split(",")[1:]) == len(sent)


@pytest.mark.parametrize("name", ["course.txt", "course"])
def test_another_ending_is_refused(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="ends in"):
        write_course(tmp_path / name, SHORT, 1)
    assert not (tmp_path / name).exists()


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path):
    for name in ("one.jsonl", "two.jsonl"):
        write_course(tmp_path / name, SHORT, 5)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
