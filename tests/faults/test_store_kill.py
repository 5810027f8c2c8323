"""kill -9: what was answered as on disk is on disk, whole and in order, however often it happens."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.store.ports import StoreFailed
from monitor.store.sqlite import SqliteStore
from tests.faults.store_child import PACE, SESSIONS, entry
from tests.unit.store.files import empty, read

KILLS = 20
REPOSITORY = Path(__file__).parents[2]
Answered = dict[str, tuple[int, int]]  # session -> (seq, frame)


def kill_in_mid_work(folder: Path, honesty: str, lines: int) -> Answered:
    """Starts the child, reads so many answers, kills it, reads the rest of what it said."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.store_child", str(folder), honesty],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    answered: Answered = {}
    with child:
        for number, line in enumerate(child.stdout, start=1):
            if number == lines:
                child.send_signal(signal.SIGKILL)
            if line.endswith("\n"):
                session, seq, frame = line.split()
                answered[session] = (int(seq), int(frame))
        said = child.stderr.read()
    assert child.returncode == -signal.SIGKILL, said
    return answered


async def lost(folder: Path, answered: Answered) -> list[str]:
    """What was answered and is not there, or is not as it was. Empty where all is well."""
    found: list[str] = []
    store = SqliteStore.open(folder, pace=PACE)
    positions = await store.positions()
    for session, (seq, frame) in answered.items():
        log = await read(store, session)
        if [each.seq for each in log] != list(range(1, len(log) + 1)):
            found.append(f"{session} has a hole")
        if len(log) < seq:
            found.append(f"{session}: {seq} was answered, {len(log)} are there")
        if log != [entry(session, number) for number in range(1, len(log) + 1)]:
            found.append(f"{session} holds what was never appended")
        if session not in positions or positions[session].seq < frame:
            found.append(f"{session}: frame {frame} was answered, {positions.get(session)} is there")
        if any(seal.last_seq > len(log) for seal in await store.seals(session)):
            found.append(f"{session} has a seal over entries that are not there")
        problems = await store.write(lambda connection: connection.execute("PRAGMA integrity_check").fetchall())
        if problems != [("ok",)]:
            found.append(f"the file is damaged: {problems}")
    await store.close()
    return found


async def test_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    """KILLS times on one folder: each start also recovers what the kill before left half done."""
    chance = random.Random(20261122)
    empty(tmp_path)
    answered: Answered = {}
    for kill in range(KILLS):
        answered |= kill_in_mid_work(tmp_path, "honest", chance.randint(1, 150))
        assert await lost(tmp_path, answered) == [], f"kill {kill}"
    assert set(answered) == set(SESSIONS)
    assert sum(seq for seq, _ in answered.values()) > 20 * KILLS, "there was something to lose"


def test_a_living_process_keeps_others_out_and_a_dead_one_does_not(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "tests.faults.store_child", str(empty(tmp_path)), "honest"]
    with subprocess.Popen(arguments, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        with pytest.raises(StoreFailed) as failed:
            SqliteStore.open(tmp_path)
        child.send_signal(signal.SIGKILL)
        child.stdout.read()
    assert failed.value.kind == "in_use"
    asyncio.run(SqliteStore.open(tmp_path).close())


async def test_the_check_catches_a_writer_that_answers_first(tmp_path: Path) -> None:
    """Negative control: without it the test above might pass for any writer."""
    caught: list[str] = []
    for kill in range(3):
        folder = empty(tmp_path / str(kill))
        caught += await lost(folder, kill_in_mid_work(folder, "answering-first", 60))
    assert any("was answered" in each for each in caught)


async def test_the_check_catches_a_lost_entry(tmp_path: Path) -> None:
    """Negative control: one entry and one position short."""
    empty(tmp_path)
    answered = kill_in_mid_work(tmp_path, "honest", 40)
    more = dict.fromkeys(answered, (10**6, 10**6))
    assert len(await lost(tmp_path, more)) == 2 * len(answered)
