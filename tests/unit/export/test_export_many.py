"""Many sessions by a filter: a file each, an answer each, and a bad one does not stop the others."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import Result

from monitor.cli.export_many import DAY_MS, Wanted, wanted_of
from monitor.export.verify import verify_file
from monitor.store.ports import SessionRow
from schemas.session import Order, Patient, Phase, Treatment
from tests.unit.export.session_log import START_MS, short_log
from tests.unit.export.test_export_command import record, run

DAY = "2026-11-18"  # of START_MS


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    logs = [short_log(f"S-{number:06d}", is_closed=number != 3) for number in (1, 2, 3)]
    asyncio.run(record(folder, *logs))
    return folder


def export(data_dir: Path, out: Path, *arguments: str) -> Result:
    return run(data_dir, "--out", str(out), *arguments)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--from", DAY], [1, 2, 3]),
        (["--until", DAY], [1, 2, 3]),
        (["--from", DAY, "--until", DAY], [1, 2, 3]),
        (["--room", "ROOM 1"], [1, 2, 3]),
        (["--phase", "closed"], [1, 2]),
        (["--phase", "closed", "--phase", "infusing"], [1, 2, 3]),
        (["--from", DAY, "--phase", "infusing"], [3]),
    ],
)
def test_each_session_that_the_filters_find_is_a_file_that_verifies(data_dir: Path, tmp_path: Path, filters: list[str], found: list[int]):
    done = export(data_dir, tmp_path / "out", *filters)
    assert done.exit_code == 0, done.output
    assert names_in(tmp_path / "out") == [f"S-{number:06d}.jsonl" for number in found]
    assert all(verify_file(path).is_verified for path in (tmp_path / "out").iterdir())
    assert f"{len(found)} of {len(found)} sessions exported" in done.stderr


@pytest.mark.parametrize(
    "filters", [["--from", "2026-11-19"], ["--until", "2026-11-17"], ["--room", "Room 9"], ["--patient-code", "K-0017"]]
)
def test_filters_that_find_nothing_say_so(data_dir: Path, tmp_path: Path, filters: list[str]):
    done = export(data_dir, tmp_path / "out", *filters)
    assert (done.exit_code, done.stderr) == (1, "cannot export: the filters find no session\n")
    assert not (tmp_path / "out").exists()


WRONG = [["--from", "yesterday"], ["--until", "2026-11-31"], ["--from", "2026-11-18T10:00:00"], ["--phase", "over"], []]


@pytest.mark.parametrize("filters", WRONG)
def test_wrong_filters(data_dir: Path, tmp_path: Path, filters: list[str]):
    assert export(data_dir, tmp_path / "out", *filters).exit_code == 2


def test_a_session_and_filters_are_one_too_many(data_dir: Path, tmp_path: Path):
    assert export(data_dir, tmp_path / "out", "S-000001", "--room", "Room 1").exit_code == 2


def test_a_session_that_cannot_be_read_does_not_stop_the_others_and_the_exit_code_says_so(data_dir: Path, tmp_path: Path):
    with closing(sqlite3.connect(data_dir / "monitor.db")) as connection, connection:
        connection.execute("UPDATE event SET body = '{}' WHERE session_no = 2 AND kind = 'note_added'")
    done = export(data_dir, tmp_path / "out", "--from", DAY, "--format", "bundle")
    assert done.exit_code == 1
    assert names_in(tmp_path / "out") == ["S-000001.bundle.zip", "S-000003.bundle.zip"]
    assert "S-000002: NOT exported" in done.stderr
    assert "2 of 3 sessions exported" in done.stderr


@given(
    at_ms=st.integers(START_MS - DAY_MS, START_MS + DAY_MS),
    since=st.none() | st.integers(START_MS - DAY_MS, START_MS + DAY_MS),
    until=st.none() | st.integers(START_MS - DAY_MS, START_MS + DAY_MS),
)
def test_a_stretch_of_time_has_its_beginning_in_it_and_its_end_not(at_ms: int, since: int | None, until: int | None):
    row = SessionRow("S-000001", "Room 1", Phase.CLOSED, at_ms, None, Patient(1980, "A.B.", 70_000), Order(0, 0, Treatment.NONE), 1)
    assert Wanted(since, until).takes(row) is ((since is None or since <= at_ms) and (until is None or at_ms < until))


def test_a_day_is_a_day_of_utc_from_its_beginning_to_its_end():
    wanted = wanted_of(DAY, DAY, None, None, None)
    assert wanted.from_ms is not None
    assert wanted.until_ms == wanted.from_ms + DAY_MS
    assert wanted.from_ms <= START_MS < wanted.until_ms
