"""A session from its log: judged again, its chain checked. A log that does not stand up is reported, and the others go on."""

from collections.abc import Callable

import msgspec
import pytest

from monitor.core.replay import is_output, replay
from monitor.sessions.rebuild import Broken, rebuild
from schemas.log import AlertChanged, Entry, Measured, MonitorRestarted, SessionCreated
from tests.support.held_store import HeldStore
from tests.unit.core.bedside import CALM
from tests.unit.sessions.ward import Ward


async def with_an_alert(ward: Ward) -> str:
    session = await ward.infusing()
    await ward.pass_time(10)
    await ward.say(**{**CALM, "spo2": 79.0})
    await ward.say(hr=72)  # not yet sealed
    return session


async def test_a_rebuilt_session_goes_on_where_it_was(ward: Ward) -> None:
    session = await with_an_alert(ward)
    runner, difference = await rebuild(ward.store, session)
    live = ward.registry.get(session)
    assert live is not None
    assert difference is None
    assert (runner.seq, runner.chain.head, runner.chain.sealed_seq) == (live.seq, live.chain.head, live.chain.sealed_seq)
    assert runner.engine.alerts() == live.engine.alerts()
    after_ms = ward.clock.now_ms() + 60_000
    assert runner.advance(after_ms) == live.advance(after_ms), "the same entries, the same seals"


@pytest.mark.parametrize("forgets", [False, True])
async def test_what_a_dead_process_did_not_write_is_written_first(ward: Ward, forgets: bool) -> None:
    """It died between two outputs of one instant. Whoever goes on writes the rest before anything else: no alert counts that is not on
    record. Forgotten, the log and its replay would part there for ever."""
    session = await with_an_alert(ward)
    full = list(ward.store.logs[session])
    cut = next(i for i, entry in enumerate(full, 1) if is_output(entry.body) and is_output(full[i].body) and full[i].at_ms == entry.at_ms)
    ward.store.logs[session] = full[:cut]
    ward.store.sealed[session] = [seal for seal in ward.store.sealed[session] if seal.last_seq <= cut]
    runner, difference = await rebuild(ward.store, session)
    assert difference is None
    if forgets:
        runner.owed = []
    made, _ = runner.apply(MonitorRestarted("1.0"), ward.clock.now_ms())
    rest = next(i for i, entry in enumerate(full[cut:]) if not is_output(entry.body))
    assert rest > 0
    assert (made[:rest] == full[cut : cut + rest]) is not forgets
    assert (list(replay([*full[:cut], *made])) == []) is not forgets


async def test_a_long_log_gives_others_their_turn(ward: Ward) -> None:
    session = await ward.infusing()
    for _ in range(30):
        await ward.registry.intake.frame(
            "d1", "boot", ward.seqs["d1"] + 1, [ward.measurement(hr=72) for _ in range(20)], ward.clock.now_ms()
        )
        ward.seqs["d1"] += 1
    runner, difference = await rebuild(ward.store, session)
    assert (runner.seq, difference) == (len(ward.log(session)), None)


Tamper = Callable[[HeldStore, str], None]


def changed_measurement(store: HeldStore, session: str) -> None:
    log = store.logs[session]
    index = next(index for index, entry in enumerate(log) if isinstance(entry.body, Measured))
    body = log[index].body
    assert isinstance(body, Measured)
    log[index] = msgspec.structs.replace(log[index], body=msgspec.structs.replace(body, counter=77))


def changed_seal(store: HeldStore, session: str) -> None:
    seals = store.sealed[session]
    seals[2] = msgspec.structs.replace(seals[2], digest="0" * 64)


def lost_entry(store: HeldStore, session: str) -> None:
    del store.logs[session][5]


def lost_tail_entry(store: HeldStore, session: str) -> None:
    """Of the last range, that no seal covers yet."""
    log = store.logs[session]
    log.append(msgspec.structs.replace(log[-1], seq=log[-1].seq + 2))


def lost_beginning(store: HeldStore, session: str) -> None:
    log = store.logs[session]
    store.logs[session] = [msgspec.structs.replace(entry, seq=seq) for seq, entry in enumerate(log[1:], 1)]


def unusable_rules(store: HeldStore, session: str) -> None:
    body = store.logs[session][0].body
    assert isinstance(body, SessionCreated)
    store.logs[session][0] = msgspec.structs.replace(store.logs[session][0], body=msgspec.structs.replace(body, limits="{}"))


def nothing_left(store: HeldStore, session: str) -> None:
    store.logs[session] = []


BROKEN: list[tuple[Tamper, str]] = [
    (changed_measurement, "does not fit"),
    (changed_seal, "does not fit"),
    (lost_entry, "entry 7 follows entry 5"),
    (lost_tail_entry, "follows entry"),
    (lost_beginning, "does not begin"),
    (unusable_rules, "does not begin"),
    (nothing_left, "is empty"),
]


@pytest.mark.parametrize(("tamper", "said"), BROKEN)
async def test_a_log_that_does_not_stand_up_is_broken(ward: Ward, tamper: Tamper, said: str) -> None:
    session = await with_an_alert(ward)
    await ward.registry.stop()
    tamper(ward.store, session)
    with pytest.raises(Broken, match=said):
        await rebuild(ward.store, session)


async def test_a_broken_log_is_reported_and_the_others_go_on(ward: Ward) -> None:
    broken, whole = await with_an_alert(ward), await ward.create("Room 2")
    changed_measurement(ward.store, broken)
    again = await ward.restart()
    assert broken in (again.registry.system().recording_impaired or "")
    assert [runner.session for runner in again.registry.open_sessions()] == [whole]
    await again.registry.settled()
    assert again.bodies(whole, MonitorRestarted) == [MonitorRestarted("1")]
    await again.registry.stop()


async def test_a_log_that_judges_differently_is_reported_and_watched_all_the_same(ward: Ward) -> None:
    """As after an upgrade that changed a rule's code: the chain fits, the outputs do not."""
    session = await with_an_alert(ward)
    await ward.registry.stop()
    log = ward.store.logs[session]
    last = max(index for index, entry in enumerate(log) if isinstance(entry.body, AlertChanged))
    kept: list[Entry] = [*log[:last], *log[last + 1 :]]
    ward.store.logs[session] = [msgspec.structs.replace(entry, seq=seq) for seq, entry in enumerate(kept, 1)]
    ward.store.sealed[session] = []
    again = await ward.restart()
    assert f"{session}: its replay differs from its log at entry {last + 1}" == again.registry.system().recording_impaired
    assert again.registry.get(session) is not None
    await again.registry.stop()
