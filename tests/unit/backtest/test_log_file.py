"""Reading logs: whole lines whatever the blocks, a bad line by its number, and never more memory than a line and a block."""

from pathlib import Path

import msgspec
import pytest

from monitor.backtest import log_file
from monitor.backtest.log_file import LogBroken, entries, log_files, read_lines
from monitor.backtest.logged import AlertThen, OutputThen, Said, line_decoder
from monitor.backtest.rule_set import THEIR_OWN
from monitor.backtest.session import judge_log
from schemas.log import OUTPUT_KINDS, Measured
from schemas.measurement import Value
from tests.unit.backtest.logs import backtested, lines_of, shipped, write_log
from tests.unit.core.bedside import Bedside


def a_bed() -> Bedside:
    bed = Bedside()
    bed.start()
    bed.stream(20, hr=134)
    return bed


@pytest.fixture
def good() -> list[bytes]:
    return lines_of(a_bed().log, "a-key")


def judged(path: Path, lines: list[bytes]) -> str:
    """Why a log of these lines cannot be judged."""
    path.write_bytes(b"".join(lines))
    with pytest.raises(LogBroken) as broken:
        judge_log(path, shipped(), shipped(), lambda *_: None)
    assert str(path) in str(broken.value)
    return str(broken.value).removeprefix(str(path))


@pytest.mark.parametrize("block_bytes", [1, 7, 1_000, 1_000_000])
def test_lines_are_whole_whatever_the_blocks(good: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    monkeypatch.setattr(log_file, "BLOCK_BYTES", block_bytes)
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(good))
    blocks = list(read_lines(path, line_decoder))
    assert sum(len(block.lines) for block in blocks) == len(good)
    assert blocks[-1].end == path.stat().st_size
    at = 1
    for block in blocks:
        assert block.number == at
        at += len(block.lines)


def test_an_entry_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = a_bed().log
    assert list(entries(write_log(tmp_path / "log.jsonl", log, "a-key"))) == log


def test_a_measurement_is_decoded_into_what_the_core_takes_and_an_output_into_its_names(good: list[bytes]) -> None:
    bodies = [line.entry.body for line in line_decoder.decode_lines(b"".join(good)) if line.entry is not None]
    for body, entry in zip(bodies, a_bed().log, strict=True):
        if isinstance(entry.body, Measured):
            assert isinstance(body, Said)
            said = [Value(value.vital, value.value_milli, value.is_doubted) for value in body.values]
            assert said == [Value(reading.vital, reading.value_milli) for reading in entry.body.readings]
            assert (body.device, body.counter, body.measured_at_ms) == (entry.body.device, entry.body.counter, entry.body.measured_at_ms)
        elif entry.body.__struct_config__.tag in OUTPUT_KINDS:
            assert isinstance(body, AlertThen | OutputThen)
        else:
            assert body == entry.body


def broken_logs(good: list[bytes]) -> dict[str, tuple[list[bytes], str]]:
    header, created, *rest = good
    two = lines_of([msgspec.structs.replace(entry, session="S-000002") for entry in a_bed().log])
    return {
        "empty": ([], ": no entry of a session is in it"),
        "a header alone": ([header], ": no entry of a session is in it"),
        "its beginning is cut off": ([header, *rest], ", line 2: the log begins with device_bound, not with session_created"),
        "its last line is torn": ([*good[:-3], good[-3][:40]], f", line {len(good) - 2}: cut off in the middle of the line"),
        "a torn line alone": ([created[:60]], ", line 1: cut off in the middle of the line"),
        "broken JSON": ([header, created, b'{"entry":oops}\n', *rest], ", line 3: not a line of a session's export"),
        "not an object": ([header, created, b"[1]\n", *rest], ", line 3: not a line of a session's export: Expected `object`"),
        "not UTF-8": ([header, created, b'{"type":"\xff"}\n', *rest], ", line 3: not a line of a session's export"),
        "very deep": ([header, created, b"[" * 100_000 + b"\n"], ", line 3: not a line of a session's export"),
        "another kind of entry": ([header, created, rest[0].replace(b"device_bound", b"device_lost")], ", line 3: not a line"),
        "a time that is none": ([header, created, rest[0].replace(b'"at_ms":1', b'"at_ms":-1')], ", line 3: not a line"),
        "no JSON at all": ([b"hello\n"], ", line 1: not a line of a session's export"),
        "spread over lines": ([b'{"entry":null,\n', b'"type":"entry"}\n', b"x\n"], ", line 1: not a line"),
        "a second session": ([*good, *two], f", line {len(good) + 1}: an entry of another session, S-000002"),
        "the same session twice": ([*good, *good], f", line {len(good) + 2}: a second session begins here"),
        "a rule set that is none": (
            [created.replace(b'"limits":"{', b'"limits":"?')],
            ", line 1: the rule set in the log cannot be used",
        ),
    }


NAMES = list(broken_logs(lines_of(a_bed().log, "a-key")))


@pytest.mark.parametrize("name", [name for name in NAMES if "rule set" not in name])
def test_a_log_that_cannot_be_judged_says_where_and_why(good: list[bytes], tmp_path: Path, name: str) -> None:
    lines, expected = broken_logs(good)[name]
    assert judged(tmp_path / "log.jsonl", lines).startswith(expected)


def test_a_rule_set_in_the_log_matters_only_where_it_is_used(good: list[bytes], tmp_path: Path) -> None:
    lines, expected = broken_logs(good)["a rule set that is none"]
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(lines))
    with pytest.raises(LogBroken) as broken:
        judge_log(path, THEIR_OWN, shipped(), lambda *_: None)
    assert str(broken.value).removeprefix(str(path)).startswith(expected)
    assert judge_log(path, shipped(), shipped(), lambda *_: None).session == "S-000001"


def test_a_file_without_lines_is_given_up_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MAX_LINE_BYTES", 1_000)
    monkeypatch.setattr(log_file, "BLOCK_BYTES", 100)
    assert judged(tmp_path / "log.jsonl", [b"x" * 5_000]) == ", line 1: longer than 1000 bytes: this is not a session's export"


def test_a_line_without_its_end_is_read_all_the_same_where_it_is_whole(good: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(good).rstrip(b"\n"))
    assert sum(len(block.lines) for block in read_lines(path, line_decoder)) == len(good)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogBroken, match=r"gone\.jsonl: it cannot be read: No such file"):
        list(entries(tmp_path / "gone.jsonl"))


def test_the_phase_and_the_modes_of_a_session_are_told() -> None:
    result = backtested(a_bed().log, shipped(), shipped())
    assert [since.phase for since in result.phases] == ["planned", "baseline", "infusing"]
    assert (result.modes, result.room, result.has_manifest) == (("simulated",), "Room 1", False)
    assert result.judged_ms == 20_000


def test_folders_give_their_logs_by_name_and_each_file_counts_once(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "a.csv"):
        (tmp_path / name).touch()
    (tmp_path / "c.jsonl").mkdir()
    found, broken = log_files([tmp_path / "b.jsonl", tmp_path, tmp_path / "x.jsonl"])
    assert [path.name for path in found] == ["b.jsonl", "a.jsonl", "x.jsonl"]
    assert broken == []


def test_a_folder_without_logs_is_named(tmp_path: Path) -> None:
    _, (broken,) = log_files([tmp_path])
    assert "no .jsonl file is in this folder" in str(broken)
