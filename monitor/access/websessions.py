"""Web sessions of people: opened at login, ended by logout, by time, or by a change of the person.

All live sessions are held in memory, because every request asks: the store is read at most once in five seconds, whatever arrives, and
an unknown token costs no read at all. What this process ends is over at once; what another process wrote (a command line, while the
server runs) is seen by the first request or `refresh` five seconds later. If the store cannot be read within a second, the sessions
already known go on: a ward that is being watched does not go dark because a disk did.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from monitor.access import tokens
from monitor.access.ports import AccessStore, AccessStoreFailed, PersonRow, WebSessionRow
from monitor.access.roles import Person

HOUR_MS: Final = 3_600_000
ABSOLUTE_MS: Final = 12 * HOUR_MS
IDLE_MS: Final = 12 * HOUR_MS
REFRESH_MS: Final = 5_000
READ_WITHIN_S: Final = 1.0
TOUCH_MS: Final = 60_000
MAX_PER_PERSON: Final = 20
MAX_LIVE: Final = 10_000


class WebSessions:
    """`failed_reads`: reads and notes of use that the store refused.

    Bounds: 20 live sessions a person and 10,000 in all; at either bound the oldest is ended."""

    def __init__(self, store: AccessStore, now_ms: Callable[[], int], *, idle_ms: int = IDLE_MS, absolute_ms: int = ABSOLUTE_MS) -> None:
        self._store = store
        self._now_ms = now_ms
        self._idle_ms = idle_ms
        self._absolute_ms = absolute_ms
        self._live: dict[str, WebSessionRow] = {}  # by session key, oldest first
        self._touched_ms: dict[str, int] = {}
        self._people: dict[str, PersonRow] = {}
        self._ended: dict[str, int] = {}  # session key -> when it would have expired: no reload brings it back
        self._changes = 0  # of people, as far as this process made them: a read that began before must not undo them
        self._refreshed_ms: int | None = None
        self._refreshing = asyncio.Lock()
        self.failed_reads = 0

    async def open(self, row: PersonRow) -> tuple[str, Person]:
        """A new session. Returns the token for the cookie (shown once) and the person. Raises AccessStoreFailed."""
        now_ms = self._now_ms()
        token = tokens.new_token(tokens.WEB_SESSION)
        key = tokens.fingerprint(token, tokens.WEB_SESSION)
        assert key is not None
        session = WebSessionRow(
            token_sha256=key, username=row.username, created_at_ms=now_ms, seen_at_ms=now_ms, expires_at_ms=now_ms + self._absolute_ms
        )
        await self._store.add_web_session(session)
        self._changes += 1
        self._live[key] = session
        self._people[row.username] = row
        await self._end_surplus(row.username)
        return token, Person(username=row.username, name=row.name, role=row.role, session_key=key)

    async def verify(self, token: str) -> Person | None:
        """The person behind a cookie, or None. Counts as use. Raises AccessStoreFailed only while the store has never been read."""
        key = tokens.fingerprint(token, tokens.WEB_SESSION)
        if key is None:
            return None
        await self.refresh()
        now_ms = self._now_ms()
        person = self._person(key, now_ms)
        if person is None or now_ms - self._live[key].seen_at_ms >= self._idle_ms:
            return None
        await self._touch(key, now_ms)
        return person

    def still_valid(self, person: Person) -> bool:
        """For what outlasts a request: not ended, not past its absolute end, the person still there in the same role. Costs no I/O.

        Idle time does not count here: a screen that is watched without a click must not go blank (its next action needs a new login)."""
        return self._person(person.session_key, self._now_ms()) == person

    async def end(self, session_key: str) -> None:
        """Over at once, also where the store then fails (AccessStoreFailed)."""
        self._forget(session_key)
        await self._store.revoke_web_session(session_key, self._now_ms())

    async def end_all_of(self, username: str) -> None:
        """Over at once: logout everywhere, password or role changed, person disabled."""
        for key in [key for key, row in self._live.items() if row.username == username]:
            self._forget(key)
        await self._store.revoke_web_sessions_of(username, self._now_ms())

    async def refresh(self) -> None:
        """Reads sessions and people again if the last read is older than five seconds. One reader at a time, the others wait for it."""
        if not self._is_due():
            return
        async with self._refreshing:
            if self._is_due():
                await self._read()

    def _is_due(self) -> bool:
        return self._refreshed_ms is None or self._now_ms() - self._refreshed_ms >= REFRESH_MS

    async def _read(self) -> None:
        now_ms, changes, before = self._now_ms(), self._changes, set(self._live)
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                rows = await self._store.live_web_sessions(now_ms)
                people = await self._store.people()
        except (AccessStoreFailed, TimeoutError) as error:
            if self._refreshed_ms is None:
                raise AccessStoreFailed("unread", "the store of people has not answered yet") from error
            self.failed_reads += 1
            self._refreshed_ms = now_ms
            return
        self._refreshed_ms = now_ms
        seen = {key: row.seen_at_ms for key, row in self._live.items()}
        opened_meanwhile = {key: row for key, row in self._live.items() if key not in before}
        live = {row.token_sha256: row for row in rows if row.token_sha256 not in self._ended} | opened_meanwhile
        self._live = {key: replace(row, seen_at_ms=max(row.seen_at_ms, seen.get(key, 0))) for key, row in live.items()}
        if changes == self._changes:
            self._people = {row.username: row for row in people}
        self._touched_ms = {key: at_ms for key, at_ms in self._touched_ms.items() if key in self._live}
        self._ended = {key: until_ms for key, until_ms in self._ended.items() if until_ms > now_ms}

    def _person(self, key: str, now_ms: int) -> Person | None:
        session = self._live.get(key)
        if session is None or session.expires_at_ms <= now_ms:
            return None
        row = self._people.get(session.username)
        if row is None or row.disabled_at_ms is not None:
            return None
        return Person(username=row.username, name=row.name, role=row.role, session_key=key)

    async def _touch(self, key: str, now_ms: int) -> None:
        self._live[key] = replace(self._live[key], seen_at_ms=now_ms)
        if now_ms - self._touched_ms.get(key, 0) < TOUCH_MS:
            return
        self._touched_ms[key] = now_ms
        try:
            await self._store.touch_web_session(key, now_ms)
        except AccessStoreFailed:
            self.failed_reads += 1  # memory knows the use; only a restart within the minute would not

    async def _end_surplus(self, username: str) -> None:
        own = [key for key, row in self._live.items() if row.username == username]
        surplus = own[:-MAX_PER_PERSON] if len(own) > MAX_PER_PERSON else list(self._live)[: max(0, len(self._live) - MAX_LIVE)]
        for key in surplus:
            await self.end(key)

    def _forget(self, key: str) -> None:
        self._changes += 1
        row = self._live.pop(key, None)
        self._ended[key] = row.expires_at_ms if row is not None else self._now_ms() + self._absolute_ms
        self._touched_ms.pop(key, None)
