"""People, web sessions, login tickets, devices and the access log, in the same file as the record.

Writes go through the writer's thread, each in a transaction of its own, so that "exactly one of many" needs no lock of its own; reads go to
the readers. A job says no by its result and has then written nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Final, Protocol, TypeVar

import msgspec

from monitor.access.chain import GENESIS, ChainWalk, chained
from monitor.access.ports import (
    MAX_ACCESS_ROWS,
    AccessHead,
    AccessKind,
    AccessLogRow,
    AccessQuery,
    AccessStoreFailed,
    AlreadyThere,
    ChainCheck,
    ChainedRow,
    DeviceRow,
    LoginTicketRow,
    NotThere,
    PersonRow,
    WebSessionRow,
)
from monitor.store.connection import Connection
from monitor.store.ports import StoreFailed

_T = TypeVar("_T")
_R = TypeVar("_R", bound=msgspec.Struct)
_DAY_MS: Final = 86_400_000
_KINDS: Final = frozenset(kind.value for kind in AccessKind)


class Write(Protocol):
    def __call__(self, job: Callable[[Connection], _T], /) -> Awaitable[_T]: ...


class Read(Protocol):
    def __call__(self, work: Callable[..., _T], /, *arguments: Any) -> Awaitable[_T]: ...


class SqlAccessStore:
    """Rows of access control. Every method raises AccessStoreFailed where the store fails."""

    def __init__(self, write: Write, read: Read) -> None:
        self._write_job = write
        self._read_work = read

    # People

    async def add_person(self, row: PersonRow) -> None:
        await self._insert("person", row, row.username)

    async def replace_person(self, row: PersonRow) -> None:
        values = (row.name, row.role.value, row.password_hash, row.created_at_ms, row.disabled_at_ms, row.username)
        statement = "UPDATE person SET name = ?, role = ?, password_hash = ?, created_at_ms = ?, disabled_at_ms = ? WHERE username = ?"
        if not await self._update(statement, values):
            raise NotThere(row.username)

    async def person(self, username: str) -> PersonRow | None:
        rows = await self._select(PersonRow, "person", "WHERE username = ?", username)
        return rows[0] if rows else None

    async def people(self) -> list[PersonRow]:
        return await self._select(PersonRow, "person", "ORDER BY username")

    # Web sessions

    async def add_web_session(self, row: WebSessionRow) -> None:
        old_ms = row.created_at_ms - 30 * _DAY_MS
        await self._insert("web_session", row, row.token_sha256, ("DELETE FROM web_session WHERE expires_at_ms < ?", (old_ms,)))

    async def live_web_sessions(self, at_ms: int) -> list[WebSessionRow]:
        which = "WHERE revoked_at_ms IS NULL AND expires_at_ms > ? ORDER BY created_at_ms, rowid"
        return await self._select(WebSessionRow, "web_session", which, at_ms)

    async def touch_web_session(self, token_sha256: str, seen_at_ms: int) -> None:
        await self._update("UPDATE web_session SET seen_at_ms = max(seen_at_ms, ?) WHERE token_sha256 = ?", (seen_at_ms, token_sha256))

    async def revoke_web_session(self, token_sha256: str, at_ms: int) -> None:
        await self._update(
            "UPDATE web_session SET revoked_at_ms = ? WHERE token_sha256 = ? AND revoked_at_ms IS NULL", (at_ms, token_sha256)
        )

    async def revoke_web_sessions_of(self, username: str, at_ms: int) -> None:
        await self._update("UPDATE web_session SET revoked_at_ms = ? WHERE username = ? AND revoked_at_ms IS NULL", (at_ms, username))

    # Login tickets

    async def add_ticket(self, row: LoginTicketRow) -> None:
        old_ms = row.created_at_ms - _DAY_MS
        await self._insert("login_ticket", row, row.ticket_sha256, ("DELETE FROM login_ticket WHERE expires_at_ms < ?", (old_ms,)))

    async def use_ticket(self, ticket_sha256: str, at_ms: int) -> LoginTicketRow | None:
        def use(connection: Connection) -> LoginTicketRow | None:
            mark = "UPDATE login_ticket SET used_at_ms = ? WHERE ticket_sha256 = ? AND used_at_ms IS NULL AND expires_at_ms > ?"
            if connection.execute(mark, (at_ms, ticket_sha256, at_ms)).rowcount != 1:
                return None
            return _select(connection, LoginTicketRow, "login_ticket", "WHERE ticket_sha256 = ?", ticket_sha256)[0]

        return await self._write(use)

    # Devices

    async def add_device(self, row: DeviceRow) -> None:
        await self._insert("device", row, row.device)

    async def replace_device_token(self, device: str, token_sha256: str) -> None:
        if not await self._update("UPDATE device SET token_sha256 = ? WHERE device = ? AND revoked_at_ms IS NULL", (token_sha256, device)):
            raise NotThere(device)

    async def revoke_device(self, device: str, at_ms: int) -> None:
        if not await self._update("UPDATE device SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE device = ?", (at_ms, device)):
            raise NotThere(device)

    async def device(self, device: str) -> DeviceRow | None:
        rows = await self._select(DeviceRow, "device", "WHERE device = ?", device)
        return rows[0] if rows else None

    async def devices(self) -> list[DeviceRow]:
        return await self._select(DeviceRow, "device", "ORDER BY device")

    # Access log

    async def log_access(self, rows: list[AccessLogRow]) -> None:
        await self._write(lambda connection: append_rows(connection, rows))

    async def access_log(self, *, before_no: int | None = None, limit: int = 200) -> list[AccessLogRow]:
        return [found.row for found in await self.find_access(AccessQuery(before_no=before_no, limit=limit))]

    async def find_access(self, query: AccessQuery) -> list[ChainedRow]:
        return await self._read(_find, query)

    async def access_head(self) -> AccessHead | None:
        return await self._read(_head)

    async def check_access(self, expected: AccessHead | None = None) -> ChainCheck:
        return await self._read(_check, expected)

    # How

    async def _insert(self, table: str, row: msgspec.Struct, key: str, clear: tuple[str, tuple[int, ...]] | None = None) -> None:
        """Raises AlreadyThere. `clear` drops what has long expired."""
        columns = row.__struct_fields__
        values = [_plain(getattr(row, column)) for column in columns]
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - names are ours

        def insert(connection: Connection) -> None:
            if clear is not None:
                connection.execute(*clear)
            connection.execute(statement, values)

        try:
            await self._write(insert)
        except AccessStoreFailed as error:
            if error.kind == "constraint":
                raise AlreadyThere(key) from error
            raise

    async def _update(self, statement: str, values: tuple[object, ...]) -> int:
        """How many rows it changed."""
        return await self._write(lambda connection: int(connection.execute(statement, values).rowcount))

    async def _select(self, form: type[_R], table: str, which: str, *values: object) -> list[_R]:
        return await self._read(_select, form, table, which, *values)

    async def _read(self, work: Callable[..., _T], *arguments: Any) -> _T:
        try:
            return await self._read_work(work, *arguments)
        except StoreFailed as error:
            raise AccessStoreFailed(error.kind, error.detail) from error

    async def _write(self, job: Callable[[Connection], _T]) -> _T:
        try:
            return await self._write_job(job)
        except StoreFailed as error:
            raise AccessStoreFailed(error.kind, error.detail) from error


def _select(connection: Connection, form: type[_R], table: str, which: str, *values: object) -> list[_R]:
    """Rows as structs. Raises msgspec.ValidationError for a row that no version of the monitor wrote."""
    columns = form.__struct_fields__
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table} {which}", values)  # noqa: S608 - names are ours
    return [msgspec.convert(dict(zip(columns, row, strict=True)), form) for row in rows]


# The access log is chained: one job of the writer at a time, so nothing comes between the last digest and the next.


def append_rows(connection: Connection, rows: list[AccessLogRow]) -> None:
    columns = (*AccessLogRow.__struct_fields__, "digest")
    values = [
        (*(_plain(getattr(new.row, column)) for column in AccessLogRow.__struct_fields__), bytes.fromhex(new.digest))
        for new in chained(rows, _head(connection))
    ]
    connection.executemany(f"INSERT INTO access_log ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", values)  # noqa: S608 - names are ours


def _head(connection: Connection) -> AccessHead | None:
    row = connection.execute("SELECT no, digest FROM access_log ORDER BY no DESC LIMIT 1").fetchone()
    return None if row is None else AccessHead(row[0], row[1].hex())


def _find(connection: Connection, query: AccessQuery) -> list[ChainedRow]:
    terms: list[tuple[str, object]] = [("a.no < ?", 1 << 62 if query.before_no is None else query.before_no)]
    given = (("who = ?", query.who), ("what = ?", query.what), ("at_ms >= ?", query.from_ms), ("at_ms < ?", query.until_ms))
    terms += [(f"a.{term}", value) for term, value in given if value is not None]
    where = " AND ".join(term for term, _ in terms)
    values = [value for _, value in terms]
    if query.kinds is not None:
        where += f" AND a.kind IN ({', '.join('?' * len(query.kinds))})"
        values += sorted(kind.value for kind in query.kinds)
    names = ", ".join(f"a.{column}" for column in AccessLogRow.__struct_fields__)
    statement = (
        f"SELECT a.digest, b.digest, {names} FROM access_log AS a LEFT JOIN access_log AS b ON b.no = a.no - 1 "  # noqa: S608 - names are ours
        f"WHERE {where} ORDER BY a.no DESC LIMIT ?"
    )
    rows = connection.execute(statement, (*values, min(query.limit, MAX_ACCESS_ROWS))).fetchall()
    return [ChainedRow(_access_row(row), (before or GENESIS).hex(), digest.hex()) for digest, before, *row in rows]


def _check(connection: Connection, expected: AccessHead | None) -> ChainCheck:
    names = ", ".join(AccessLogRow.__struct_fields__)
    walk = ChainWalk(expected)
    for digest, *row in connection.execute(f"SELECT digest, {names} FROM access_log ORDER BY no"):  # noqa: S608 - names are ours
        if not walk.take(_access_row(row), digest):
            break
    return walk.end()


def _access_row(row: Sequence[object]) -> AccessLogRow:
    """As it is kept, whatever stands there: a kind that no version wrote is what a check must find, and a list must show."""
    fields: dict[str, Any] = dict(zip(AccessLogRow.__struct_fields__, row, strict=True))
    if fields["kind"] in _KINDS:
        fields["kind"] = AccessKind(fields["kind"])
    return AccessLogRow(**fields)


def _plain(value: object) -> object:
    """An enumeration as its text; the driver takes no subclass of str for one."""
    return value.value if isinstance(value, Enum) else value
