"""Login with a password: the gate first, then the password, then the log."""

from typing import Final

from monitor.access.log import AccessLog
from monitor.access.login_gate import LoginGate
from monitor.access.people import People
from monitor.access.ports import AccessKind, AccessStore, PersonRow

MAX_WAITING: Final = 8
MAX_WAITING_KNOWN: Final = 16
BUSY_WAIT_MS: Final = 2_000
MAX_REMEMBERED_ROWS: Final = 1_000
_MAX_USERNAME: Final = 64


class LoginRefused(Exception):
    """Nobody comes in. `reason`: wrong_credentials, held_back, busy, ticket_refused. `retry_after_s` is 0 where waiting changes nothing."""

    def __init__(self, reason: str, retry_after_s: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


class PasswordLogin:
    """Bound: 8 attempts wait for their turn to be hashed, 16 with those from known addresses; at the bound one is refused as `busy`,
    unlooked at."""

    def __init__(self, store: AccessStore, people: People, gate: LoginGate, log: AccessLog) -> None:
        self._store = store
        self._people = people
        self._gate = gate
        self._log = log
        self._waiting = 0

    async def check(self, username: str, password: str, address: str | None) -> PersonRow:
        """The person, or LoginRefused. The same for a wrong password, an unknown and a disabled person."""
        username = username.strip().lower()[:_MAX_USERNAME]
        wait_ms = self._gate.wait_ms(username, address)
        if wait_ms:
            await self._note(AccessKind.LOGIN_HELD_BACK, username, address)
            raise LoginRefused("held_back", seconds(wait_ms))
        if self._waiting >= (MAX_WAITING_KNOWN if self._gate.is_known(username, address) else MAX_WAITING):
            raise LoginRefused("busy", seconds(BUSY_WAIT_MS))
        self._gate.charge(username, address)
        self._waiting += 1
        try:
            row = await self._people.check(username, password)
        finally:
            self._waiting -= 1
        if row is None:
            await self._note(AccessKind.LOGIN_FAILED, username, address)
            raise LoginRefused("wrong_credentials")
        self._gate.succeeded(username, address)
        return row

    async def _note(self, kind: AccessKind, username: str, address: str | None) -> None:
        """Names only usernames that exist: people type their password into the wrong field."""
        is_person = await self._store.person(username) is not None
        detail = "" if is_person else "no such person"
        await self._log.note(kind, who=username if is_person else None, address=address, what="/auth/login", detail=detail)


async def remember_addresses(store: AccessStore, gate: LoginGate) -> None:
    """After a restart: the addresses of the newest 1,000 rows of the access log from which people came in are known again."""
    for row in reversed(await store.access_log(limit=MAX_REMEMBERED_ROWS)):
        if row.kind in {AccessKind.LOGIN_OK, AccessKind.TICKET_USED} and row.who is not None:
            gate.remember(row.who, row.address)


def seconds(wait_ms: int) -> int:
    """Rounded up: a client that waits this long is let in."""
    return -(-wait_ms // 1_000)
