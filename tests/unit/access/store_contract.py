"""What every AccessStore must do. A test class that inherits this and gives a `kept` fixture has all of it tested on its store."""

import asyncio

import pytest
from msgspec.structs import replace

from monitor.access.ports import (
    AccessKind,
    AccessLogRow,
    AccessStore,
    AlreadyThere,
    DeviceRow,
    LoginTicketRow,
    NotThere,
    PersonRow,
    WebSessionRow,
)
from monitor.access.roles import Role
from schemas.measurement import Mode

PERSON = PersonRow(username="m.kern", name="M. Kern ü", role=Role.CLINICIAN, password_hash="$argon2id$x", created_at_ms=1)
SESSION = WebSessionRow(token_sha256="a" * 64, username="m.kern", created_at_ms=1_000, seen_at_ms=1_000, expires_at_ms=9_000)
TICKET = LoginTicketRow(ticket_sha256="b" * 64, username="m.kern", created_at_ms=1_000, expires_at_ms=2_000)
DEVICE = DeviceRow(device="pump-1", mode=Mode.SIMULATED, source="ward 3", token_sha256="c" * 64, registered_at_ms=1, registered_by="m.kern")
LINE = AccessLogRow(at_ms=1, kind=AccessKind.LOGIN_OK, who="m.kern", address="10.0.0.7", what="clinician")


class AccessStoreContract:
    async def test_person_is_kept_whole_and_once(self, kept: AccessStore) -> None:
        assert await kept.person("m.kern") is None
        await kept.add_person(PERSON)
        await kept.add_person(replace(PERSON, username="a.ruiz", password_hash=None, disabled_at_ms=5))
        assert await kept.person("m.kern") == PERSON
        assert [row.username for row in await kept.people()] == ["a.ruiz", "m.kern"]
        with pytest.raises(AlreadyThere):
            await kept.add_person(replace(PERSON, name="other"))
        assert await kept.person("m.kern") == PERSON

    async def test_person_is_replaced_only_where_there_is_one(self, kept: AccessStore) -> None:
        with pytest.raises(NotThere):
            await kept.replace_person(PERSON)
        assert await kept.people() == []
        await kept.add_person(PERSON)
        changed = replace(PERSON, role=Role.ADMIN, disabled_at_ms=7, password_hash=None)
        await kept.replace_person(changed)
        assert await kept.person("m.kern") == changed

    async def test_live_sessions_are_neither_revoked_nor_expired_and_the_oldest_comes_first(self, kept: AccessStore) -> None:
        await kept.add_person(PERSON)
        older = replace(SESSION, token_sha256="d" * 64, created_at_ms=500)
        ended = replace(SESSION, token_sha256="e" * 64)
        for row in (SESSION, older, ended):
            await kept.add_web_session(row)
        await kept.revoke_web_session(ended.token_sha256, 3_000)
        assert await kept.live_web_sessions(8_999) == [older, SESSION]
        assert await kept.live_web_sessions(9_000) == []
        with pytest.raises(AlreadyThere):
            await kept.add_web_session(SESSION)

    async def test_use_of_a_session_never_goes_back_and_unknown_ones_are_ignored(self, kept: AccessStore) -> None:
        await kept.add_person(PERSON)
        await kept.add_web_session(SESSION)
        for seen_ms in (3_000, 2_000):
            await kept.touch_web_session(SESSION.token_sha256, seen_ms)
        await kept.touch_web_session("f" * 64, 3_000)
        await kept.revoke_web_session("f" * 64, 3_000)
        assert await kept.live_web_sessions(4_000) == [replace(SESSION, seen_at_ms=3_000)]

    async def test_all_sessions_of_one_person_end_and_no_other(self, kept: AccessStore) -> None:
        await kept.add_person(PERSON)
        await kept.add_person(replace(PERSON, username="a.ruiz"))
        other = replace(SESSION, token_sha256="d" * 64, username="a.ruiz")
        for row in (SESSION, replace(SESSION, token_sha256="e" * 64), other):
            await kept.add_web_session(row)
        await kept.revoke_web_sessions_of("m.kern", 2_000)
        assert await kept.live_web_sessions(3_000) == [other]

    async def test_ticket_is_used_once_before_it_expires(self, kept: AccessStore) -> None:
        await kept.add_person(PERSON)
        await kept.add_ticket(TICKET)
        late = replace(TICKET, ticket_sha256="d" * 64)
        await kept.add_ticket(late)
        with pytest.raises(AlreadyThere):
            await kept.add_ticket(TICKET)
        assert await kept.use_ticket("f" * 64, 1_500) is None
        assert await kept.use_ticket(late.ticket_sha256, 2_000) is None
        assert await kept.use_ticket(TICKET.ticket_sha256, 1_999) == replace(TICKET, used_at_ms=1_999)
        assert await kept.use_ticket(TICKET.ticket_sha256, 1_999) is None

    async def test_of_fifty_uses_of_a_ticket_at_once_one_gets_it(self, kept: AccessStore) -> None:
        await kept.add_person(PERSON)
        await kept.add_ticket(TICKET)
        answers = await asyncio.gather(*(kept.use_ticket(TICKET.ticket_sha256, 1_500) for _ in range(50)))
        assert len([answer for answer in answers if answer is not None]) == 1

    async def test_device_and_its_token_are_taken_once_for_ever(self, kept: AccessStore) -> None:
        await kept.add_device(DEVICE)
        for taken in (replace(DEVICE, token_sha256="d" * 64), replace(DEVICE, device="pump-2")):
            with pytest.raises(AlreadyThere):
                await kept.add_device(taken)
        await kept.revoke_device("pump-1", 5)
        await kept.revoke_device("pump-1", 6)
        assert await kept.devices() == [replace(DEVICE, revoked_at_ms=5)]
        with pytest.raises(AlreadyThere):
            await kept.add_device(replace(DEVICE, token_sha256="d" * 64))

    async def test_token_is_replaced_for_a_registered_device_alone(self, kept: AccessStore) -> None:
        for change in (kept.replace_device_token("pump-1", "d" * 64), kept.revoke_device("pump-1", 5)):
            with pytest.raises(NotThere):
                await change
        await kept.add_device(DEVICE)
        await kept.replace_device_token("pump-1", "d" * 64)
        assert await kept.devices() == [replace(DEVICE, token_sha256="d" * 64)]
        await kept.revoke_device("pump-1", 5)
        with pytest.raises(NotThere):
            await kept.replace_device_token("pump-1", "e" * 64)

    async def test_access_log_numbers_its_rows_and_is_read_newest_first(self, kept: AccessStore) -> None:
        await kept.log_access([replace(LINE, what="1"), replace(LINE, what="2", who=None, address=None, times=7, no=99)])
        await kept.log_access([replace(LINE, what="3", kind=AccessKind.EXPORT, detail="csv")])
        await kept.log_access([])
        rows = await kept.access_log()
        assert [(row.no, row.what) for row in rows] == [(3, "3"), (2, "2"), (1, "1")]
        assert rows[0] == replace(LINE, what="3", kind=AccessKind.EXPORT, detail="csv", no=3)
        assert rows[1] == replace(LINE, what="2", who=None, address=None, times=7, no=2)
        assert [row.no for row in await kept.access_log(before_no=3, limit=1)] == [2]
        assert await kept.access_log(before_no=1) == []
