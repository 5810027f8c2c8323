"""The tables. They describe the file for migrations and never leave this folder: values that do are structs of `ports` and `schemas`.

Times are UTC milliseconds. Integers that can pass 2^31 are BigInteger, so that another engine would hold them too. The codes in
`measurement` are those of `codes`. Besides these tables there is the view `reading`: one row per value, for people with an SQL shell.
"""

from typing import ClassVar

from sqlalchemy import BigInteger, Index, Integer, MetaData, text
from sqlmodel import Field, SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only where the type is exactly INTEGER
_NO_ROWID = {"sqlite_with_rowid": False}


class Table(SQLModel):
    """All tables of the store, apart from whatever else uses SQLModel."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=_NAMES)


class SessionTable(Table, table=True):
    """Derived from the log. Its last `seq` is not kept here: one row less to write per commit, and the log knows it."""

    __tablename__ = "session"
    session_no: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    room: str
    phase: str = Field(index=True)
    created_at_ms: int = Field(sa_type=BigInteger)
    closed_at_ms: int | None = Field(sa_type=BigInteger)
    patient_label: str
    patient_birth_year: int | None
    patient_weight_g: int
    treatment: str
    dose_ug: int
    duration_ms: int


class SessionPatientTable(Table, table=True):
    """Derived from the log: sessions whose patient has a code. A table of its own, because most have none and `session` was there first."""

    __tablename__ = "session_patient"
    __table_args__ = (_NO_ROWID,)
    session_no: int = Field(primary_key=True, sa_type=BigInteger)
    code: str = Field(index=True)


class FiguresTable(Table, table=True):
    """Derived from the log of a session that has ended, kept because working it out reads the whole log. `form` says how it was worked out:
    a row of another form is worked out anew. `body`: JSON of schemas.review.SessionFigures."""

    __tablename__ = "session_figures"
    __table_args__ = (_NO_ROWID,)
    session_no: int = Field(primary_key=True, sa_type=BigInteger)
    form: int
    high_alerts: int
    body: str


class OutcomeTable(Table, table=True):
    """Outcome scores between sessions. Append only (triggers refuse anything else); a correction is a row that names the one it corrects.
    `digest` chains all rows of the installation."""

    __tablename__ = "outcome"
    no: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    code: str = Field(index=True)
    instrument: str
    value_milli: int | None = Field(sa_type=BigInteger)
    taken_on: str
    entered_at_ms: int = Field(sa_type=BigInteger)
    by: str
    corrects: int | None = Field(sa_type=BigInteger)
    reason: str | None
    digest: bytes


class BindingTable(Table, table=True):
    """Derived from the log: which device's readings belonged to which session, from when to when."""

    __tablename__ = "binding"
    __table_args__ = (
        Index("uq_binding_open_device", "device", unique=True, sqlite_where=text("closed_at_ms IS NULL")),
        _NO_ROWID,
    )
    session_no: int = Field(primary_key=True, sa_type=BigInteger)
    opened_seq: int = Field(primary_key=True, sa_type=BigInteger)
    device: str
    mode: str
    source: str
    opened_at_ms: int = Field(sa_type=BigInteger)
    closed_at_ms: int | None = Field(sa_type=BigInteger)


class ArrivalTable(Table, table=True):
    """Measurements in the order they came, a commit a row, until they are filed under their session: msgpack, see `arrival`."""

    __tablename__ = "arrival"
    arrival_no: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    body: bytes


class MeasurementTable(Table, table=True):
    """The log's measurements. `readings`: JSON [[vital, value_milli, validity, reason], ...]. No other index: each costs a page per row."""

    __tablename__ = "measurement"
    __table_args__ = (_NO_ROWID,)
    session_no: int = Field(primary_key=True, sa_type=BigInteger)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)
    measured_at_ms: int = Field(sa_type=BigInteger)
    received_at_ms: int = Field(sa_type=BigInteger)
    counter: int = Field(sa_type=BigInteger)
    device_no: int = Field(sa_type=BigInteger)
    mode: int
    readings: str


class EventTable(Table, table=True):
    """The log's other entries, as canonical JSON. With `measurement` in `seq` order this is the log."""

    __tablename__ = "event"
    __table_args__ = (_NO_ROWID,)
    session_no: int = Field(primary_key=True, sa_type=BigInteger)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)
    kind: str
    body: str


class SealTable(Table, table=True):
    __tablename__ = "seal"
    __table_args__ = (_NO_ROWID,)
    session_no: int = Field(primary_key=True, sa_type=BigInteger)
    last_seq: int = Field(primary_key=True, sa_type=BigInteger)
    first_seq: int = Field(sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)
    digest: bytes
    leaf_no: int = Field(sa_type=BigInteger)


class LeafTable(Table, table=True):
    """The installation's tree: a leaf for each seal, in the order of the commits. Append only. `hash` is that of the leaf: SHA-256 of 0x00
    and the canonical bytes of the seal. Leaf numbers begin at 1, the tree's own indices at 0."""

    __tablename__ = "leaf"
    leaf_no: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    hash: bytes


class TreeNodeTable(Table, table=True):
    """Derived from `leaf`: the hashes of whole subtrees of every eighth level, so that a proof reads hundreds of rows and not millions."""

    __tablename__ = "tree_node"
    __table_args__ = (_NO_ROWID,)
    level: int = Field(primary_key=True, sa_type=BigInteger)
    place: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes


class CheckpointTable(Table, table=True):
    """Signed states of the tree (C2SP notes). Append only."""

    __tablename__ = "checkpoint"
    size: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    at_ms: int = Field(sa_type=BigInteger)
    root: bytes
    note: str


class DevicePositionTable(Table, table=True):
    """Every device that was ever heard; `device_no` stands for it in `measurement`. A newer position may still lie in `arrival`."""

    __tablename__ = "device_position"
    device_no: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    device: str = Field(unique=True)
    boot: str
    seq: int = Field(sa_type=BigInteger)


class AsideTable(Table, table=True):
    """Refused input; only the newest MAX_ASIDE_ROWS rows are kept."""

    __tablename__ = "aside"
    aside_no: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    at_ms: int = Field(sa_type=BigInteger)
    device: str | None
    reason: str
    place: str  # `where` is an SQL word
    detail: str
    raw: bytes


class PersonTable(Table, table=True):
    __tablename__ = "person"
    username: str = Field(primary_key=True)
    name: str
    role: str
    password_hash: str | None
    created_at_ms: int = Field(sa_type=BigInteger)
    disabled_at_ms: int | None = Field(sa_type=BigInteger)


class WebSessionTable(Table, table=True):
    """`token_sha256` is all that is kept of a token."""

    __tablename__ = "web_session"
    token_sha256: str = Field(primary_key=True)
    username: str = Field(index=True)
    created_at_ms: int = Field(sa_type=BigInteger)
    seen_at_ms: int = Field(sa_type=BigInteger)
    expires_at_ms: int = Field(sa_type=BigInteger, index=True)
    revoked_at_ms: int | None = Field(sa_type=BigInteger)


class LoginTicketTable(Table, table=True):
    __tablename__ = "login_ticket"
    ticket_sha256: str = Field(primary_key=True)
    username: str
    created_at_ms: int = Field(sa_type=BigInteger)
    expires_at_ms: int = Field(sa_type=BigInteger, index=True)
    used_at_ms: int | None = Field(sa_type=BigInteger)


class DeviceTable(Table, table=True):
    """Registered devices. A revoked one keeps its row: the record names it."""

    __tablename__ = "device"
    device: str = Field(primary_key=True)
    mode: str
    source: str
    token_sha256: str = Field(unique=True)
    registered_at_ms: int = Field(sa_type=BigInteger)
    registered_by: str
    revoked_at_ms: int | None = Field(sa_type=BigInteger)


class AccessLogTable(Table, table=True):
    """Append only (triggers refuse anything else). `digest` chains all rows: see monitor/access/chain.py."""

    __tablename__ = "access_log"
    no: int = Field(primary_key=True, sa_type=_ROW_NUMBER)
    at_ms: int = Field(sa_type=BigInteger)
    kind: str
    who: str | None
    address: str | None
    what: str
    detail: str
    times: int
    digest: bytes
