"""What goes into an export is decided before its first byte."""

import pytest

from monitor.export import selection as selection_module
from monitor.export.jsonl import jsonl
from monitor.export.selection import SessionUnknown, mode_of, select
from schemas.measurement import Mode
from tests.unit.export.session_log import FakeStore, Log, check, short_log, stamp_of


async def test_an_unknown_session_is_named_before_the_first_byte():
    with pytest.raises(SessionUnknown, match="S-000009"):
        await select(FakeStore(short_log()), "S-000009")


async def test_entries_that_come_while_an_export_runs_are_not_in_it():
    log = short_log(is_closed=False)
    store = FakeStore(log)
    selection = await select(store, log.id)
    last_seq = log.last_seq
    blocks = []
    async for block in jsonl(store, selection, stamp_of()):
        blocks.append(block)
        log.measure(seal=True)
    verdict = check(b"".join(blocks))
    assert verdict.is_verified, verdict.lines
    assert log.last_seq > last_seq
    assert f"{last_seq} entries" in verdict.lines[2]


async def test_a_seal_that_reaches_beyond_the_last_entry_stays_out():
    log = short_log(is_closed=False)
    store = FakeStore(log)
    before = await select(store, log.id)
    log.measure(seal=True)
    after = await select(store, log.id)
    assert after.seals == before.seals + 1
    assert before.sealed_seq <= before.last_seq < after.sealed_seq


@pytest.mark.parametrize("page", [1, 2, 1_000])
async def test_a_seal_that_comes_over_entries_of_an_export_stays_out(monkeypatch: pytest.MonkeyPatch, page: int):
    monkeypatch.setattr(selection_module, "_PAGE", page)
    log = short_log(is_closed=False)
    store = FakeStore(log)
    expected = b"".join([block async for block in jsonl(store, await select(store, log.id), stamp_of())])
    selection = await select(store, log.id)
    log.seal()  # the last entries were under none
    assert (await select(store, log.id)).seals == selection.seals + 1
    assert b"".join([block async for block in jsonl(store, selection, stamp_of())]) == expected


async def test_modes_are_those_of_every_device_that_was_ever_bound():
    log = Log()
    log.create()
    for number in range(1_100):
        log.bind(f"monitor-{number}", Mode.REAL)
    log.bind("player", Mode.REPLAYED)
    assert (await select(FakeStore(log), log.id)).modes == (Mode.REAL, Mode.REPLAYED)


@pytest.mark.parametrize(
    ("modes", "text"),
    [
        ((), ""),
        ((Mode.REAL,), "real"),
        ((Mode.REAL, Mode.SIMULATED), "simulated"),
        ((Mode.REAL, Mode.REPLAYED, Mode.SIMULATED), "replayed+simulated"),
    ],
)
def test_a_session_is_real_only_if_nothing_else_is_in_it(modes: tuple[Mode, ...], text: str):
    assert mode_of(modes) == text
