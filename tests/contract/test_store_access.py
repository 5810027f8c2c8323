"""What every store of access control does, on each there is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.access.chain import chained
from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import (
    AccessHead,
    AccessKind,
    AccessLogRow,
    AccessQuery,
    AccessStore,
    AccessStoreFailed,
    AlreadyThere,
    ChainCheck,
    DeviceRow,
    LoginTicketRow,
    NotThere,
    PersonRow,
    WebSessionRow,
)
from monitor.access.roles import Role
from schemas.measurement import Mode
from tests.unit.store.files import opened

NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000
ANA = PersonRow(username="ana", name="Ana Ruiz", role=Role.CLINICIAN, password_hash="$argon2id$x", created_at_ms=NOW_MS)
BEN = PersonRow(username="ben", name="Ben", role=Role.AUDITOR, password_hash=None, created_at_ms=NOW_MS, disabled_at_ms=NOW_MS + 1)


def key(number: int) -> str:
    return f"{number:064x}"


def web_session(number: int, **changes: object) -> WebSessionRow:
    row = WebSessionRow(
        token_sha256=key(number), username="ana", created_at_ms=NOW_MS + number, seen_at_ms=NOW_MS, expires_at_ms=NOW_MS + DAY_MS
    )
    return replace(row, **changes)


def ticket(number: int = 1) -> LoginTicketRow:
    return LoginTicketRow(ticket_sha256=key(number), username="ana", created_at_ms=NOW_MS, expires_at_ms=NOW_MS + 600_000)


def device(name: str = "sim-room-1", number: int = 1) -> DeviceRow:
    return DeviceRow(
        device=name, mode=Mode.SIMULATED, source="simulator", token_sha256=key(number), registered_at_ms=NOW_MS, registered_by="root"
    )


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AccessStore]:
    if request.param == "memory":
        yield MemoryAccessStore()
    else:
        made = opened(tmp_path / "data")
        yield made.access
        await made.close()


async def test_people_come_back_as_they_were(store: AccessStore) -> None:
    await store.add_person(BEN)
    await store.add_person(ANA)
    assert await store.people() == [ANA, BEN]
    assert await store.person("ben") == BEN
    assert await store.person("eve") is None


async def test_a_person_is_added_once_and_replaced_whole(store: AccessStore) -> None:
    await store.add_person(ANA)
    with pytest.raises(AlreadyThere):
        await store.add_person(replace(ANA, name="Another"))
    changed = replace(ANA, role=Role.ADMIN, password_hash=None, disabled_at_ms=NOW_MS + 5)
    await store.replace_person(changed)
    assert await store.people() == [changed]
    with pytest.raises(NotThere):
        await store.replace_person(BEN)


async def test_live_web_sessions_are_neither_revoked_nor_expired(store: AccessStore) -> None:
    for row in (web_session(3), web_session(1), web_session(2, expires_at_ms=NOW_MS + 10), web_session(4, username="ben")):
        await store.add_web_session(row)
    assert [row.token_sha256 for row in await store.live_web_sessions(NOW_MS + 10)] == [key(1), key(3), key(4)]
    await store.revoke_web_session(key(1), NOW_MS + 20)
    await store.revoke_web_session(key(99), NOW_MS + 20)
    assert [row.token_sha256 for row in await store.live_web_sessions(NOW_MS + 10)] == [key(3), key(4)]
    await store.revoke_web_sessions_of("ana", NOW_MS + 30)
    assert await store.live_web_sessions(NOW_MS + 10) == [web_session(4, username="ben")]


async def test_a_web_session_is_touched_forward_only(store: AccessStore) -> None:
    await store.add_web_session(web_session(1))
    await store.touch_web_session(key(1), NOW_MS + 60_000)
    await store.touch_web_session(key(1), NOW_MS + 30_000)
    await store.touch_web_session(key(2), NOW_MS)
    assert await store.live_web_sessions(NOW_MS) == [web_session(1, seen_at_ms=NOW_MS + 60_000)]


async def test_a_web_session_is_opened_once(store: AccessStore) -> None:
    await store.add_web_session(web_session(1))
    with pytest.raises(AlreadyThere):
        await store.add_web_session(web_session(1))


async def test_a_ticket_lets_in_once(store: AccessStore) -> None:
    await store.add_ticket(ticket())
    used = await asyncio.gather(*(store.use_ticket(key(1), NOW_MS + 5) for _ in range(20)))
    assert [row for row in used if row is not None] == [replace(ticket(), used_at_ms=NOW_MS + 5)]


async def test_a_ticket_ends(store: AccessStore) -> None:
    await store.add_ticket(ticket())
    assert await store.use_ticket(key(1), NOW_MS + 600_000) is None
    assert await store.use_ticket(key(2), NOW_MS) is None
    with pytest.raises(AlreadyThere):
        await store.add_ticket(ticket())


async def test_devices_come_back_as_they_were(store: AccessStore) -> None:
    await store.add_device(device("b", 2))
    await store.add_device(device("a", 1))
    assert await store.devices() == [device("a", 1), device("b", 2)]
    assert (await store.device("b"), await store.device("c")) == (device("b", 2), None)


@pytest.mark.parametrize("second", [device("sim-room-1", 2), device("sim-room-2", 1)])
async def test_a_device_and_a_token_are_registered_once(store: AccessStore, second: DeviceRow) -> None:
    await store.add_device(device())
    with pytest.raises(AlreadyThere):
        await store.add_device(second)
    assert await store.devices() == [device()]


async def test_a_device_gets_a_new_token_until_it_is_revoked(store: AccessStore) -> None:
    await store.add_device(device())
    await store.replace_device_token("sim-room-1", key(2))
    await store.revoke_device("sim-room-1", NOW_MS + 1)
    await store.revoke_device("sim-room-1", NOW_MS + 2)
    assert await store.devices() == [replace(device(), token_sha256=key(2), revoked_at_ms=NOW_MS + 1)] == [await store.device("sim-room-1")]
    for refused in (store.replace_device_token("sim-room-1", key(3)), store.replace_device_token("x", key(3)), store.revoke_device("x", 1)):
        with pytest.raises(NotThere):
            await refused
    with pytest.raises(AlreadyThere):
        await store.add_device(device("sim-room-1", 9))


async def test_the_access_log_is_read_from_its_end(store: AccessStore) -> None:
    rows = [
        AccessLogRow(
            at_ms=NOW_MS + n, kind=AccessKind.LOGIN_FAILED, who=None if n % 2 else "ana", address="127.0.0.1", what="/auth", times=n
        )
        for n in range(1, 8)
    ]
    await store.log_access(rows[:4])
    await store.log_access([])
    await store.log_access(rows[4:])
    numbered = [replace(row, no=no) for no, row in enumerate(rows, start=1)]
    assert await store.access_log() == numbered[::-1]
    assert await store.access_log(before_no=5, limit=2) == [numbered[3], numbered[2]]
    assert await store.access_log(before_no=1) == []


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    made = opened(tmp_path / "data")
    await made.close()
    for call in (made.access.add_person(ANA), made.access.people(), made.access.use_ticket(key(1), NOW_MS)):
        with pytest.raises(AccessStoreFailed) as failed:
            await call
        assert failed.value.kind == "closed"


async def test_access_outlives_the_process(tmp_path: Path) -> None:
    made = opened(tmp_path / "data")
    await made.access.add_person(ANA)
    await made.access.add_device(device())
    await made.close()
    again = opened(tmp_path / "data")
    assert await again.access.people() == [ANA]
    assert await again.access.devices() == [device()]
    await again.close()


async def test_what_expired_long_ago_goes(tmp_path: Path) -> None:
    """Nobody asks for it any more; the access log tells who came in."""
    made = opened(tmp_path / "data")
    await made.access.add_web_session(web_session(1, expires_at_ms=NOW_MS))
    await made.access.add_ticket(ticket(1))
    await made.access.add_web_session(web_session(2, created_at_ms=NOW_MS + 31 * DAY_MS, expires_at_ms=NOW_MS + 32 * DAY_MS))
    await made.access.add_ticket(replace(ticket(2), created_at_ms=NOW_MS + 2 * DAY_MS, expires_at_ms=NOW_MS + 3 * DAY_MS))
    await made.access.add_web_session(web_session(1))
    await made.access.add_ticket(ticket(1))
    await made.close()


LINE = AccessLogRow(at_ms=NOW_MS, kind=AccessKind.READ, who="ana", address=None, what="S-000001")


async def test_the_access_log_is_chained_across_writes(store: AccessStore) -> None:
    assert await store.access_head() is None
    assert await store.check_access() == ChainCheck(0, None, None)
    rows = [replace(LINE, what=f"S-00000{number}", no=number) for number in range(1, 5)]
    for some in (rows[:3], [], rows[3:]):
        await store.log_access(some)
    expected = list(chained(rows, None))
    assert await store.find_access(AccessQuery()) == expected[::-1]
    assert await store.access_head() == expected[-1].head
    assert await store.check_access(expected[1].head) == ChainCheck(4, None, expected[-1].head)
    assert (await store.check_access(AccessHead(2, "0" * 64))).broken_no == 2


async def test_the_access_log_is_asked_by_each_of_its_columns(store: AccessStore) -> None:
    rows = [
        LINE,
        replace(LINE, at_ms=NOW_MS + 10, who="ben", kind=AccessKind.EXPORT),
        replace(LINE, at_ms=NOW_MS + 20, what="S-000002", kind=AccessKind.DENIED),
        replace(LINE, at_ms=NOW_MS + 30, who=None),
    ]
    await store.log_access(rows)

    async def numbers(**asked: object) -> list[int]:
        return [found.row.no for found in await store.find_access(AccessQuery(**asked))]

    assert await numbers() == [4, 3, 2, 1]
    assert await numbers(who="ana") == [3, 1]
    assert await numbers(what="S-000001") == [4, 2, 1]
    assert await numbers(kinds=frozenset({AccessKind.EXPORT, AccessKind.DENIED})) == [3, 2]
    assert await numbers(kinds=frozenset()) == []
    assert await numbers(from_ms=NOW_MS + 10, until_ms=NOW_MS + 30) == [3, 2]
    assert await numbers(who="ana", before_no=3, limit=5) == [1]
    assert await numbers(limit=2) == [4, 3]
