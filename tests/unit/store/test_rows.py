"""Entries survive the store exactly, whatever they hold and however they were batched, filed, closed and opened again."""

import asyncio
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from monitor.store.ports import Batch, Position
from monitor.store.rows import check_integers, seal_row, session_id, session_no
from monitor.store.sqlite import SqliteReader, open_reader
from schemas.log import Entry, Seal, canonical
from tests.unit.store.files import opened, read
from tests.unit.store.logs import seal
from tests.unit.store.random_logs import batches, logs_of


async def _same(store: SqliteReader, logs: dict[str, list[Entry]], seals: list[Seal], positions: dict[str, Position]) -> None:
    for session, entries in logs.items():
        found = await read(store, session)
        assert found == entries
        assert [canonical(entry) for entry in found] == [canonical(entry) for entry in entries]
        assert await store.seals(session) == [each for each in seals if each.session == session]
        row = await store.session(session)
        assert row is not None
        assert row.last_seq == len(entries)
    assert await store.positions() == positions


@given(batches())
def test_what_was_appended_is_read_back_exactly(made: list[Batch]) -> None:
    async def run(folder: Path) -> None:
        logs = logs_of(made)
        seals = [each for batch in made for each in batch.seals]
        positions = {each.device: each for batch in made for each in batch.positions}
        store = opened(folder)
        for batch in made:
            await store.append(batch)
        await _same(store, logs, seals, positions)
        beside = open_reader(folder)
        await _same(beside, logs, seals, positions)
        await beside.close()
        await store.close()
        again = opened(folder)
        await _same(again, logs, seals, positions)
        await again.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


@settings(max_examples=40)
@given(batches())
def test_batches_that_wait_together_are_one_group_and_come_out_the_same(made: list[Batch]) -> None:
    async def run(folder: Path) -> None:
        store = opened(folder)
        await asyncio.gather(*(store.append(batch) for batch in made))
        for session, entries in logs_of(made).items():
            assert await read(store, session) == entries
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


@pytest.mark.parametrize("name", ["S-1", "s-000001", "S-0000001", "S-000000", "S-00000a", "", "S-000001\n", "S-00000\u0661"])
def test_a_session_id_has_one_form(name: str) -> None:
    assert session_no(name) is None


@pytest.mark.parametrize("number", [1, 999_999, 1_000_000, 123_456_789])
def test_session_ids_and_numbers_are_one_to_one(number: int) -> None:
    assert session_no(session_id(number)) == number


@pytest.mark.parametrize("bits", [2**63, -(2**63) - 1, 2**64, (2**63) | 5])
def test_an_integer_beyond_64_bits_is_refused(bits: int) -> None:
    with pytest.raises(OverflowError):
        check_integers(bits)


def test_integers_of_64_bits_are_taken() -> None:
    check_integers((2**63 - 1) | -(2**63) | 0)


def test_a_digest_in_capitals_is_refused() -> None:
    """It would come back in small letters, and the chain would not fit."""
    with pytest.raises(ValueError, match="lower-case"):
        seal_row(1, msgspec.structs.replace(seal(1, 1), digest="AB" * 32), 1)
