"""An AccessStore that lives in memory: for tests, and the plainest statement of what the SQL one must do."""

from msgspec.structs import replace

from monitor.access.chain import ChainWalk, chained
from monitor.access.ports import (
    MAX_ACCESS_ROWS,
    AccessHead,
    AccessLogRow,
    AccessQuery,
    AlreadyThere,
    ChainCheck,
    ChainedRow,
    DeviceRow,
    LoginTicketRow,
    NotThere,
    PersonRow,
    WebSessionRow,
)


class MemoryAccessStore:
    """Holds what it is given for as long as it lives, without a bound. `reads` counts the calls that read, for tests of caches."""

    def __init__(self) -> None:
        self._people: dict[str, PersonRow] = {}
        self._web_sessions: dict[str, WebSessionRow] = {}
        self._tickets: dict[str, LoginTicketRow] = {}
        self._devices: dict[str, DeviceRow] = {}
        self._log: list[ChainedRow] = []
        self.reads = 0

    async def add_person(self, row: PersonRow) -> None:
        if row.username in self._people:
            raise AlreadyThere(row.username)
        self._people[row.username] = row

    async def replace_person(self, row: PersonRow) -> None:
        if row.username not in self._people:
            raise NotThere(row.username)
        self._people[row.username] = row

    async def person(self, username: str) -> PersonRow | None:
        self.reads += 1
        return self._people.get(username)

    async def people(self) -> list[PersonRow]:
        self.reads += 1
        return [self._people[username] for username in sorted(self._people)]

    async def add_web_session(self, row: WebSessionRow) -> None:
        if row.token_sha256 in self._web_sessions:
            raise AlreadyThere(row.token_sha256)
        self._web_sessions[row.token_sha256] = row

    async def live_web_sessions(self, at_ms: int) -> list[WebSessionRow]:
        self.reads += 1
        live = [row for row in self._web_sessions.values() if row.revoked_at_ms is None and row.expires_at_ms > at_ms]
        return sorted(live, key=lambda row: row.created_at_ms)

    async def touch_web_session(self, token_sha256: str, seen_at_ms: int) -> None:
        row = self._web_sessions.get(token_sha256)
        if row is not None:
            self._web_sessions[token_sha256] = replace(row, seen_at_ms=max(row.seen_at_ms, seen_at_ms))

    async def revoke_web_session(self, token_sha256: str, at_ms: int) -> None:
        row = self._web_sessions.get(token_sha256)
        if row is not None and row.revoked_at_ms is None:
            self._web_sessions[token_sha256] = replace(row, revoked_at_ms=at_ms)

    async def revoke_web_sessions_of(self, username: str, at_ms: int) -> None:
        for row in list(self._web_sessions.values()):
            if row.username == username:
                await self.revoke_web_session(row.token_sha256, at_ms)

    async def add_ticket(self, row: LoginTicketRow) -> None:
        if row.ticket_sha256 in self._tickets:
            raise AlreadyThere(row.ticket_sha256)
        self._tickets[row.ticket_sha256] = row

    async def use_ticket(self, ticket_sha256: str, at_ms: int) -> LoginTicketRow | None:
        row = self._tickets.get(ticket_sha256)
        if row is None or row.used_at_ms is not None or row.expires_at_ms <= at_ms:
            return None
        used = replace(row, used_at_ms=at_ms)
        self._tickets[ticket_sha256] = used
        return used

    async def add_device(self, row: DeviceRow) -> None:
        if row.device in self._devices or any(other.token_sha256 == row.token_sha256 for other in self._devices.values()):
            raise AlreadyThere(row.device)
        self._devices[row.device] = row

    async def replace_device_token(self, device: str, token_sha256: str) -> None:
        row = self._devices.get(device)
        if row is None or row.revoked_at_ms is not None:
            raise NotThere(device)
        self._devices[device] = replace(row, token_sha256=token_sha256)

    async def revoke_device(self, device: str, at_ms: int) -> None:
        row = self._devices.get(device)
        if row is None:
            raise NotThere(device)
        if row.revoked_at_ms is None:
            self._devices[device] = replace(row, revoked_at_ms=at_ms)

    async def device(self, device: str) -> DeviceRow | None:
        return self._devices.get(device)

    async def devices(self) -> list[DeviceRow]:
        self.reads += 1
        return [self._devices[device] for device in sorted(self._devices)]

    async def log_access(self, rows: list[AccessLogRow]) -> None:
        self._log.extend(list(chained(rows, self._head())))

    async def access_log(self, *, before_no: int | None = None, limit: int = 200) -> list[AccessLogRow]:
        return [found.row for found in await self.find_access(AccessQuery(before_no=before_no, limit=limit))]

    async def find_access(self, query: AccessQuery) -> list[ChainedRow]:
        self.reads += 1
        found = [kept for kept in reversed(self._log) if _is_asked_for(kept.row, query)]
        return found[: min(query.limit, MAX_ACCESS_ROWS)]

    async def access_head(self) -> AccessHead | None:
        return self._head()

    async def check_access(self, expected: AccessHead | None = None) -> ChainCheck:
        walk = ChainWalk(expected)
        for kept in self._log:
            walk.take(kept.row, bytes.fromhex(kept.digest))
        return walk.end()

    def _head(self) -> AccessHead | None:
        return self._log[-1].head if self._log else None


def _is_asked_for(row: AccessLogRow, query: AccessQuery) -> bool:
    return (
        (query.who is None or row.who == query.who)
        and (query.what is None or row.what == query.what)
        and (query.kinds is None or row.kind in query.kinds)
        and (query.from_ms is None or row.at_ms >= query.from_ms)
        and (query.until_ms is None or row.at_ms < query.until_ms)
        and (query.before_no is None or row.no < query.before_no)
    )
