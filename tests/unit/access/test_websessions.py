"""Web sessions: how long, how many, how they end, and what a store that fails may not do."""

import asyncio

import pytest
from msgspec.structs import replace

from monitor.access import websessions
from monitor.access.control import AccessControl
from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import AccessStoreFailed, WebSessionRow
from monitor.access.roles import Person, Role
from tests.unit.access.door import CountingHasher, Door, HandClock

HOUR_S = 3_600


async def open_session(door: AccessControl, username: str = "m.kern", role: Role = Role.CLINICIAN) -> tuple[str, Person]:
    if await door.people._store.person(username) is None:
        await door.add_person(username, "M. Kern", role, password=None, by="test")
    opened = await door.use_ticket(await door.issue_ticket(username, by="test"), "10.0.0.7")
    return opened.token, opened.person


async def test_token_is_256_bits_and_only_its_hash_is_kept(door: Door) -> None:
    token, person = await open_session(door)
    assert len(token) == len("inf_web_") + 43
    assert token not in repr(vars(door.store))
    assert person.session_key in door.store._web_sessions


@pytest.mark.parametrize(
    "token", ["", "x", "inf_web_", "inf_web_" + "A" * 43, "inf_dev_" + "A" * 43, "inf_web_" + "A" * 42 + "\n", "inf_web_" + "é" * 43]
)
async def test_what_is_no_token_opens_nothing(door: Door, token: str) -> None:
    await open_session(door)
    assert await door.web_sessions.verify(token) is None


async def test_session_ends_twelve_hours_after_login_however_busy(door: Door) -> None:
    token, person = await open_session(door)
    for _ in range(12 * 60 - 1):
        door.clock.pass_s(60)
        assert await door.web_sessions.verify(token) == person
    assert door.still_valid(person)
    door.clock.pass_s(60)
    assert await door.web_sessions.verify(token) is None
    assert not door.still_valid(person)


async def test_stream_ends_twelve_hours_after_login_though_nobody_asks(door: Door) -> None:
    _, person = await open_session(door)
    door.clock.pass_s(12 * HOUR_S - 1)
    assert door.still_valid(person)
    door.clock.pass_s(1)
    assert not door.still_valid(person)


async def test_idle_session_ends_but_an_open_stream_of_it_goes_on(store: MemoryAccessStore, clock: HandClock) -> None:
    access = AccessControl(store, clock, hasher=CountingHasher(), idle_ms=15 * 60_000)
    await access.start()
    token, person = await open_session(access)
    clock.pass_s(14 * 60)
    assert await access.web_sessions.verify(token) == person
    clock.pass_s(14 * 60)
    assert await access.web_sessions.verify(token) == person
    clock.pass_s(15 * 60)
    assert await access.web_sessions.verify(token) is None
    assert access.still_valid(person)


async def test_ended_session_is_over_at_once_and_stays_over_after_reads(door: Door) -> None:
    token, person = await open_session(door)
    await door.logout(person, None)
    for _ in range(3):
        assert not door.still_valid(person)
        assert await door.web_sessions.verify(token) is None
        door.clock.pass_s(10)


@pytest.mark.parametrize("change", ["role", "disabled", "password"])
async def test_change_of_the_person_ends_all_sessions(door: Door, change: str) -> None:
    opened = [await open_session(door) for _ in range(3)]
    other_token, other = await open_session(door, "a.ruiz", Role.AUDITOR)
    if change == "role":
        await door.set_role("m.kern", Role.AUDITOR, by="admin")
    elif change == "disabled":
        await door.set_disabled("m.kern", disabled=True, by="admin")
    else:
        await door.set_password("m.kern", "another 9 long phrase", by="admin")
    for token, person in opened:
        assert not door.still_valid(person)
        assert await door.web_sessions.verify(token) is None
    assert await door.web_sessions.verify(other_token) == other


async def test_change_made_by_another_process_is_seen_within_five_seconds(door: Door) -> None:
    token, person = await open_session(door)
    row = await door.store.person("m.kern")
    assert row is not None
    await door.store.replace_person(replace(row, role=Role.AUDITOR))
    door.clock.pass_s(5)
    found = await door.web_sessions.verify(token)
    assert found is not None
    assert found.role == Role.AUDITOR
    assert not door.still_valid(person)
    await door.store.revoke_web_session(person.session_key, door.clock())
    door.clock.pass_s(5)
    assert await door.web_sessions.verify(token) is None


async def test_person_disabled_by_another_process_is_out_within_five_seconds(door: Door) -> None:
    token, person = await open_session(door)
    row = await door.store.person("m.kern")
    assert row is not None
    await door.store.replace_person(replace(row, disabled_at_ms=door.clock()))
    door.clock.pass_s(5)
    await door.refresh()
    assert not door.still_valid(person)
    assert await door.web_sessions.verify(token) is None


async def test_requests_cost_one_read_in_five_seconds_whatever_they_show(door: Door) -> None:
    token, _ = await open_session(door)
    door.clock.pass_s(5)
    reads = door.store.reads
    for number in range(1_000):
        await door.web_sessions.verify(token)
        await door.web_sessions.verify(f"inf_web_{number:043d}")
    assert door.store.reads - reads == 2


async def test_session_survives_a_restart_with_its_age(door: Door) -> None:
    token, person = await open_session(door)
    door.clock.pass_s(6 * HOUR_S)
    again = Door(door.store, door.clock, CountingHasher())
    await again.start()
    assert await again.web_sessions.verify(token) == person
    door.clock.pass_s(6 * HOUR_S)
    assert await again.web_sessions.verify(token) is None


async def test_twenty_first_session_of_a_person_ends_the_first(door: Door) -> None:
    opened = [await open_session(door) for _ in range(websessions.MAX_PER_PERSON + 1)]
    assert await door.web_sessions.verify(opened[0][0]) is None
    for token, person in opened[1:]:
        assert await door.web_sessions.verify(token) == person


async def test_use_is_written_once_a_minute(door: Door) -> None:
    token, person = await open_session(door)
    opened_ms = door.clock()
    await door.web_sessions.verify(token)
    door.clock.pass_s(59)
    await door.web_sessions.verify(token)
    assert door.store._web_sessions[person.session_key].seen_at_ms == opened_ms
    door.clock.pass_s(1)
    await door.web_sessions.verify(token)
    assert door.store._web_sessions[person.session_key].seen_at_ms == opened_ms + 60_000


class FailingStore(MemoryAccessStore):
    """Fails as a full or locked disk does; `stuck` never answers a read."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False
        self.stuck = False

    async def live_web_sessions(self, at_ms: int) -> list[WebSessionRow]:
        if self.stuck:
            await asyncio.Event().wait()
        if self.fails:
            raise AccessStoreFailed("io")
        return await super().live_web_sessions(at_ms)

    async def revoke_web_session(self, token_sha256: str, at_ms: int) -> None:
        if self.fails:
            raise AccessStoreFailed("io")
        await super().revoke_web_session(token_sha256, at_ms)


@pytest.fixture
async def failing(clock: HandClock) -> Door:
    door = Door(FailingStore(), clock, CountingHasher())
    await door.start()
    return door


@pytest.mark.parametrize("how", ["fails", "stuck"])
async def test_store_that_cannot_be_read_does_not_blank_a_watched_screen(failing: Door, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websessions, "READ_WITHIN_S", 0.01)
    token, person = await open_session(failing)
    setattr(failing.store, how, True)
    failing.clock.pass_s(60)
    assert await failing.web_sessions.verify(token) == person
    assert failing.web_sessions.failed_reads == 1


async def test_session_ended_while_the_store_fails_is_over_all_the_same(failing: Door) -> None:
    token, person = await open_session(failing)
    assert isinstance(failing.store, FailingStore)
    failing.store.fails = True
    with pytest.raises(AccessStoreFailed):
        await failing.web_sessions.end(person.session_key)
    failing.store.fails = False
    failing.clock.pass_s(60)
    assert await failing.web_sessions.verify(token) is None
    assert not failing.still_valid(person)


async def test_nobody_comes_in_before_the_store_was_read_once(clock: HandClock) -> None:
    store = FailingStore()
    store.fails = True
    door = Door(store, clock, CountingHasher())
    with pytest.raises(AccessStoreFailed):
        await door.start()
    with pytest.raises(AccessStoreFailed):
        await door.web_sessions.verify("inf_web_" + "A" * 43)


class PausingStore(MemoryAccessStore):
    """A read that has taken its rows and waits before it hands them over."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.has_read = asyncio.Event()

    async def live_web_sessions(self, at_ms: int) -> list[WebSessionRow]:
        rows = await super().live_web_sessions(at_ms)
        self.has_read.set()
        await self.may_go.wait()
        return rows


async def test_read_under_way_neither_loses_a_login_nor_brings_back_a_logout(clock: HandClock) -> None:
    store = PausingStore()
    door = Door(store, clock, CountingHasher())
    await door.start()
    old_token, old = await open_session(door)
    clock.pass_s(5)
    store.may_go.clear()
    store.has_read.clear()
    reading = asyncio.create_task(door.web_sessions.refresh())
    await store.has_read.wait()
    new_token, new = await open_session(door)
    await door.web_sessions.end(old.session_key)
    store.may_go.set()
    await reading
    assert await door.web_sessions.verify(new_token) == new
    assert await door.web_sessions.verify(old_token) is None
