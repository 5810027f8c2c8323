"""What access control asks of a store: people, web sessions, login tickets, devices and the access log.

Secrets never reach a store: of a token or a ticket it gets the SHA-256 in lower-case hex, of a password the Argon2id text. Every method
that writes returns after the commit is on disk. Methods marked *atomic* decide and write in one transaction. Every method may raise
AccessStoreFailed; AlreadyThere and NotThere are raised where said. Implementations: `memory.MemoryAccessStore`, `store/access_sql.py`.
"""

from enum import StrEnum
from typing import Annotated, Final, Protocol

import msgspec

from monitor.access.roles import Role
from schemas.device_wire import Id
from schemas.measurement import Mode

Username = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$(?!\n)")]
Sha256Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class AccessStoreFailed(Exception):
    """The store could not answer or could not write. `kind`: full, io, locked, closed, ..."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


class AlreadyThere(Exception):
    """A row with this primary key exists."""


class NotThere(Exception):
    """No row has this primary key."""


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """Primary key `username`. `password_hash` None: comes in by login ticket only. `disabled_at_ms` set: may not come in any more."""

    username: Username
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    role: Role
    password_hash: Annotated[str, msgspec.Meta(max_length=200)] | None
    created_at_ms: int
    disabled_at_ms: int | None = None


class WebSessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Primary key `token_sha256`. `expires_at_ms` is absolute; `seen_at_ms` is the last use, written at most once a minute."""

    token_sha256: Sha256Hex
    username: Username
    created_at_ms: int
    seen_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int | None = None


class LoginTicketRow(msgspec.Struct, frozen=True, kw_only=True):
    """Primary key `ticket_sha256`. Opens one web session of `username`, once, before `expires_at_ms`."""

    ticket_sha256: Sha256Hex
    username: Username
    created_at_ms: int
    expires_at_ms: int
    used_at_ms: int | None = None


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Primary key `device`; `token_sha256` is unique. A revoked device keeps its row and its id for ever: the record names it."""

    device: Id
    mode: Mode
    source: Annotated[str, msgspec.Meta(max_length=200)]
    token_sha256: Sha256Hex
    registered_at_ms: int
    registered_by: str
    revoked_at_ms: int | None = None


class AccessKind(StrEnum):
    """What an access log row says happened."""

    LOGIN_OK = "login_ok"
    LOGIN_FAILED = "login_failed"
    LOGIN_HELD_BACK = "login_held_back"  # refused by the back-off, the password was not looked at
    LOGOUT = "logout"
    TICKET_ISSUED = "ticket_issued"
    TICKET_USED = "ticket_used"
    TICKET_REFUSED = "ticket_refused"
    DENIED = "denied"
    DEVICE_REFUSED = "device_refused"
    DEVICE_REGISTERED = "device_registered"
    DEVICE_REVOKED = "device_revoked"
    PERSON_ADDED = "person_added"
    PERSON_CHANGED = "person_changed"
    EXPORT = "export"
    IMPORT = "import"  # a session of another installation was brought in: `detail` names whose it is
    READ = "read"  # past sessions, a patient's course, alerts over many sessions
    PAGE_OPENED = "page_opened"  # a page of the dashboard, or a session's journal, readings or summary
    STREAM_OPENED = "stream_opened"  # a screen began to watch; it is shown every open session
    STREAM_CLOSED = "stream_closed"


class AccessLogRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the access log. `no` is the store's: rising by one from 1, 0 while not stored. `who` is a username, a device id, or None.

    No patient data: `what` names a route template, a session id or a device id (<= 200 characters), `detail` a reason (<= 200).
    `times` > 1: so many like it within the last minute were folded into this row.
    """

    at_ms: int
    kind: AccessKind
    who: str | None
    address: str | None
    what: str
    detail: str = ""
    times: int = 1
    no: int = 0


class AccessHead(msgspec.Struct, frozen=True):
    """The end of the chain: number and digest of the newest row."""

    no: int
    digest: Sha256Hex


class ChainedRow(msgspec.Struct, frozen=True):
    """A row and where it stands in the chain (`chain.row_digest`): digests of the row before and of this one, in lower-case hex."""

    row: AccessLogRow
    before: str
    digest: str

    @property
    def head(self) -> AccessHead:
        """The end of the chain where this was the newest row."""
        return AccessHead(self.row.no, self.digest)


class ChainCheck(msgspec.Struct, frozen=True):
    """`rows` that fit, from the first on. `broken_no`: the first that does not, None where all do. `head`: of the last row that fits."""

    rows: int
    broken_no: int | None
    head: AccessHead | None


MAX_ACCESS_ROWS: Final = 1_000


class AccessQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: those to which all that is given applies. `what`: exactly this. `from_ms` <= `at_ms` < `until_ms`. At most `limit` <=
    MAX_ACCESS_ROWS rows, newest first."""

    who: str | None = None
    what: str | None = None
    kinds: frozenset[AccessKind] | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    before_no: int | None = None
    limit: int = 200


class AccessStore(Protocol):
    """Rows of access control. Lists come in primary key order unless said."""

    async def add_person(self, row: PersonRow) -> None:
        """Raises AlreadyThere."""

    async def replace_person(self, row: PersonRow) -> None:
        """Writes the whole row of `row.username`. Raises NotThere."""

    async def person(self, username: str) -> PersonRow | None: ...

    async def people(self) -> list[PersonRow]: ...

    async def add_web_session(self, row: WebSessionRow) -> None:
        """Raises AlreadyThere. May delete rows that expired more than 30 days before `row.created_at_ms`."""

    async def live_web_sessions(self, at_ms: int) -> list[WebSessionRow]:
        """Not revoked and `expires_at_ms > at_ms`, oldest `created_at_ms` first."""

    async def touch_web_session(self, token_sha256: str, seen_at_ms: int) -> None:
        """Raises `seen_at_ms` (never lowers it); an unknown session is ignored."""

    async def revoke_web_session(self, token_sha256: str, at_ms: int) -> None:
        """Keeps the first `revoked_at_ms`; an unknown session is ignored."""

    async def revoke_web_sessions_of(self, username: str, at_ms: int) -> None:
        """All live ones of a person."""

    async def add_ticket(self, row: LoginTicketRow) -> None:
        """Raises AlreadyThere. May delete rows that expired more than a day before `row.created_at_ms`."""

    async def use_ticket(self, ticket_sha256: str, at_ms: int) -> LoginTicketRow | None:
        """*Atomic*: marks the ticket used at `at_ms` where it is unused and `expires_at_ms > at_ms`, and returns the row.

        None where it is not. Of many callers at once exactly one gets the row."""

    async def add_device(self, row: DeviceRow) -> None:
        """Raises AlreadyThere for a known `device` (revoked ones too) or `token_sha256`."""

    async def replace_device_token(self, device: str, token_sha256: str) -> None:
        """A new token for a device; its old token ends. Raises NotThere for an unknown or revoked device."""

    async def revoke_device(self, device: str, at_ms: int) -> None:
        """Keeps the first `revoked_at_ms`. Raises NotThere."""

    async def device(self, device: str) -> DeviceRow | None:
        """A revoked one too."""

    async def devices(self) -> list[DeviceRow]:
        """All, revoked ones too."""

    async def log_access(self, rows: list[AccessLogRow]) -> None:
        """Appends in order (`no` of the given rows is ignored). Append only: nothing deletes from this table."""

    async def access_log(self, *, before_no: int | None = None, limit: int = 200) -> list[AccessLogRow]:
        """Newest first: rows with `no < before_no` (all without it), at most `limit` <= 1,000."""

    async def find_access(self, query: AccessQuery) -> list[ChainedRow]:
        """Newest first."""

    async def access_head(self) -> AccessHead | None:
        """None while the log is empty."""

    async def check_access(self, expected: AccessHead | None = None) -> ChainCheck:
        """Reads the whole log. `expected`: a head that was kept elsewhere and must still be in it."""
