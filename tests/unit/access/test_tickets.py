"""Login tickets: once, for one person, within ten minutes."""

import asyncio

import pytest

from monitor.access.control import Opened
from monitor.access.login import LoginRefused
from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import AccessKind, AccessLogRow, AccessStoreFailed, LoginTicketRow, NotThere
from monitor.access.roles import Role
from tests.unit.access.door import CountingHasher, Door, HandClock


async def add_demo(door: Door) -> str:
    await door.add_person("demo", "Demo", Role.CLINICIAN, password=None, by="test")
    return await door.issue_ticket("demo", by="test")


async def use(door: Door, ticket: str, address: str) -> Opened | str:
    try:
        return await door.use_ticket(ticket, address)
    except LoginRefused as refused:
        return refused.reason


async def test_ticket_lets_its_person_in_once(door: Door) -> None:
    ticket = await add_demo(door)
    opened = await door.use_ticket(ticket, "10.0.0.7")
    assert opened.person.username == "demo"
    with pytest.raises(LoginRefused, match="ticket_refused"):
        await door.use_ticket(ticket, "10.0.0.7")
    assert await door.logged() == [
        AccessKind.PERSON_ADDED,
        AccessKind.TICKET_ISSUED,
        AccessKind.TICKET_USED,
        AccessKind.TICKET_REFUSED,
    ]
    assert ticket not in repr(vars(door.store))


@pytest.mark.parametrize("addresses", [1, 50])
async def test_of_fifty_at_once_one_comes_in(door: Door, addresses: int) -> None:
    ticket = await add_demo(door)
    answers = await asyncio.gather(*(use(door, ticket, f"10.0.0.{number % addresses}") for number in range(50)))
    assert len([answer for answer in answers if isinstance(answer, Opened)]) == 1
    assert len(door.store._web_sessions) == 1


class ForgetfulStore(MemoryAccessStore):
    """Looks at a ticket, then marks it: the mistake that the promise of `use_ticket` forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.all_have_looked = asyncio.Barrier(50)

    async def use_ticket(self, ticket_sha256: str, at_ms: int) -> LoginTicketRow | None:
        row = self._tickets.get(ticket_sha256)
        await self.all_have_looked.wait()
        if row is None or row.used_at_ms is not None or row.expires_at_ms <= at_ms:
            return None
        await super().use_ticket(ticket_sha256, at_ms)
        return row


async def test_the_test_of_fifty_would_notice_a_store_that_looks_before_it_marks(clock: HandClock) -> None:
    door = Door(ForgetfulStore(), clock, CountingHasher())
    await door.start()
    ticket = await add_demo(door)
    answers = await asyncio.gather(*(use(door, ticket, f"10.0.0.{number}") for number in range(50)))
    assert len([answer for answer in answers if isinstance(answer, Opened)]) == 50


@pytest.mark.parametrize(("after_s", "comes_in"), [(599.999, True), (600, False)])
async def test_ticket_lives_ten_minutes(door: Door, after_s: float, comes_in: bool) -> None:
    ticket = await add_demo(door)
    door.clock.pass_s(after_s)
    assert isinstance(await use(door, ticket, "10.0.0.7"), Opened) is comes_in


async def test_ticket_of_a_disabled_or_unknown_person_lets_nobody_in(door: Door) -> None:
    ticket = await add_demo(door)
    await door.set_disabled("demo", disabled=True, by="admin")
    assert await use(door, ticket, "10.0.0.7") == "ticket_refused"
    for username in ("demo", "nobody"):
        with pytest.raises(NotThere):
            await door.issue_ticket(username, by="test")


async def test_guessed_tickets_are_held_back_by_address(door: Door) -> None:
    answers = [await use(door, f"inf_ticket_{number:043d}", "203.0.113.9") for number in range(1_000)]
    assert answers.count("ticket_refused") == 20
    assert answers.count("held_back") == 980
    ticket = await add_demo(door)
    assert isinstance(await use(door, ticket, "10.0.0.7"), Opened)


class NoLogStore(MemoryAccessStore):
    fails = False

    async def log_access(self, rows: list[AccessLogRow]) -> None:
        if self.fails:
            raise AccessStoreFailed("full")
        await super().log_access(rows)


async def test_login_that_cannot_be_recorded_does_not_happen(clock: HandClock) -> None:
    store = NoLogStore()
    door = Door(store, clock, CountingHasher())
    await door.start()
    ticket = await add_demo(door)
    store.fails = True
    with pytest.raises(AccessStoreFailed):
        await door.use_ticket(ticket, "10.0.0.7")
    assert await store.live_web_sessions(clock()) == []
