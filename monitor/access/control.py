"""The door: everything the rest of the monitor asks of access control, with its access log.

Wire it once at start: `access = AccessControl(store, clock.now_ms)`, `await access.start()`, at shutdown `await access.stop()`. The clock
must be wall time, also where the rest of the monitor lives at another speed.
"""

from collections.abc import Callable

import msgspec
from argon2 import PasswordHasher

from monitor.access import websessions
from monitor.access.aside import WrittenAside
from monitor.access.devices import Devices
from monitor.access.log import AccessLog
from monitor.access.login import LoginRefused, PasswordLogin, remember_addresses, seconds
from monitor.access.login_gate import LoginGate
from monitor.access.people import People
from monitor.access.ports import AccessKind, AccessQuery, AccessStore, AccessStoreFailed, ChainCheck, ChainedRow, NotThere, PersonRow
from monitor.access.roles import Device, Person, Principal, Role
from monitor.access.tickets import Tickets
from monitor.access.websessions import WebSessions
from schemas.measurement import Mode


class Opened(msgspec.Struct, frozen=True):
    """A web session just opened. `token` goes into the cookie and nowhere else."""

    token: str
    person: Person


class AccessControl:
    """`idle_ms` and `absolute_ms` bound a web session. What writes may raise AccessStoreFailed: then nobody came in."""

    def __init__(
        self,
        store: AccessStore,
        now_ms: Callable[[], int],
        *,
        hasher: PasswordHasher | None = None,
        idle_ms: int = websessions.IDLE_MS,
        absolute_ms: int = websessions.ABSOLUTE_MS,
    ) -> None:
        self._store = store
        self._gate = LoginGate(now_ms)
        self.log = AccessLog(store, now_ms)
        self._aside = WrittenAside(self.log)
        self.people = People(store, now_ms, hasher)
        self.tickets = Tickets(store, now_ms)
        self.devices = Devices(store, now_ms)
        self.web_sessions = WebSessions(store, now_ms, idle_ms=idle_ms, absolute_ms=absolute_ms)
        self._password_login = PasswordLogin(store, self.people, self._gate, self.log)

    async def start(self) -> None:
        """Reads sessions, people and devices once. Raises AccessStoreFailed: without it nobody can come in."""
        await self.refresh()
        await remember_addresses(self._store, self._gate)

    async def stop(self) -> None:
        """Writes what is still on its way, and the refusals that are still only counted."""
        await self.settled()
        await self.log.flush()

    async def settled(self) -> None:
        """When everything that was seen so far is in the log."""
        await self._aside.settled()

    async def refresh(self) -> None:
        """Sees what another process wrote. Cheap where nothing is due; call it every few seconds if sockets stay open without requests."""
        await self.web_sessions.refresh()
        await self.devices.refresh()

    def still_valid(self, principal: Principal) -> bool:
        """For what lasts: close the connection (4401) as soon as this is False. No I/O, well under a microsecond a call."""
        if isinstance(principal, Device):
            return self.devices.still_valid(principal)
        return isinstance(principal, Person) and self.web_sessions.still_valid(principal)

    # Coming in and going out

    async def login(self, username: str, password: str, address: str | None) -> Opened:
        """Raises LoginRefused."""
        row = await self._password_login.check(username, password, address)
        return await self._open(row, AccessKind.LOGIN_OK, address)

    async def use_ticket(self, ticket: str, address: str | None) -> Opened:
        """Raises LoginRefused. A ticket of a disabled person is spent and lets nobody in."""
        wait_ms = self._gate.address_wait_ms(address)
        if wait_ms:
            raise LoginRefused("held_back", seconds(wait_ms))
        self._gate.charge_address(address)
        username = await self.tickets.use(ticket)
        row = None if username is None else await self._store.person(username)
        if row is None or row.disabled_at_ms is not None:
            await self.log.note(AccessKind.TICKET_REFUSED, who=username, address=address, what="/auth/ticket")
            raise LoginRefused("ticket_refused")
        self._gate.refund_address(address)
        self._gate.remember(row.username, address)
        return await self._open(row, AccessKind.TICKET_USED, address)

    async def logout(self, person: Person, address: str | None) -> None:
        await self.web_sessions.end(person.session_key)
        await self.log.record(AccessKind.LOGOUT, who=person.username, address=address, what="/auth/logout")

    async def issue_ticket(self, username: str, *, by: str) -> str:
        """A one-time login ticket; the link is `<base>/auth/ticket?ticket=<ticket>`. Raises NotThere for an unknown or disabled person."""
        row = await self._store.person(username)
        if row is None or row.disabled_at_ms is not None:
            raise NotThere(username)
        await self.log.record(AccessKind.TICKET_ISSUED, who=by, address=None, what=username)
        return await self.tickets.issue(username)

    # People

    async def add_person(self, username: str, name: str, role: Role, *, password: str | None, by: str) -> PersonRow:
        """Raises PersonRefused, AlreadyThere. Without a password the person comes in by ticket only."""
        row = await self.people.add(username, name, role, password=password)
        await self.log.record(AccessKind.PERSON_ADDED, who=by, address=None, what=username, detail=role)
        return row

    async def set_password(self, username: str, password: str, *, by: str) -> None:
        """Raises PersonRefused, NotThere. Ends all sessions of that person."""
        await self.people.set_password(username, password)
        await self._person_changed(username, by, "password")

    async def set_role(self, username: str, role: Role, *, by: str) -> None:
        """Raises NotThere. Ends all sessions of that person: no open page keeps the old role."""
        await self.people.set_role(username, role)
        await self._person_changed(username, by, f"role {role}")

    async def set_disabled(self, username: str, *, disabled: bool, by: str) -> None:
        """Raises NotThere. Ends all sessions of that person."""
        await self.people.set_disabled(username, disabled=disabled)
        await self._person_changed(username, by, "disabled" if disabled else "enabled")

    # Devices

    async def register_device(self, device: str, mode: Mode, source: str, *, by: str) -> str:
        """Returns the bearer token, shown once. Raises DeviceRejected."""
        token = await self.devices.register(device, mode, source, by=by)
        await self.log.record(AccessKind.DEVICE_REGISTERED, who=by, address=None, what=device, detail=mode)
        return token

    async def revoke_device(self, device: str, *, by: str) -> None:
        """Raises NotThere. Open connections of the device find out through `still_valid`."""
        await self.devices.revoke(device)
        await self.log.record(AccessKind.DEVICE_REVOKED, who=by, address=None, what=device)

    # Taking data out

    async def exporting(self, person: Person, address: str | None, *, session: str, form: str) -> None:
        """Call it before the first byte of an export goes out: if this raises AccessStoreFailed, nothing may."""
        await self.log.record(AccessKind.EXPORT, who=person.username, address=address, what=session, detail=form)

    async def reading(self, person: Person, address: str | None, *, what: str, detail: str = "") -> None:
        """Call it before what lies in the past is shown: if this raises AccessStoreFailed, nothing may be."""
        await self.log.record(AccessKind.READ, who=person.username, address=address, what=what, detail=detail)

    def opened(self, person: Person, address: str | None, *, what: str, detail: str) -> None:
        """A page or what it is filled from. Repeats within a minute are counted into one row."""
        self._aside.write(AccessKind.PAGE_OPENED, person.username, address, what, detail)

    def watching(self, person: Person, address: str | None, *, screen: str, is_open: bool) -> None:
        """A screen's connection begins or ends; `screen` joins the two rows."""
        kind = AccessKind.STREAM_OPENED if is_open else AccessKind.STREAM_CLOSED
        self._aside.write(kind, person.username, address, "/stream", screen)

    # Looking at the log itself

    async def find(self, query: AccessQuery) -> list[ChainedRow]:
        """Raises AccessStoreFailed."""
        return await self._store.find_access(query)

    async def check(self) -> ChainCheck:
        """Reads the whole log. Raises AccessStoreFailed."""
        return await self._store.check_access()

    async def _open(self, row: PersonRow, kind: AccessKind, address: str | None) -> Opened:
        token, person = await self.web_sessions.open(row)
        try:
            await self.log.record(kind, who=row.username, address=address, what=row.role)
        except AccessStoreFailed:
            await self.web_sessions.end(person.session_key)
            raise
        return Opened(token=token, person=person)

    async def _person_changed(self, username: str, by: str, detail: str) -> None:
        await self.web_sessions.end_all_of(username)
        await self.log.record(AccessKind.PERSON_CHANGED, who=by, address=None, what=username, detail=detail)
